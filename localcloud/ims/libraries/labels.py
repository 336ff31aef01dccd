"""The aiLabel index: who, what and which acts were seen in a media and when, and the lines that were said or stood to read in it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engines.recognition.types import Known
from engines.speech.types import Transcript, Untranscribed
from engines.understanding.types import Description, UnreadableMedia
from localcloud.database import Database
from localcloud.ims.answers import Answer
from localcloud.ims.jobs.cognition import LabelLine, MediaLabels, labels_of
from localcloud.ims.libraries.analyses import Analyses
from localcloud.ims.libraries.indexes import MediaFacts, NothingToIndex, Read, facts_of, indexed_media
from localcloud.ims.libraries.key_frames import KeyFrameLooker
from localcloud.ims.libraries.libraries import face_groups
from localcloud.ims.recognition.samples import Acquaintance
from localcloud.ims.understanding.engine import AnalysisFailed

SPEECH, WRITING = "asr", "ocr"
"""The kinds of lines, beside the kinds of labels: person, object, action."""


@dataclass(frozen=True)
class LabelRow:
    """`text` is a label's name, or a line; `times` are the occurrences of a label, as JSON."""

    kind: str
    category: str
    text: str
    start: float
    end: float
    times: str


class LabelIndex:
    lacking = ""

    def __init__(
        self,
        database: Database,
        analyses: Analyses,
        acquaintance: Callable[[Sequence[str]], Acquaintance],
        key_frames: KeyFrameLooker,
    ) -> None:
        """`acquaintance` gives the samples that recognition libraries have."""
        self._database = database
        self._analyses = analyses
        self._acquaintance = acquaintance
        self._key_frames = key_frames

    def read(self, media: sqlite3.Row, files: Sequence[Path]) -> Read:
        acquaintance = self._acquaintance(face_groups(self._database, media["library"]))
        notes = list(acquaintance.notes)
        description = self._description(media, files, acquaintance.known, notes)
        transcript = self._transcript(media, files, notes)
        frames = self._key_frames.look(media, lambda pictures: self._analyses.places(pictures, "image", acquaintance.known))
        notes.extend(frames.notes)
        if description is None and transcript is None and not frames.descriptions:
            raise NothingToIndex("; ".join(notes))
        rows = rows_of(with_key_frames(labels_of(description, transcript), map(labels_of, frames.descriptions)))
        return Read(list(rows), facts_of(description) if description else MediaFacts(), "; ".join(notes))

    def put(self, write: sqlite3.Connection, media: sqlite3.Row, entry: Any) -> None:
        self.forget(write, media["library"], media["id"])
        write.executemany(
            "INSERT INTO label (library, media, kind, category, identity, text, folded, start, end, times)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((media["library"], media["id"], *_columns(row)) for row in entry),
        )

    def forget(self, write: sqlite3.Connection, library: str, media: str | None = None) -> None:
        write.execute("DELETE FROM label WHERE library = ? AND (? IS NULL OR media = ?)", (library, media, media))

    def count(self, library: str) -> int:
        return indexed_media(self._database, library, "aiLabel")

    def _description(self, media: sqlite3.Row, files: Sequence[Path], known: tuple[Known, ...], notes: list[str]) -> Description | None:
        try:
            return self._analyses.places(files, media["type"], known)
        except (UnreadableMedia, AnalysisFailed) as reason:
            notes.append(str(reason))
            return None

    def _transcript(self, media: sqlite3.Row, files: Sequence[Path], notes: list[str]) -> Transcript | None:
        if media["type"] == "image":
            return None
        try:
            return self._analyses.transcript(files)
        except (Untranscribed, UnreadableMedia, AnalysisFailed) as reason:
            notes.append(f"nothing that was said is indexed: {reason}")
            return None


def with_key_frames(media: MediaLabels, frames: Iterable[MediaLabels]) -> MediaLabels:
    """Besides, what key frames alone show: labels without occurrences, and lines at 0, since nobody says when a key frame was taken.

    Somebody unknown in a picture may be anybody of the video, and is left out.
    """
    labels = {(label.kind, label.category, label.name): label for label in media.labels}
    lines = {line.text: line for line in media.writing}
    for frame in frames:
        for label in frame.labels:
            if label.category != "unknown":
                labels.setdefault((label.kind, label.category, label.name), replace(label, occurrences=()))
        for line in frame.writing:
            lines.setdefault(line.text, LabelLine(0.0, 0.0, line.text))
    read_alone = [line for line in lines.values() if line not in media.writing]
    return MediaLabels(tuple(labels.values()), media.speech, (*media.writing, *read_alone))


def _columns(row: LabelRow) -> tuple[object, ...]:
    identity = label_id(row.kind, row.category, row.text)
    return row.kind, row.category, identity, row.text, row.text.casefold(), row.start, row.end, row.times


def rows_of(labels: MediaLabels) -> Iterator[LabelRow]:
    for label in labels.labels:
        times = label.occurrences
        start, end = min((each.start for each in times), default=0.0), max((each.end for each in times), default=0.0)
        yield LabelRow(label.kind, label.category, label.name, start, end, json.dumps([asdict(each) for each in times]))
    for kind, lines in ((SPEECH, labels.speech), (WRITING, labels.writing)):
        for line in lines:
            yield LabelRow(kind, "", line.text, line.start, line.end, "[]")


def ai_data(rows: Iterable[sqlite3.Row], clip_key: str = "ClipId") -> Answer:
    """AiData as searches answer it. SearchMedia alone spells `clipId` so in occurrences."""
    labels: list[Answer] = []
    lines: dict[str, list[Answer]] = {SPEECH: [], WRITING: []}
    for row in rows:
        if row["kind"] in lines:
            lines[row["kind"]].append(_line(row))
        else:
            labels.append(_label(row, clip_key))
    return {"AiLabelInfo": labels, "AsrInfo": lines[SPEECH], "OcrInfo": lines[WRITING]}


def label_id(kind: str, category: str, name: str) -> str:
    """The same for the same label in every media."""
    return hashlib.sha256(f"{kind}\0{category}\0{name}".encode("utf-8", "replace")).hexdigest()[:32]


def _line(row: sqlite3.Row) -> Answer:
    clip = hashlib.sha256(f"{row['media']}\0{row['position']}".encode()).hexdigest()[:32]
    return {"ClipId": clip, "Content": row["text"], "From": row["start"], "To": row["end"], "Timestamp": row["start"]}


def _label(row: sqlite3.Row, clip_key: str) -> Answer:
    identity = row["identity"]
    return {
        # A person's category is the library that knows him; a thing's is what kind of label it is.
        "Category": row["category"] or row["kind"],
        "LabelId": identity,
        "LabelName": row["text"],
        "LabelType": row["kind"],
        "Source": "vision",
        "Occurrences": [
            _occurrence(each, clip_key, hashlib.sha256(f"{row['media']}\0{identity}\0{number}".encode()).hexdigest()[:32])
            for number, each in enumerate(json.loads(row["times"]))
        ],
    }


def _occurrence(given: dict[str, Any], clip_key: str, clip: str) -> Answer:
    occurrence = {clip_key: clip, "From": given["start"], "To": given["end"], "Score": given["score"], "Tracks": []}
    if given["position"]:
        left, top, right, bottom = given["position"]
        # The documents show no example of a position: left, top, right and bottom in pixels are an assumption.
        track = {
            "Position": f"{left},{top},{right},{bottom}",
            "Size": float((right - left) * (bottom - top)),
            "Timestamp": given["timestamp"],
        }
        occurrence["Tracks"] = [track]
    return occurrence
