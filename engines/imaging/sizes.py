"""The arithmetic of pictures: sizes to make, and where a piece lies. Nothing here touches a pixel.

The modes of a resize and the nine places are those of "Resize images" and "Custom crop" of OSS
(help.aliyun.com/document_detail/44688.html and 44693.html). All sizes are (width, height) in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Size: TypeAlias = tuple[int, int]
Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two are outside."""

ResizeMode = Literal["lfit", "mfit", "fill", "pad", "fixed"]
Place = Literal["nw", "north", "ne", "west", "center", "east", "sw", "south", "se"]

_ACROSS = {"w": 0.0, "e": 1.0}
_DOWN = {"n": 0.0, "s": 1.0}


@dataclass(frozen=True)
class Fit:
    """Scale to `scaled`; then cut or fill to `canvas`, around the middle, where that differs."""

    scaled: Size
    canvas: Size


def scaled(size: Size, factor: float) -> Size:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def fitted(source: Size, box: Size, mode: ResizeMode) -> Fit:
    """What a mode makes of a source and a box, of which one side may be 0.

    `lfit` fits inside the box and `mfit` around it; `fill` then cuts and `pad` fills to the box itself; `fixed` takes the box as it is.
    A single side keeps the ratio, except for `fill` and `pad`, which make a square of it.
    """
    width, height = box
    if mode in ("fill", "pad"):
        width, height = width or height, height or width
    factors = [wanted / side for wanted, side in zip((width, height), source, strict=True) if wanted]
    if mode == "fixed" and width and height:
        return Fit((width, height), (width, height))
    size = scaled(source, max(factors) if mode in ("mfit", "fill") else min(factors))
    return Fit(size, (width, height) if mode in ("fill", "pad") else size)


def anchored(outer: Size, inner: Size, place: Place) -> tuple[int, int]:
    """Left and top of a piece that lies at one of nine places of a picture."""
    across, down = _shares(place)
    return round((outer[0] - inner[0]) * across), round((outer[1] - inner[1]) * down)


def cut(source: Size, wanted: Size, offset: Size, place: Place) -> Box:
    """The box of a cut, clipped to the picture; a side of 0 takes all there is. The offset counts right and down from where a piece of
    that size lies at the place. Raises ValueError where the box begins outside the picture.
    """
    piece = (min(wanted[0] or source[0], source[0]), min(wanted[1] or source[1], source[1]))
    left, top = anchored(source, piece, place)
    left, top = left + offset[0], top + offset[1]
    if left >= source[0] or top >= source[1]:
        raise ValueError(f"{left},{top} lies outside {source[0]}x{source[1]}")
    return left, top, min(left + piece[0], source[0]), min(top + piece[1], source[1])


def slice_of(length: int, piece: int, index: int) -> tuple[int, int] | None:
    """Start and end of the nth piece of a length, or None beyond the last."""
    start = piece * index
    return (start, min(start + piece, length)) if start < length else None


def _shares(place: Place) -> tuple[float, float]:
    names = {"north": "n", "south": "s", "west": "w", "east": "e", "center": ""}.get(place, place)
    across = next((share for letter, share in _ACROSS.items() if letter in names), 0.5)
    down = next((share for letter, share in _DOWN.items() if letter in names), 0.5)
    return across, down
