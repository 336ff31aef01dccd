"""What an understanding engine is given and what it answers. No cloud words here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from engines.imaging.errors import UnreadableMedia as UnreadableMedia
from engines.recognition.types import Algorithm, Enrolment, Features, Known

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


class Position(NamedTuple):
    """Pixels of the upright media in its own size, not of a smaller copy that was looked at."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Occurrence:
    """A stretch of time in which something was seen, in seconds from the start; all three times are 0 in a picture.

    `position` is where it was at `timestamp`; `score` is 0 to 1.
    """

    start: float
    end: float
    score: float
    timestamp: float
    position: Position | None = None


@dataclass(frozen=True)
class PersonSeen:
    """Somebody, followed as far as tracking goes: who is hidden for long comes back as somebody else.

    `faces` are the times at which a frontal face was found. `name` and `group` say who it is, and of which set of samples, where samples
    of that person were given and matched.
    """

    occurrences: tuple[Occurrence, ...]
    faces: tuple[Occurrence, ...] = ()
    name: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class FaceSeen:
    """Somebody's face, whoever it is, with the times at which it was found."""

    features: Features
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True)
class Tag:
    """Something that a media shows: a noun, or what is done, as an -ing form."""

    kind: Literal["object", "action"]
    name: str
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True)
class ReadLine:
    """A line of text; `score` is the reader's own, 0 to 1."""

    text: str
    score: float
    position: Position


@dataclass(frozen=True)
class Reading:
    """All lines that were surely read in the frame at `time`; a frame without text is a reading too.

    `time` is in seconds; of the pictures of a sequence, which have no times, it is the number, from 0.
    """

    time: float
    lines: tuple[ReadLine, ...]


@dataclass(frozen=True)
class Wishes:
    """What is asked of a description beyond the usual.

    `language` is that of its words, as IMS spells them: en, zh, zh-tw, it …; an engine that can't write it writes English and notes so.
    `places`: people, tags and readings are needed, with their places and times, and not only words.
    `every_text`: text is read whenever the picture has changed, once a second at the most, and not only as often as a caption needs.
    `faces`: every face is given with what of it can be compared, for a search by face; other words may be left to a simpler engine.
    `known` are samples of those who are to be called by their names where they are recognised.
    """

    language: str = "en"
    places: bool = False
    every_text: bool = False
    known: tuple[Known, ...] = ()
    faces: bool = False


USUAL = Wishes()


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
    people: tuple[PersonSeen, ...] = ()
    tags: tuple[Tag, ...] = ()
    readings: tuple[Reading, ...] = ()
    faces: tuple[FaceSeen, ...] = ()
    embedded_title: str | None = None
    """What the file itself says that it is called."""


class Engine(Protocol):
    """The port behind which every understanding engine stands."""

    @property
    def name(self) -> str: ...

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL) -> Description:
        """Understand one media: one image, one video, or the images of one event in order.

        Raises UnreadableMedia.
        """
        ...

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        """What of a sample's picture can be compared with what `describe` sees.

        Raises UnreadableMedia; NothingToEnrol where the picture does not show exactly one of those who are to be enrolled.
        """
        ...
