"""Clips that are drawn frame by frame, so that the truth of each is known, at two sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.production.floor import half
from engines.imaging import Image
from tests.unit.engines.production import clips

WIDTH, HEIGHT, FPS = 1280, 720, 25
View = Callable[[float], Image]


@dataclass(frozen=True)
class Drawn:
    """A clip, and what it shows with and without what is to be found in it or taken out."""

    path: Path
    seconds: float
    shown: View
    clean: View


def drawn(path: Path, seconds: float, shown: View, clean: View) -> Drawn:
    clips.write_clip(path, clips.steady(seconds, FPS, shown), crf=18)
    return Drawn(path, seconds, shown, clean)


def halved(clip: Drawn) -> Drawn:
    """Drawn at half its width and height."""
    path = clip.path.with_name(f"{clip.path.stem}-half.mp4")
    return drawn(path, clip.seconds, lambda seconds: half(clip.shown(seconds)), lambda seconds: half(clip.clean(seconds)))


def whole(clip: Drawn) -> Drawn:
    return clip
