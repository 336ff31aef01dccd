"""The record and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sightline.ims.smarttag import EngineNote, SmarttagResult
from sightline.media import Media


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SmarttagPart(_Stored):
    """What the smart tag job said."""

    title: str = ""
    brief: str = ""
    caption: str = ""
    events: list[str] = Field(default_factory=list)
    objects: list[str] = Field(default_factory=list)
    actions: list[str] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list)
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
            engine=result.engine,
        )


class Record(SmarttagPart):
    """Everything that a search result shows. `preview_key` is the object to take a picture from: of a sequence, its first image."""

    v: int = 1
    media_id: str
    bucket: str
    key: str
    preview_key: str
    generation: str
    kind: Literal["image", "video", "sequence"]
    namespace: str
    device: str | None = None
    time: datetime


def merge(media: Media, preview_key: str, parts: Mapping[str, SmarttagPart]) -> Record:
    """One record from the parts of one generation, whatever order they arrived in."""
    part = parts.get("smarttag", SmarttagPart())
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
        **part.model_dump(),
    )
