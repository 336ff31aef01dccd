"""What an understanding engine is given and what it answers. No cloud words here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from engines.imaging.errors import UnreadableMedia as UnreadableMedia

MediaKind = Literal["image", "video", "sequence"]


@dataclass(frozen=True)
class Limits:
    """What an engine accepts. Beyond a limit it raises UnreadableMedia, naming the limit.

    `pixels` of one frame, checked from the header before anything is decoded; `seconds` of a video; `images` of one event.
    """

    pixels: int = 50_000_000
    seconds: float = 4 * 3600
    images: int = 50


@dataclass(frozen=True)
class Moment:
    """Something measured between two times of a video, in seconds from its start; `confidence` is 0 to 1."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True)
class Description:
    """What was seen, in words composed of measured facts only.

    `cannot_see` names what this engine is blind to; `notes` says what else a reader must know (a fallback, a limit that was reached).
    """

    title: str
    brief: str
    caption: str
    events: tuple[str, ...]
    objects: tuple[str, ...]
    actions: tuple[str, ...]
    human: bool
    vehicle: bool
    pet: bool
    package: bool
    moments: tuple[Moment, ...]
    texts: tuple[str, ...]
    width: int
    height: int
    seconds: float | None
    engine: str
    cannot_see: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Engine(Protocol):
    """The port behind which every understanding engine stands."""

    @property
    def name(self) -> str: ...

    def describe(self, files: Sequence[Path], kind: MediaKind) -> Description:
        """Understand one media: one image, one video, or the images of one event in order.

        Raises UnreadableMedia.
        """
        ...
