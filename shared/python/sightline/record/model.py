"""The record and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sightline.clock import to_iso
from sightline.ims.descriptions import (
    LONGEST_BRIEF,
    LONGEST_CAPTION,
    LONGEST_NOTE,
    LONGEST_PHRASE,
    LONGEST_TITLE,
    MOST_NOTES,
    MOST_PHRASES,
    EngineNote,
    SmarttagResult,
)
from sightline.media.types import KINDS, Media, MediaKind
from sightline.record.findings import Findings, read_findings
from sightline.stored import Stored, Unreadable
from sightline.value import Value

VERSION = 1


class SmarttagPart(Value):
    """What the smart tag job said, fit to be shown: the texts are cleaned and cut when they are read, too, whoever stored them.

    `notes` say what the service told that could not be kept, or not whole.
    """

    title: str = ""
    brief: str = ""
    caption: str = ""
    events: Sequence[str] = ()
    objects: Sequence[str] = ()
    actions: Sequence[str] = ()
    labels: Sequence[str] = ()
    notes: Sequence[str] = ()
    engine: EngineNote | None = None

    @classmethod
    def of(cls, result: SmarttagResult) -> SmarttagPart:
        said = result.description
        return cls(
            title=said.title,
            brief=said.brief,
            caption=said.caption,
            events=said.event,
            objects=said.object,
            actions=said.action,
            labels=said.label.names(),
            notes=list(result.notes),
            engine=result.engine,
        )

    def to_json(self) -> dict[str, Any]:
        """`v` is the version of the form.

        A field that is added has a default and leaves it as it is, so that old parts are read by new functions and new ones by old, in
        the middle of a deploy.
        """
        return {"v": VERSION, **self._asdict(), "engine": self.engine._asdict() if self.engine else None}


class Record(Value):
    """Everything that a search result shows. `preview_key` is the object to take a picture from: of a sequence, its first image.

    `found` is what jobs other than the smart tags say, `jobs` are those that have ended by then.
    """

    said: SmarttagPart
    media_id: str
    bucket: str
    key: str
    preview_key: str
    generation: str
    kind: MediaKind
    namespace: str
    device: str | None
    time: datetime
    found: Findings = Findings()
    jobs: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """One object: what was said, and what it was said of."""
        about = {name: value for name, value in self._asdict().items() if name not in ("said", "found", "jobs")}
        more = {"found": self.found.to_json(), "jobs": list(self.jobs)}
        return {**self.said.to_json(), **about, "time": to_iso(self.time), **{name: told for name, told in more.items() if told}}


def merge(media: Media, preview_key: str, part: SmarttagPart, found: Findings, jobs: Sequence[str]) -> Record:
    """The record of one generation, from what its jobs said."""
    about = (media.id, media.bucket, media.key, preview_key, media.etag, media.kind, media.namespace, media.device, media.time)
    return Record(part, *about, found, jobs)


def read_part(stored: Stored) -> SmarttagPart:
    """Raises Unreadable."""
    events, objects, actions, labels = (
        stored.all_told(name, MOST_PHRASES, LONGEST_PHRASE) for name in ("events", "objects", "actions", "labels")
    )
    engine = stored.value("engine")
    return SmarttagPart(
        title=stored.told("title", LONGEST_TITLE),
        brief=stored.told("brief", LONGEST_BRIEF),
        caption=stored.told("caption", LONGEST_CAPTION),
        events=events,
        objects=objects,
        actions=actions,
        labels=labels,
        notes=stored.all_told("notes", MOST_NOTES, LONGEST_NOTE),
        engine=EngineNote.read(Stored(engine), "cannot_see") if engine is not None else None,
    )


def read_record(stored: Stored) -> Record:
    """Raises Unreadable."""
    told = stored.text("kind")
    kind = next((kind for kind in KINDS if kind == told), None)
    if kind is None:
        raise Unreadable("kind: none that is known")
    return Record(
        read_part(stored),
        media_id=stored.text("media_id"),
        bucket=stored.text("bucket"),
        key=stored.text("key"),
        preview_key=stored.text("preview_key"),
        generation=stored.text("generation"),
        kind=kind,
        namespace=stored.text("namespace"),
        device=stored.optional_text("device"),
        time=stored.moment("time"),
        found=read_findings(stored.object("found")) if stored.value("found") else Findings(),
        jobs=tuple(stored.texts("jobs")),
    )
