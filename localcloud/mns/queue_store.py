"""Queues and their messages in SQLite. Knows rows, not rules."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, astuple

from localcloud.database import Database
from localcloud.mns.model import Draft, Message, Property, Queue, QueueAttributes, QueueCounts

_VISIBLE = "queue = ? AND visible_at <= ? AND expires > ?"


class QueueStore:
    def __init__(self, database: Database) -> None:
        self._database = database

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
            """SELECT COUNT(*) FILTER (WHERE visible_at <= ?) AS active,
                      COUNT(*) FILTER (WHERE visible_at > ? AND dequeue_count > 0) AS inactive,
                      COUNT(*) FILTER (WHERE visible_at > ? AND dequeue_count = 0) AS delayed
               FROM message WHERE queue = ? AND expires > ?""",
            now,
            now,
            now,
            queue,
            now,
        )
        assert row is not None
        return QueueCounts(row["active"], row["inactive"], row["delayed"])

    def add(self, queue: str, messages: Sequence[Message]) -> None:
        with self._database.transaction() as connection:
            for message in messages:
                draft = message.draft
                connection.execute(
                    """INSERT INTO message (id, queue, body, md5, priority, message_group, user_properties, system_properties,
                                            enqueued, visible_at, expires, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                    (
                        *(message.id, queue, draft.body, message.md5, draft.priority, draft.group),
                        *(_dump(draft.user_properties), _dump(draft.system_properties)),
                        *(message.enqueued, message.visible_at, message.expires, message.receipt),
                    ),
                )

    def forget_expired(self, queue: str, now: float) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM message WHERE queue = ? AND expires <= ?", (queue, now))

    def visible(self, queue: str, now: float, count: int) -> list[Message]:
        """The next messages in their order: priority first, then age."""
        sql = f"SELECT * FROM message WHERE {_VISIBLE} ORDER BY priority, sequence LIMIT ?"
        return [_message(row) for row in self._database.query(sql, queue, now, now, count)]

    def take(self, queue: str, now: float, visible_at: float, receipts: Sequence[str]) -> list[Message]:
        """Hand out up to `len(receipts)` messages, each with its receipt, hidden until `visible_at`."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                f"SELECT sequence FROM message WHERE {_VISIBLE} ORDER BY priority, sequence LIMIT ?", (queue, now, now, len(receipts))
            ).fetchall()
            return [
                _message(
                    connection.execute(
                        """UPDATE message SET receipt = ?, visible_at = ?, dequeue_count = dequeue_count + 1,
                                  first_dequeued = CASE dequeue_count WHEN 0 THEN ? ELSE first_dequeued END
                           WHERE sequence = ? RETURNING *""",
                        (receipt, visible_at, now, row["sequence"]),
                    ).fetchone()
                )
                for row, receipt in zip(rows, receipts, strict=False)
            ]

    def next_visible(self, queue: str, now: float) -> float | None:
        """When the next hidden message shows itself."""
        row = self._database.one("SELECT MIN(visible_at) AS soonest FROM message WHERE queue = ? AND visible_at > ?", queue, now)
        return row["soonest"] if row else None

    def hide(self, queue: str, receipt: str, now: float, visible_at: float, new_receipt: str) -> bool:
        """Give a message another time and receipt; False if the receipt no longer counts."""
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE message SET visible_at = ?, receipt = ? WHERE queue = ? AND receipt = ? AND visible_at > ?",
                (visible_at, new_receipt, queue, receipt, now),
            )
            return changed.rowcount == 1

    def delete(self, queue: str, receipt: str, now: float) -> bool:
        """Delete a message; False if the receipt no longer counts."""
        with self._database.transaction() as connection:
            gone = connection.execute("DELETE FROM message WHERE queue = ? AND receipt = ? AND visible_at > ?", (queue, receipt, now))
            return gone.rowcount == 1

    def logging_bucket(self) -> str:
        row = self._database.one("SELECT logging_bucket FROM account")
        return row["logging_bucket"] if row else ""

    def set_logging_bucket(self, bucket: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO account (only, logging_bucket) VALUES (1, ?)", (bucket,))


def _queue(row: sqlite3.Row) -> Queue:
    attributes = QueueAttributes(
        row["delay_seconds"],
        row["visibility_timeout"],
        row["maximum_message_size"],
        row["message_retention_period"],
        row["polling_wait_seconds"],
        bool(row["logging_enabled"]),
    )
    return Queue(row["name"], attributes, row["created"], row["modified"])


def _message(row: sqlite3.Row) -> Message:
    draft = Draft(
        row["body"],
        priority=row["priority"],
        group=row["message_group"],
        user_properties=_load(row["user_properties"]),
        system_properties=_load(row["system_properties"]),
    )
    times = (row["enqueued"], row["visible_at"], row["expires"])
    return Message(row["id"], draft, row["md5"], *times, row["dequeue_count"], row["first_dequeued"], row["receipt"])


def _dump(properties: tuple[Property, ...]) -> str:
    return json.dumps([astuple(each) for each in properties])


def _load(text: str) -> tuple[Property, ...]:
    return tuple(Property(*each) for each in json.loads(text))
