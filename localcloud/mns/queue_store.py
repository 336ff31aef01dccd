"""Queues and their messages in SQLite. Knows rows, not rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict

from localcloud.database import Database
from localcloud.mns.model import Draft, Message, Queue, QueueAttributes, QueueCounts
from localcloud.mns.property_text import dump, load

# Parameters: 1 the queue, 2 now, 3 how many.
_NEXT = {
    # Priority first, then age.
    False: """SELECT sequence FROM message WHERE queue = ?1 AND hidden = 0 AND expires > ?2
              ORDER BY priority, sequence LIMIT ?3""",
    # The first of each group alone: while it is hidden, those behind it in its group wait.
    True: """SELECT sequence FROM (SELECT MIN(sequence) AS sequence, hidden FROM message
                                   WHERE queue = ?1 AND message_group <> '' AND expires > ?2 GROUP BY message_group)
             WHERE hidden = 0 ORDER BY sequence LIMIT ?3""",
}

_HELD = "sequence = ? AND queue = ? AND receipt = ? AND hidden = 1 AND visible_at > ?"


class QueueStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractContextManager[sqlite3.Connection]:
        """What is written inside is committed as one, or not at all."""
        return self._database.transaction()

    def find(self, name: str) -> Queue | None:
        row = self._database.one("SELECT * FROM queue WHERE name = ?", name)
        return _queue(row) if row else None

    def save(self, queue: Queue) -> None:
        values = {"name": queue.name, **asdict(queue.attributes), "created": queue.created, "modified": queue.modified}
        columns = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        with self._database.transaction() as connection:
            # An upsert and not REPLACE, which would delete the row first and its messages with it.
            connection.execute(f"INSERT INTO queue ({columns}) VALUES ({marks}) ON CONFLICT (name) DO UPDATE SET {changes}", values)

    def remove(self, name: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM queue WHERE name = ?", (name,))

    def page(self, prefix: str, after: str, count: int) -> list[Queue]:
        sql = "SELECT * FROM queue WHERE substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
        return [_queue(row) for row in self._database.query(sql, len(prefix), prefix, after, count)]

    def counts(self, queue: str, now: float) -> QueueCounts:
        row = self._database.one(
            """SELECT (SELECT COUNT(*) FROM message WHERE queue = ?1 AND hidden = 0 AND expires > ?2) AS active,
                      COUNT(*) FILTER (WHERE dequeue_count > 0) AS inactive, COUNT(*) FILTER (WHERE dequeue_count = 0) AS delayed
               FROM message WHERE queue = ?1 AND hidden = 1 AND expires > ?2""",
            *(queue, now),
        )
        assert row is not None
        return QueueCounts(row["active"], row["inactive"], row["delayed"])

    def add(self, queue: str, message: Message, token: str | None = None) -> str | None:
        """Keep a message; with a token it has a receipt handle from the start, which is returned."""
        draft = message.draft
        with self._database.transaction() as connection:
            added = connection.execute(
                """INSERT INTO message (id, queue, body, md5, priority, message_group, user_properties, system_properties,
                                        enqueued, visible_at, hidden, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(message.id, queue, draft.body, message.md5, draft.priority, draft.group),
                    *(dump(draft.user_properties), dump(draft.system_properties)),
                    *(message.enqueued, message.visible_at, message.visible_at > message.enqueued, message.expires),
                ),
            )
            if token is None:
                return None
            receipt = _receipt(draft.priority, added.lastrowid or 0, token)
            connection.execute("UPDATE message SET receipt = ? WHERE sequence = ?", (receipt, added.lastrowid))
            return receipt

    def forget_expired(self, now: float) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM message WHERE expires <= ?", (now,))

    def reveal(self, queue: str, now: float) -> None:
        """Show what is hidden until `now` at the most, there and in the queues whose dead letters come there."""
        where = "hidden = 1 AND visible_at <= ?2 AND queue IN (SELECT ?1 UNION ALL SELECT name FROM queue WHERE dead_letter_queue = ?1)"
        # Reading first: most often there is nothing to write.
        if self._database.one(f"SELECT 1 FROM message WHERE {where} LIMIT 1", queue, now):
            with self._database.transaction() as connection:
                connection.execute(f"UPDATE message SET hidden = 0 WHERE {where}", (queue, now))

    def next(self, queue: Queue, now: float, count: int) -> list[Message]:
        """What a receiver would get, without handing it out."""
        sql = f"SELECT * FROM message WHERE sequence IN ({_NEXT[queue.attributes.is_fifo]})"
        return [_message(row) for row in _in_order(self._database.query(sql, queue.name, now, count), queue)]

    def has_next(self, queue: Queue, now: float) -> bool:
        return self._database.one(_NEXT[queue.attributes.is_fifo], queue.name, now, 1) is not None

    def take(self, queue: Queue, now: float, visible_at: float, count: int, token: str) -> list[Message]:
        """Hand out up to `count` messages, each with a receipt handle made of `token`, hidden until `visible_at`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"""UPDATE message SET receipt = printf('%d-%x-%s', priority, sequence, ?5), visible_at = ?4, hidden = 1,
                           dequeue_count = dequeue_count + 1,
                           first_dequeued = CASE dequeue_count WHEN 0 THEN ?2 ELSE first_dequeued END
                    WHERE sequence IN ({_NEXT[queue.attributes.is_fifo]}) RETURNING *""",
                (queue.name, now, count, visible_at, token),
            ).fetchall()
        return [_message(row) for row in _in_order(rows, queue)]

    def put_back(self, queue: str, receipts: Sequence[str]) -> None:
        """Undo a `take`, as if it had never been."""
        with self._database.transaction() as connection:
            connection.executemany(
                """UPDATE message SET receipt = NULL, hidden = 0, dequeue_count = dequeue_count - 1
                   WHERE sequence = ? AND queue = ? AND receipt = ?""",
                [(_sequence(receipt), queue, receipt) for receipt in receipts],
            )

    def exhausted(self, queue: str, now: float) -> list[tuple[int, str, str, Message]]:
        """(sequence, queue, dead-letter queue, message) of all that is visible again after as many receives as its queue's policy allows.

        Those in `queue`, and those in the queues whose dead letters it takes. Where the dead-letter queue is gone they stay.
        """
        # Cross joins keep SQLite to this order: the few queues with a policy first.
        rows = self._database.query(
            """SELECT message.*, source.dead_letter_queue AS target
               FROM queue AS source CROSS JOIN queue AS target CROSS JOIN message
               WHERE source.max_receive_count > 0 AND target.name = source.dead_letter_queue AND (source.name = ?1 OR target.name = ?1)
                     AND message.queue = source.name AND hidden = 0 AND expires > ?2
                     AND message.dequeue_count > 0 AND message.dequeue_count >= source.max_receive_count
               ORDER BY sequence""",
            *(queue, now),
        )
        return [(row["sequence"], row["queue"], row["target"], _message(row)) for row in rows]

    def move(self, sequence: int, dequeue_count: int, target: str, message: Message) -> None:
        """Put `message` into `target` in the place of what stood at `sequence`; nothing happens if that was moved or received meanwhile."""
        with self._database.transaction() as connection:
            if connection.execute("DELETE FROM message WHERE sequence = ? AND dequeue_count = ?", (sequence, dequeue_count)).rowcount:
                self.add(target, message)

    def next_visible(self, queue: str) -> float | None:
        """When the next hidden message shows itself, there or in a queue whose dead letters come there."""
        row = self._database.one(
            """SELECT MIN(visible_at) AS soonest FROM message
               WHERE hidden = 1 AND queue IN (SELECT ?1 UNION SELECT name FROM queue WHERE dead_letter_queue = ?1)""",
            queue,
        )
        return row["soonest"] if row else None

    def hide(self, queue: str, receipt: str, now: float, visible_at: float, token: str) -> str | None:
        """Give a message another time and receipt, which is returned; None if the old receipt no longer counts."""
        renewed = _receipt(int(receipt.partition("-")[0]), _sequence(receipt), token)
        with self._database.transaction() as connection:
            changed = connection.execute(
                f"UPDATE message SET visible_at = ?, receipt = ? WHERE {_HELD}",
                (visible_at, renewed, _sequence(receipt), queue, receipt, now),
            )
            return renewed if changed.rowcount == 1 else None

    def delete(self, queue: str, receipt: str, now: float) -> bool:
        """Delete a message; False if the receipt no longer counts."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                f"DELETE FROM message WHERE {_HELD}",
                (_sequence(receipt), queue, receipt, now),
            )
            return gone.rowcount == 1

    def logging_bucket(self) -> str:
        row = self._database.one("SELECT logging_bucket FROM account")
        return row["logging_bucket"] if row else ""

    def set_logging_bucket(self, bucket: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO account (only, logging_bucket) VALUES (1, ?)", (bucket,))


def _receipt(priority: int, sequence: int, token: str) -> str:
    """As the cloud's own, a handle begins with the priority and tells where the message lies."""
    return f"{priority}-{sequence:x}-{token}"


def _sequence(receipt: str) -> int:
    return int(receipt.split("-")[1], 16)


def _in_order(rows: list[sqlite3.Row], queue: Queue) -> list[sqlite3.Row]:
    return sorted(rows, key=lambda row: (0 if queue.attributes.is_fifo else row["priority"], row["sequence"]))


def _queue(row: sqlite3.Row) -> Queue:
    values = {name: row[name] for name in QueueAttributes.__dataclass_fields__}
    return Queue(
        row["name"], QueueAttributes(**values | {"logging_enabled": bool(row["logging_enabled"])}), row["created"], row["modified"]
    )


def _message(row: sqlite3.Row) -> Message:
    draft = Draft(
        row["body"],
        priority=row["priority"],
        group=row["message_group"],
        user_properties=load(row["user_properties"]),
        system_properties=load(row["system_properties"]),
    )
    times = (row["enqueued"], row["visible_at"], row["expires"])
    return Message(row["id"], draft, row["md5"], *times, row["dequeue_count"], row["first_dequeued"], row["receipt"])
