"""The table of live channels."""

from __future__ import annotations

from dataclasses import dataclass

from localcloud.oss.storage.store import Store


@dataclass(frozen=True)
class Channel:
    """`document` is the configuration as it was put."""

    bucket: str
    name: str
    status: str
    modified: float
    document: str


class Channels:
    """The channels of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, bucket: str, name: str) -> Channel | None:
        row = self._store.database.one("SELECT * FROM live_channels WHERE bucket = ? AND name = ?", bucket, name)
        return Channel(*row) if row else None

    def in_order(self, bucket: str, prefix: str, after: str, limit: int) -> list[Channel]:
        sql = "SELECT * FROM live_channels WHERE bucket = ? AND name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?"
        return [Channel(*row) for row in self._store.database.query(sql, bucket, after, len(prefix), prefix, limit)]

    def save(self, channel: Channel) -> None:
        """Raises NoSuchBucket."""
        with self._store.transaction() as connection:
            self._store.bucket(channel.bucket)
            values = (channel.bucket, channel.name, channel.status, channel.modified, channel.document)
            connection.execute("INSERT OR REPLACE INTO live_channels VALUES (?, ?, ?, ?, ?)", values)

    def remove(self, bucket: str, name: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM live_channels WHERE bucket = ? AND name = ?", (bucket, name))
