"""The types of index that a search library can have: what each reads of a media, and where it keeps that.

mm finds moments by a sentence (`MomentIndex`), aiLabel finds people, things, acts and lines by their names (`labels.LabelIndex`), face
finds faces by another picture of them (`recognition.face_index.FaceIndex`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from engines.retrieval.types import Document, Segment
from engines.understanding.types import Description, UnreadableMedia
from localcloud.database import Database
from localcloud.ims.libraries.analyses import Analyses
from localcloud.ims.libraries.key_frames import KeyFrameLooker, SeenFrames
from localcloud.ims.libraries.shelf import Shelf
from localcloud.ims.understanding.engine import AnalysisFailed


class NothingToIndex(Exception):
    """The media has nothing for this index; the text says why."""


@dataclass(frozen=True)
class MediaFacts:
    """What is learned of the media itself on the way; None is not known."""

    seconds: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Read:
    """`entry` is what the index will keep, in its own form; `note` says what a reader of the job must know."""

    entry: Any
    facts: MediaFacts = MediaFacts()
    note: str = ""


class IndexKind(Protocol):
    """Changes are made by callers that hold the library (`Shelf.hold`), inside the transaction that they hand over."""

    lacking: str
    """What this machine would need to make such an index, blank where it can."""

    def read(self, media: sqlite3.Row, files: Sequence[Path]) -> Read:
        """Slow, and without locks. Raises NothingToIndex, Stopped."""
        ...

    def put(self, write: sqlite3.Connection, media: sqlite3.Row, entry: Any, /) -> None: ...

    def forget(self, write: sqlite3.Connection, library: str, media: str | None = None, /) -> None:
        """One media, or all of the library."""
        ...

    def count(self, library: str) -> int: ...


IndexKinds = Mapping[str, IndexKind]
"""By IndexType, as the API spells it."""


class MomentIndex:
    """mm: the words that came with the media, and the moments that were seen in it, in a retrieval library."""

    lacking = ""

    def __init__(self, shelf: Shelf, analyses: Analyses, key_frames: KeyFrameLooker) -> None:
        self._shelf = shelf
        self._analyses = analyses
        self._key_frames = key_frames

    def read(self, media: sqlite3.Row, files: Sequence[Path]) -> Read:
        frames = self._key_frames.look(media, lambda pictures: self._analyses.description(pictures, "image"))
        try:
            description = self._analyses.description(files, media["type"])
        except (UnreadableMedia, AnalysisFailed) as reason:
            if not (media["title"] or media["description"] or frames.descriptions):
                raise NothingToIndex("; ".join((str(reason), *frames.notes))) from None
            what = "its words and key frames" if frames.descriptions else "its words"
            return Read(document(media, None, frames), note="; ".join((f"indexed by {what} alone: {reason}", *frames.notes)))
        return Read(document(media, description, frames), facts_of(description), "; ".join(frames.notes))

    def put(self, _write: sqlite3.Connection, media: sqlite3.Row, entry: Any) -> None:
        with self._shelf.library(media["library"]) as library:
            library.put([entry])

    def forget(self, _write: sqlite3.Connection, library: str, media: str | None = None) -> None:
        if media is None:
            self._shelf.remove(library)
            return
        with self._shelf.library(library) as opened:
            opened.delete([media])

    def count(self, library: str) -> int:
        return self._shelf.count(library)


def indexed_media(database: Database, library: str, kind: str) -> int:
    """How many media of the library have been put into its index of this type."""
    row = database.one(
        "SELECT COUNT(DISTINCT media) AS n FROM index_job WHERE library = ? AND type = ? AND status = 'Success'", library, kind
    )
    return int(row["n"]) if row else 0


def facts_of(description: Description) -> MediaFacts:
    return MediaFacts(description.seconds, description.width, description.height)


def document(media: sqlite3.Row, description: Description | None, frames: SeenFrames) -> Document:
    """What is searched, and what is filtered by. Key frames have no time in the video, so they are no segments."""
    moments = description.moments if description else ()
    seen = description.caption if description and not media["description"] else ""
    custom = {"intField1": media["int_field1"], "strField1": media["str_field1"], "strField2": media["str_field2"]}
    return Document(
        media_id=media["id"],
        namespace=media["namespace"],
        media_type=media["type"],
        title=media["title"],
        text="\n".join(filter(None, (media["description"] or seen, *frames.captions))),
        segments=tuple(Segment(moment.start, moment.end, moment.text) for moment in moments),
        attributes={"utcCreate": media["created"], **{name: value for name, value in custom.items() if value is not None}},
    )
