"""The face index: every face that a media shows, with what of it can be compared. It needs the extra `faces`.

Where the extra has been taken away again, what was indexed stays and can still be dropped; index jobs fail and say what they need.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from engines.understanding.types import FaceSeen, UnreadableMedia, Wishes
from localcloud.database import Database
from localcloud.ims.libraries.analyses import KINDS
from localcloud.ims.libraries.indexes import NothingToIndex, Read, facts_of, indexed_media
from localcloud.ims.understanding.engine import AnalysisFailed, Understanding

FACE_SEEN: TypeAdapter[FaceSeen] = TypeAdapter(FaceSeen)


class FaceIndex:
    """An `IndexKind`: face."""

    def __init__(self, database: Database, understanding: Understanding, available: bool) -> None:
        self._database = database
        self._understanding = understanding
        self.lacking = "" if available else "the extra `faces`"

    def read(self, media: sqlite3.Row, files: Sequence[Path]) -> Read:
        if self.lacking:
            raise NothingToIndex(f"an index of faces needs {self.lacking}")
        kind = KINDS.get(media["type"])
        if kind is None:
            raise NothingToIndex(f"a media of type {media['type']} shows no faces")
        try:
            description = self._understanding.describe(files, kind, Wishes(faces=True), urgent=False)
        except (UnreadableMedia, AnalysisFailed) as reason:
            raise NothingToIndex(str(reason)) from None
        return Read(description.faces, facts_of(description))

    def put(self, write: sqlite3.Connection, media: sqlite3.Row, entry: Any) -> None:
        self.forget(write, media["library"], media["id"])
        write.executemany(
            "INSERT INTO face (library, media, seen) VALUES (?, ?, ?)",
            ((media["library"], media["id"], FACE_SEEN.dump_json(face).decode()) for face in entry),
        )

    def forget(self, write: sqlite3.Connection, library: str, media: str | None = None) -> None:
        write.execute("DELETE FROM face WHERE library = ? AND (? IS NULL OR media = ?)", (library, media, media))

    def count(self, library: str) -> int:
        return indexed_media(self._database, library, "face")
