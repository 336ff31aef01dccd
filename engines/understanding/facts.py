"""What was measured, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from engines.recognition.crowd import FaceLook
from engines.recognition.types import Likeness
from engines.understanding.colour import Look
from engines.understanding.geometry import Box
from engines.understanding.movement import Movement
from engines.understanding.reading import TextLine
from engines.understanding.tracks import Track

Category = Literal["person", "vehicle", "pet", "bag", "moving", "thing"]

UNIDENTIFIED = "unidentified moving object"
SAID_FROM = 0.5
"""The confidence below which a fact is not said."""
BY_SHAPE = 0.6
"""Of what its outline and its way alone tell: whether the box holds all of a body is not known then."""

VEHICLES = frozenset({"vehicle", "car", "motorcycle", "bus", "train", "truck"})
PETS = frozenset({"cat", "dog"})
BAGS = frozenset({"backpack", "handbag", "suitcase"})


@dataclass(frozen=True)
class Subject:
    """One person, vehicle, animal or thing. `movement` and `track` are None in a still picture, `box` and `face` in a video.

    `word` is the plain noun; `facing` says that a frontal face was found. `likeness` is with whom it was recognised as, `called` the words
    for it where those are not of its noun and colour.
    """

    word: str
    confidence: float
    colour: str | None = None
    facing: bool = False
    movement: Movement | None = None
    track: Track | None = None
    box: Box | None = None
    face: Box | None = None
    likeness: Likeness | None = None
    called: str | None = None

    @property
    def category(self) -> Category:
        if self.word == "person":
            return "person"
        if self.word == UNIDENTIFIED:
            return "moving"
        for category, words in _CATEGORIES.items():
            if self.word in words:
                return category
        return "thing"

    @property
    def moves(self) -> bool:
        """Whether it goes somewhere: who comes straight at the camera goes far without leaving the place in the picture."""
        if self.movement is None or self.movement.pace == "stands":
            return False
        return self.movement.travelled >= 0.5 or self.movement.direction in ("towards", "away")


_CATEGORIES: dict[Category, frozenset[str]] = {"vehicle": VEHICLES, "pet": PETS, "bag": BAGS}


@dataclass(frozen=True)
class Left:
    """An object left behind; `word` is "object", or what a detector says it is. Times in seconds."""

    start: float
    end: float
    word: str
    colour: str | None
    confidence: float


@dataclass(frozen=True)
class TextSeen:
    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True)
class LinesAt:
    """What was read in one frame, in the pixels of the picture that was looked at; `scale` leads from those to the media's own."""

    time: float
    lines: tuple[TextLine, ...]
    scale: float


@dataclass(frozen=True)
class Findings:
    """Everything measured of one media; `at_once` counts, by word, the most that were in view at the same time.

    `scale` leads from the pixels of the subjects' boxes to the media's own; `faces` are all faces of a video, in those same pixels.
    """

    look: Look
    subjects: tuple[Subject, ...] = ()
    at_once: dict[str, int] = field(default_factory=dict)
    left: tuple[Left, ...] = ()
    texts: tuple[TextSeen, ...] = ()
    page_of_text: bool = False
    changes: bool | None = None
    """Whether anything at all moved (a video) or differed (a sequence); None where there was one picture only."""
    notes: tuple[str, ...] = ()
    scale: float = 1.0
    faces: tuple[Track, ...] = ()
    face_looks: tuple[FaceLook, ...] = ()
    readings: tuple[LinesAt, ...] = ()

    def of(self, category: Category) -> tuple[Subject, ...]:
        return tuple(subject for subject in self.subjects if subject.category == category)
