"""Topics, subscriptions, and the outbox of what is still to be delivered, in SQLite. Knows rows, not rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from localcloud.database import Database
from localcloud.mns.model import Delivery, Publication, Subscription, Topic, TopicAttributes
from localcloud.mns.property_text import dump, load

_TOPIC = "SELECT *, (SELECT COUNT(*) FROM publication WHERE topic = name AND published > ?1) AS message_count FROM topic"


class TopicStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, name: str, oldest: float = 0.0) -> Topic | None:
        """`oldest` is when the oldest message that still counts was published."""
        row = self._database.one(f"{_TOPIC} WHERE name = ?2", oldest, name)
        return _topic(row) if row else None

    def save(self, topic: Topic) -> None:
        values = {"name": topic.name, **asdict(topic.attributes), "created": topic.created, "modified": topic.modified}
        self._upsert("topic", values, "name")

    def remove(self, name: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM topic WHERE name = ?", (name,))

    def page(self, prefix: str, after: str, count: int, oldest: float = 0.0) -> list[Topic]:
        sql = f"{_TOPIC} WHERE substr(name, 1, ?2) = ?3 AND name > ?4 ORDER BY name LIMIT ?5"
        return [_topic(row) for row in self._database.query(sql, oldest, len(prefix), prefix, after, count)]

    def find_subscription(self, topic: str, name: str) -> Subscription | None:
        row = self._database.one("SELECT * FROM subscription WHERE topic = ? AND name = ?", topic, name)
        return Subscription(**dict(row)) if row else None

    def save_subscription(self, subscription: Subscription) -> None:
        self._upsert("subscription", asdict(subscription), "topic, name")

    def remove_subscription(self, topic: str, name: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM subscription WHERE topic = ? AND name = ?", (topic, name))
            connection.execute("DELETE FROM delivery WHERE topic = ? AND destination = ?", (topic, name))
            connection.execute(
                "DELETE FROM publication WHERE topic = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE publication = publication.id)",
                (topic,),
            )

    def subscriptions(self, topic: str, prefix: str = "", after: str = "", count: int = -1) -> list[Subscription]:
        sql = "SELECT * FROM subscription WHERE topic = ? AND substr(name, 1, ?) = ? AND name > ? ORDER BY name LIMIT ?"
        return [Subscription(**dict(row)) for row in self._database.query(sql, topic, len(prefix), prefix, after, count)]

    def publish(self, publication: Publication, destinations: Sequence[str]) -> None:
        """Keep a message together with everything that is owed for it."""
        with self._database.transaction() as connection:
            properties = dump(publication.user_properties), dump(publication.system_properties)
            connection.execute(
                """INSERT INTO publication (id, topic, published, md5, tag, message_group, user_properties, system_properties, body)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(publication.id, publication.topic, publication.published, publication.md5, publication.tag, publication.group),
                    *(*properties, publication.body),
                ),
            )
            connection.executemany(
                "INSERT INTO delivery (publication, topic, destination, due) VALUES (?, ?, ?, ?)",
                [(publication.id, publication.topic, destination, publication.published) for destination in destinations],
            )

    def has_older(self, published_before: float) -> bool:
        return self._database.one("SELECT 1 FROM publication WHERE published <= ? LIMIT 1", published_before) is not None

    def forget(self, published_before: float) -> None:
        """Drop messages older than that, with what is still owed for them."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM publication WHERE published <= ?", (published_before,))

    def lanes_due(self, now: float) -> list[tuple[str, str]]:
        """(topic, destination) of everything that is due."""
        rows = self._database.query("SELECT DISTINCT topic, destination FROM delivery WHERE due <= ?", now)
        return [(row["topic"], row["destination"]) for row in rows]

    def next_due(self, now: float) -> float | None:
        """When something that isn't due yet becomes so."""
        row = self._database.one("SELECT MIN(due) AS soonest FROM delivery WHERE due > ?", now)
        return row["soonest"] if row else None

    def first_due(self, topic: str, destination: str, now: float) -> Delivery | None:
        row = self._database.one(
            """SELECT delivery.id AS delivery, attempts, publication.*
               FROM delivery JOIN publication ON publication.id = delivery.publication
               WHERE delivery.topic = ? AND destination = ? AND due <= ? ORDER BY due, delivery.id LIMIT 1""",
            *(topic, destination, now),
        )
        if row is None:
            return None
        return Delivery(row["delivery"], _publication(row), destination, row["attempts"])

    def settle(self, delivery: Delivery) -> None:
        """The delivery is done with, and the message too once nothing is owed for it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM delivery WHERE id = ?", (delivery.id,))
            connection.execute(
                "DELETE FROM publication WHERE id = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE publication = ?)",
                (delivery.publication.id, delivery.publication.id),
            )

    def postpone(self, delivery: Delivery, due: float) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE delivery SET attempts = attempts + 1, due = ? WHERE id = ?", (due, delivery.id))

    def _upsert(self, table: str, values: dict[str, object], key: str) -> None:
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        with self._database.transaction() as connection:
            # An upsert and not REPLACE, which would delete the row first and what hangs on it.
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {changes}", values)


def _topic(row: sqlite3.Row) -> Topic:
    attributes = TopicAttributes(row["maximum_message_size"], bool(row["logging_enabled"]))
    return Topic(row["name"], attributes, row["created"], row["modified"], row["message_count"])


def _publication(row: sqlite3.Row) -> Publication:
    properties = load(row["user_properties"]), load(row["system_properties"])
    return Publication(row["id"], row["topic"], row["body"], row["md5"], row["published"], row["tag"], row["message_group"], *properties)
