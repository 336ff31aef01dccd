"""The built-in engine: no cloud, no model hub, and where the user brings a detector file, that too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from engines.imaging import Probe, UnreadableMedia, probe
from engines.recognition.enrolment import Enroller
from engines.recognition.faces import FaceReader
from engines.recognition.types import Algorithm, Enrolment
from engines.understanding.caption import describe
from engines.understanding.detector import Detector
from engines.understanding.facts import Findings
from engines.understanding.looking import look_at_picture, look_at_sequence
from engines.understanding.reading import Reader
from engines.understanding.seen import faces, people, readings, tags
from engines.understanding.tools import Tools
from engines.understanding.types import USUAL, Description, Limits, MediaKind, Wishes
from engines.understanding.watching import watch

# Two workers share a small machine; beyond two threads each, OpenCV only makes them wait for one another.
_THREADS = 2

_NEVER = ("who somebody is that was not enrolled", "gender, age and mood", "indoors or outdoors", "sound and speech")
_WITHOUT_DETECTOR = (
    "animals and pets",
    "vehicles that stand still, and what kind of vehicle moves",
    "bags and other things that are carried, and what an object left behind is",
    "people who stand still with their face turned away",
)
_WITHOUT_READER = ("text (install the `ocr` extra to read it)",)
_READING_OFF = ("text (reading is switched off)",)


class BuiltinEngine:
    """Meets the Engine port. Classifiers and models are loaded on first use and kept, so keep the engine too.

    `load_detector` is called once, before the first media is described.
    """

    def __init__(self, limits: Limits, read_text: bool, load_detector: Callable[[], Detector] | None = None) -> None:
        cv2.setNumThreads(_THREADS)
        self._limits = limits
        self._read_text = read_text
        self._load_detector = load_detector
        self._tools = Tools(
            reader=Reader() if read_text and Reader.available() else None,
            faces=FaceReader() if FaceReader.available() else None,
        )

    @property
    def name(self) -> str:
        return "built-in with detector" if self._load_detector is not None else "built-in"

    @property
    def cannot_see(self) -> tuple[str, ...]:
        without_detector = () if self._load_detector is not None else _WITHOUT_DETECTOR
        without_reader = () if self._tools.reader is not None else _WITHOUT_READER if self._read_text else _READING_OFF
        return (*without_detector, *without_reader, *_NEVER)

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL) -> Description:
        """Raises UnreadableMedia, and UnusableDetector where the detector's file can't be used."""
        self._prepare()
        what = _checked(files, kind, self._limits)
        findings = self._findings(files, kind, what, wishes)
        described = describe(findings, kind, what, self.name, self.cannot_see)
        return replace(
            described,
            people=people(findings),
            tags=tags(findings),
            readings=readings(findings),
            faces=faces(findings),
            embedded_title=what.title,
            notes=(*described.notes, *_language_note(wishes.language)),
        )

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        """Raises UnreadableMedia, NothingToEnrol, and UnusableDetector."""
        self._prepare()
        return Enroller(self._tools.people, self._tools.detector, self._tools.faces).enrol(picture, algorithm, self._limits.pixels)

    def _prepare(self) -> None:
        if self._load_detector is not None and self._tools.detector is None:
            self._tools.detector = self._load_detector()

    def _findings(self, files: Sequence[Path], kind: MediaKind, what: Probe, wishes: Wishes) -> Findings:
        if kind == "video":
            return watch(files[0], what, self._tools, self._limits, wishes)
        if kind == "image":
            return look_at_picture(files[0], self._tools, self._limits, wishes)
        return look_at_sequence(files, self._tools, self._limits, wishes)


def _language_note(language: str) -> tuple[str, ...]:
    if language == "en":
        return ()
    return (f"written in English, not in {language}: this engine writes no other language, a vision endpoint may",)


def _checked(files: Sequence[Path], kind: MediaKind, limits: Limits) -> Probe:
    """What the first file is. Raises UnreadableMedia where it isn't what the caller takes it for."""
    if not files or (len(files) > 1 and kind != "sequence"):
        raise UnreadableMedia(f"{len(files)} files were given for one {kind}")
    what = probe(files[0], limits.pixels)
    wanted = "video" if kind == "video" else "image"
    if what.kind != wanted:
        raise UnreadableMedia(
            f"the file is a {'picture' if what.kind == 'image' else what.kind}, not a {'picture' if wanted == 'image' else wanted}"
        )
    return what
