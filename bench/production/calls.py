"""What PAI's services are measured by: what a call answers, the processor's time that it takes, and the photographs that it is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from engines.imaging import Image, read_image
from engines.imaging.pictures import shrink

T = TypeVar("T")

FOLDER = Path("/usr/share/doc/opencv-doc/examples/data")
_LEAST_SIDE = 200  # pixels
# Of opencv-doc: other pictures there are drawings, further views of the same things, or show faces, which are pasted in here.
# fmt: off
_PHOTOGRAPHS = frozenset((
    "aero1", "aero3", "aloeL", "apple", "baboon", "blox", "board",
    "box", "building", "butterfly", "chicky_512", "fruits", "graf1", "home", "leuvenA",
    "licenseplate_motion", "orange", "rubberwhale1", "squirrel_cls", "starry_night", "stuff", "sudoku",
))
# fmt: on


@dataclass(frozen=True)
class Found:
    quality: str
    milliseconds: float


class Watch:
    """The processor's time of each call but the first."""

    def __init__(self) -> None:
        self._spent: list[float] = []

    def __call__(self, function: Callable[..., T], *arguments: Any) -> T:
        begun = time.process_time()
        result = function(*arguments)
        self._spent.append(1000 * (time.process_time() - begun))
        return result

    @property
    def milliseconds(self) -> float:
        return float(np.mean(self._spent[1:]))


def photographs(folder: Path) -> list[Image]:
    names = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png") and (folder != FOLDER or path.stem in _PHOTOGRAPHS))
    found = [shrink(read_image(path), 1024) for path in names]
    return [image for image in found if min(image.shape[:2]) >= _LEAST_SIDE]
