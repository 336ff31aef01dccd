"""The record and its parts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sightline.ims.descriptions import Brief, Caption, EngineNote, Notes, Phrases, SmarttagResult, Title
from sightline.media import Media

VERSION = 1


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SmarttagPart(_Stored):
    """What the smart tag job said, fit to be shown: the texts are cleaned and cut when they are read, too, whoever stored them.

    `v` is the version of the form. A field that is added has a default and leaves it as it is, so that old parts are read by new
    functions and new ones by old, in the middle of a deploy. `notes` say what the service told that could not be kept, or not whole.
    """

    v: int = VERSION
    title: Title = ""
    brief: Brief = ""
    caption: Caption = ""
    events: Phrases = Field(default_factory=list)
    objects: Phrases = Field(default_factory=list)
    actions: Phrases = Field(default_factory=list)
    labels: Phrases = Field(default_factory=list)
    notes: Notes = Field(default_factory=list)
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


class Record(SmarttagPart):
    """Everything that a search result shows. `preview_key` is the object to take a picture from: of a sequence, its first image."""

    media_id: str
    bucket: str
    key: str
    preview_key: str
    generation: str
    kind: Literal["image", "video", "sequence"]
    namespace: str
    device: str | None = None
    time: datetime


def merge(media: Media, preview_key: str, part: SmarttagPart) -> Record:
    """The record of one generation, from what its jobs said."""
    return Record(
        media_id=media.id,
        bucket=media.bucket,
        key=media.key,
        preview_key=preview_key,
        generation=media.etag,
        kind=media.kind,
        namespace=media.namespace,
        device=media.device,
        time=media.time,
        **part.model_dump(exclude={"v"}),
    )
