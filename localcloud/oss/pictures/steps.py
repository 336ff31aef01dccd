"""The steps of `image/...`: what each action of an instruction does to a picture, and within which limits.

Limits and defaults: the pages of OSS's "Image processing" (help.aliyun.com/document_detail/44686.html and those beside it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, cast

from PIL.Image import Image

from engines.imaging import effects, moving, sizes, watermark
from localcloud.oss.errors import OssError, no_such_key
from localcloud.oss.pictures.instructions import Action

LONGEST_SIDE = 16384
_LARGEST_RADIUS = 4096
_FARTHEST_MARK = 4096
_MOST_MARK_LETTERS = 64
_MODES = ("lfit", "mfit", "fill", "pad", "fixed")
_PLACES = ("nw", "north", "ne", "west", "center", "east", "sw", "south", "se")
_FORMATS = {"jpg": "jpg", "jpeg": "jpg", "png": "png", "webp": "webp", "bmp": "bmp", "gif": "gif"}


@dataclass(frozen=True)
class Work:
    """A picture on its way through the steps, and how it will be written. `beside` finds another object of the bucket by its key."""

    picture: moving.MovingPicture
    beside: Callable[[str], Path | None]
    quality: int | None = None
    progressive: bool = False

    def each(self, change: Callable[[Image], Image]) -> Work:
        return replace(self, picture=self.picture.each(change))


Step: TypeAlias = Callable[[Work, Action], Work]


def resize(work: Work, action: Action) -> Work:
    source = work.picture.size
    ground = action.colour("color", "FFFFFF")
    if "p" in action.options:
        size = sizes.scaled(source, action.number("p", 1, 1000) / 100)
        fit = sizes.Fit(size, size)
    else:
        mode = cast(sizes.ResizeMode, action.choice("m", _MODES, "lfit"))
        fit = sizes.fitted(source, _box(source, action), mode)
        if action.choice("limit", ("0", "1"), "1") == "1" and _enlarges(source, fit, mode):
            return work
    if max(*fit.scaled, *fit.canvas) > LONGEST_SIDE:
        raise OssError(400, "BadRequest", f"The target image would be longer than {LONGEST_SIDE} pixels.")
    return work.each(lambda image: effects.resized(image, fit, ground))


def _box(source: sizes.Size, action: Action) -> sizes.Size:
    """From w and h, or from l and s, the longer and the shorter side, which do not count beside them."""
    width, height, longer, shorter = (action.number(name, 1, LONGEST_SIDE) for name in ("w", "h", "l", "s"))
    if not (width or height):
        width, height = (longer, shorter) if source[0] >= source[1] else (shorter, longer)
    if not (width or height):
        raise OssError(400, "InvalidArgument", "The parameters of resize need one of w, h, l, s and p.")
    return width, height


def _enlarges(source: sizes.Size, fit: sizes.Fit, mode: sizes.ResizeMode) -> bool:
    larger = [made > side for made, side in zip(fit.scaled, source, strict=True)]
    return all(larger) if mode == "fixed" else any(larger)


def crop(work: Work, action: Action) -> Work:
    wanted = (action.number("w", 0, LONGEST_SIDE * 2), action.number("h", 0, LONGEST_SIDE * 2))
    offset = (action.number("x", 0, LONGEST_SIDE * 2), action.number("y", 0, LONGEST_SIDE * 2))
    place = cast(sizes.Place, action.choice("g", _PLACES, "nw"))
    try:
        box = sizes.cut(work.picture.size, wanted, offset, place)
    except ValueError as error:
        raise OssError(400, "BadRequest", "Advance cut's position is out of image.") from error
    return work.each(lambda image: image.crop(box))


def index_crop(work: Work, action: Action) -> Work:
    """The nth of the equal pieces that x, or else y, cuts; the whole picture where there is no such piece."""
    width, height = work.picture.size
    across, down, index = action.number("x", 1, width), action.number("y", 1, height), action.number("i", 0, LONGEST_SIDE * 2)
    if bool(across) == bool(down):
        raise OssError(400, "InvalidArgument", "indexcrop needs either x or y.")
    piece = sizes.slice_of(width if across else height, across or down, index)
    if piece is None:
        return work
    box = (piece[0], 0, piece[1], height) if across else (0, piece[0], width, piece[1])
    return work.each(lambda image: image.crop(box))


def rotate(work: Work, action: Action) -> Work:
    degrees = _bare_number(action, 0, 360)
    return work.each(lambda image: effects.rotated(image, degrees))


def auto_orient(work: Work, action: Action) -> Work:
    return replace(work, picture=work.picture.upright()) if _bare_number(action, 0, 1) else work


def convert(work: Work, action: Action) -> Work:
    if action.bare not in _FORMATS:
        raise action.invalid("")
    return replace(work, picture=replace(work.picture, format=cast(moving.WrittenFormat, _FORMATS[action.bare])))


def quality(work: Work, action: Action) -> Work:
    """`Q` is the quality itself, kept where the source has less; `q` is a share of the source's, in percent."""
    source = work.picture.quality
    if "Q" in action.options:
        wanted = action.number("Q", 1, 100)
        return replace(work, quality=min(wanted, source) if source else wanted)
    if "q" not in action.options:
        raise action.invalid("q")
    share = action.number("q", 1, 100)
    return replace(work, quality=max(1, round(source * share / 100)) if source else share)


def interlace(work: Work, action: Action) -> Work:
    return replace(work, progressive=bool(_bare_number(action, 0, 1)))


def circle(work: Work, action: Action) -> Work:
    radius = action.number("r", 1, _LARGEST_RADIUS, 0) or _missing(action, "r")
    return work.each(lambda image: effects.circled(image, radius))


def rounded_corners(work: Work, action: Action) -> Work:
    radius = action.number("r", 1, _LARGEST_RADIUS, 0) or _missing(action, "r")
    return work.each(lambda image: effects.rounded(image, radius))


def blur(work: Work, action: Action) -> Work:
    """`r`, the radius, only bounds the work; `s` is the standard deviation."""
    _ = action.number("r", 1, 50, 0) or _missing(action, "r")
    sigma = action.number("s", 1, 50, 0) or _missing(action, "s")
    return work.each(lambda image: effects.blurred(image, sigma))


def bright(work: Work, action: Action) -> Work:
    value = _bare_number(action, -100, 100)
    return work.each(lambda image: effects.brightened(image, value))


def contrast(work: Work, action: Action) -> Work:
    value = _bare_number(action, -100, 100)
    return work.each(lambda image: effects.contrasted(image, value))


def sharpen(work: Work, action: Action) -> Work:
    value = _bare_number(action, 50, 399)
    return work.each(lambda image: effects.sharpened(image, value))


def mark(work: Work, action: Action) -> Work:
    """A text, or the first frame of another object of the bucket."""
    laid = watermark.Laid(
        cast(sizes.Place, action.choice("g", _PLACES, "se")),
        (action.number("x", 0, _FARTHEST_MARK, 10), action.number("y", 0, _FARTHEST_MARK, 10)),
        action.number("t", 0, 100, 100),
        action.choice("fill", ("0", "1"), "0") == "1",
    )
    text, key = action.decoded("text"), action.decoded("image")
    if bool(text) == bool(key):
        raise OssError(400, "InvalidArgument", "watermark needs either text or image.")
    drawn = watermark.drawn(_words(text, action)) if text else _other_picture(work, key)
    return work.each(lambda image: watermark.marked(image, drawn, laid))


def _words(text: str, action: Action) -> watermark.Words:
    if len(text) > _MOST_MARK_LETTERS or not text.isprintable():
        raise action.invalid("text")
    return watermark.Words(
        text,
        action.colour("color", "000000"),
        action.number("size", 1, 1000, 40),
        action.number("rotate", 0, 360),
        action.number("shadow", 0, 100),
    )


def _other_picture(work: Work, key: str) -> Image:
    path = work.beside(key)
    if path is None:
        raise no_such_key(key)
    return moving.open_picture(path).frames[0]


def _bare_number(action: Action, low: int, high: int) -> int:
    if not action.bare:
        raise action.invalid("")
    return action.number("", low, high)


def _missing(action: Action, name: str) -> int:
    raise action.invalid(name)


STEPS: Mapping[str, Step] = {
    "resize": resize,
    "crop": crop,
    "indexcrop": index_crop,
    "rotate": rotate,
    "auto-orient": auto_orient,
    "format": convert,
    "quality": quality,
    "interlace": interlace,
    "circle": circle,
    "rounded-corners": rounded_corners,
    "blur": blur,
    "bright": bright,
    "contrast": contrast,
    "sharpen": sharpen,
    "watermark": mark,
}
