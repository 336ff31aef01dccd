"""Tags of a picture or a video: only what was measured, each with how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from engines.analysis.tools import usual_tools
from engines.imaging import Image, Probe, UnreadableMedia, probe, read_image, snapshot
from engines.imaging.pictures import shrink
from engines.understanding.colour import NAMES, name_pixels
from engines.understanding.facts import SAID_FROM, Findings
from engines.understanding.looking import look_at_picture
from engines.understanding.reading import WritingFinder
from engines.understanding.seen import tags
from engines.understanding.tools import Tools
from engines.understanding.types import USUAL, Limits
from engines.understanding.watching import watch

_VIEW = 160  # pixels, the longer side of what light and colour are measured in
_MOMENTS = 5  # of a video
_COLOUR_SHARE = 0.2
_DARK, _BRIGHT = 60.0, 90.0  # of 255, as engines.understanding.colour has them
_WORDS = {"image": "picture", "video": "video"}
_WITHOUT_DETECTOR = "animals, things, and vehicles that stand still: bring a detector file"
_WITHOUT_READER = "text: install the `ocr` extra"


@dataclass(frozen=True)
class Label:
    """`score` is 0 to 1: how sure a detector is; of a colour its share of the picture, of light how much or how little there is."""

    name: str
    score: float


@dataclass(frozen=True)
class Labels:
    """The surest first. Width and height are in pixels, `seconds` is None for a picture.

    `missing` says what would be needed to see more.
    """

    labels: tuple[Label, ...]
    width: int
    height: int
    seconds: float | None
    missing: tuple[str, ...] = ()


def labels(path: Path, kind: Literal["image", "video"], tools: Tools | None = None, limits: Limits | None = None) -> Labels:
    """Raises UnreadableMedia, also where the file is not of the kind."""
    tools, limits = tools or usual_tools(), limits or Limits()
    what = probe(path, limits.pixels)
    if what.kind != kind:
        raise UnreadableMedia(f"the file is a {_WORDS[what.kind]}, not a {_WORDS[kind]}")
    found = _looked_at(path, tools, limits) if kind == "image" else watch(path, what, tools, limits, USUAL)
    scores: dict[str, float] = {}
    for label in (*_things(found), *_scene(_views(path, what, limits.pixels))):
        scores[label.name] = max(label.score, scores.get(label.name, 0.0))
    ranked = sorted((Label(name, round(min(1.0, score), 3)) for name, score in scores.items()), key=lambda each: -each.score)
    return Labels(tuple(ranked), what.width, what.height, what.seconds, _missing(tools))


def _looked_at(path: Path, tools: Tools, limits: Limits) -> Findings:
    return look_at_picture(path, replace(tools, reader=tools.reader and WritingFinder(tools.reader)), limits)


def _things(found: Findings) -> Iterator[Label]:
    """What was recognised; the kind of a thing (vehicle, pet, bag) beside its own noun."""
    for tag in tags(found):
        yield Label(tag.name, max(each.score for each in tag.occurrences))
    for subject in found.subjects:
        if subject.category in ("vehicle", "pet", "bag") and subject.confidence >= SAID_FROM:
            yield Label(subject.category, subject.confidence)
        if subject.facing and subject.confidence >= SAID_FROM:
            yield Label("face", subject.confidence)
    for left in found.left:
        yield Label("object left behind", left.confidence)
    for line in (line for reading in found.readings for line in reading.lines):
        yield Label("text", line.score)


def _views(path: Path, what: Probe, pixels: int) -> list[Image]:
    """Small pictures to measure light and colour in: the picture, or a few moments of the video."""
    if what.kind == "image":
        return [shrink(read_image(path, pixels, longest=_VIEW), _VIEW)]
    times = [round(1000 * (what.seconds or 0.0) * (index + 0.5) / _MOMENTS) for index in range(_MOMENTS if what.seconds else 1)]
    width = min(_VIEW, what.width)
    shots = [snapshot(path, time, width=width, exact=False) for time in times]
    return [np.asarray(cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR)) for shot in shots]


def _scene(views: Sequence[Image]) -> Iterator[Label]:
    """Light and colours. A picture does not say whether it is night: a dark cellar looks the same, so it is called dark."""
    brightness = float(np.mean([view.max(axis=2).mean() for view in views]))
    if brightness < _DARK:
        yield Label("dark", 1 - brightness / 255)
    elif brightness >= _BRIGHT:
        yield Label("bright", brightness / 255)
    counts = sum(np.bincount(name_pixels(view).ravel(), minlength=len(NAMES)) for view in views)
    shares = np.asarray(counts) / max(1, np.sum(counts))
    yield from (Label(name, float(share)) for name, share in zip(NAMES, shares, strict=True) if share >= _COLOUR_SHARE)


def _missing(tools: Tools) -> tuple[str, ...]:
    return (*((_WITHOUT_DETECTOR,) if tools.detector is None else ()), *((_WITHOUT_READER,) if tools.reader is None else ()))
