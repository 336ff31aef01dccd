"""A person made slimmer or wider in a picture: found, cut out of the background, and stretched across from the shoulders down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from engines.analysis.tools import usual_tools
from engines.imaging import Image
from engines.imaging.moving import WrittenFormat, encoded, flattened, open_picture
from engines.imaging.pictures import shrink
from engines.recognition.cutout import cut_out
from engines.understanding.geometry import Box, inside
from engines.understanding.people import body
from engines.understanding.tools import Tools

DEGREE = -1.5
"""PAI's own default: widen."""
LIMIT = 5.0
"""A larger degree, either way, is taken as this: beyond it what is beside the body would fold over itself."""

_VIEW = 1280  # pixels, the longer side of what people are looked for in
_PER_DEGREE = 0.07  # of the body's width
_BESIDE = 1.4  # half widths of the body, over which the background is stretched with it, and beyond which it stays
_HEAD, _SHOULDERS, _FEET = 0.13, 0.22, 0.04  # parts of a body's height, where no face is seen
_NECK = 0.6  # heights of the face, from its chin to the shoulders
_SURE = 0.5  # of a detector
_FACES_WIDE, _FACES_HIGH = 3.2, 8.0  # a body around a face, in widths and heights of the face
_SMALLEST, _NARROWEST = 64, 24  # pixels: the height of a body, and the side of a picture that can hold one

Shift = npt.NDArray[np.float32]
"""For each pixel, how far to its right what is to be seen there lies now, in pixels."""


class NobodyToReshape(Exception):
    """The picture shows no person that can be told from the background; the text says so."""


@dataclass(frozen=True)
class Reshaped:
    """`picture` is a file of the source's format; `people` is how many were reshaped. `notes` say what was done in part."""

    picture: bytes
    format: WrittenFormat
    people: int
    notes: tuple[str, ...] = ()


def reshape_body(path: Path, degree: float = DEGREE, tools: Tools | None = None) -> Reshaped:
    """The picture, upright, with its people slimmed by a positive degree or widened by a negative one, by 7 % of their width a degree.

    Heads stay as they are; what is beside a body is stretched with it. People are found in the first frame of an animated picture.
    Raises UnreadableMedia and NobodyToReshape.
    """
    picture = open_picture(path).upright()
    whole = cv2.cvtColor(np.asarray(flattened(picture.frames[0]).convert("RGB")), cv2.COLOR_RGB2BGR)
    cv2.setRNGSeed(0)  # GrabCut begins with random means: the same picture shall give the same answer
    view = shrink(whole, _VIEW)
    bodies = list(_bodies(view, tools or usual_tools())) if min(view.shape[:2]) >= _NARROWEST else []
    if not bodies:
        raise NobodyToReshape("no person was found that can be told from the background: an upright body, or a face turned to the camera")
    done = max(-LIMIT, min(LIMIT, degree))
    shift = np.asarray(sum(_shift(each, done) for each in bodies), np.float32)
    changed = picture.each(lambda frame: _stretched(frame, shift))
    notes = () if done == degree else (f"a degree of {degree:g} was taken as {done:g}",)
    return Reshaped(encoded(changed), picture.format, len(bodies), notes)


@dataclass(frozen=True)
class _Body:
    """Nothing above the row `head` moves, all below the row `shoulders` does; `mask` is 255 where the body is."""

    box: Box
    mask: Image
    head: float
    shoulders: float


def _bodies(image: Image, tools: Tools) -> Iterator[_Body]:
    faces = tools.people.faces(image)
    for box in _people(image, faces, tools):
        found = cut_out(image, box)
        if found is not None:
            face = next((each for each in faces if inside(each, box) > 0.5), None)
            head, shoulders = (face.bottom, face.bottom + _NECK * face.height) if face else (_row(box, _HEAD), _row(box, _SHOULDERS))
            yield _Body(*found, head, shoulders)


def _row(box: Box, share: float) -> float:
    return box.y + share * box.height


def _people(image: Image, faces: Sequence[Box], tools: Tools) -> list[Box]:
    """The boxes of bodies, each person's once: from a detector or upright bodies, then from faces that belong to none of them."""
    height, width = image.shape[:2]
    found: list[Box] = []
    for box in (*_upright(image, tools), *map(_below_face, faces)):
        seen = box.grown(0, width, height)
        if seen.height >= _SMALLEST and not any(inside(seen, other) > 0.5 or inside(other, seen) > 0.5 for other in found):
            found.append(seen)
    return found or [box.grown(0, width, height) for box in tools.people.upright_in_sample(image)[:1]]


def _upright(image: Image, tools: Tools) -> list[Box]:
    if tools.detector is not None:
        return [each.box for each in tools.detector.detect(image, _SURE) if each.label == "person"]
    return [body(box) for box, _ in tools.people.upright_in_still(image)]


def _below_face(face: Box) -> Box:
    across = _FACES_WIDE * face.width
    return Box(face.centre[0] - across / 2, face.y - 0.2 * face.height, across, _FACES_HIGH * face.height)


def _shift(found: _Body, degree: float) -> Shift:
    height, width = found.mask.shape
    middle, half = _outline(found.box, found.mask)
    away = (np.arange(width, dtype=np.float32)[None] - middle[:, None]) / half[:, None]
    scale = 1 - _PER_DEGREE * degree
    edge = max(1.0, scale)
    # Inside the body everything moves in proportion to its distance from the middle; beside it less and less, smoothly.
    beside = np.clip((np.abs(away) - edge) / _BESIDE, 0, 1)
    moved = np.clip(away, -edge, edge) * half[:, None] * (1 - beside * beside * (3 - 2 * beside))
    return np.asarray((1 / scale - 1) * moved * _strength(found, height)[:, None], np.float32)


def _outline(box: Box, mask: Image) -> tuple[Shift, Shift]:
    """Middle and half width of the body in each row, smoothly from row to row."""
    rows, columns = np.nonzero(mask)
    height = mask.shape[0]
    count = np.maximum(np.bincount(rows, minlength=height), 1)
    mean = np.bincount(rows, columns, height) / count
    spread = np.sqrt(np.maximum(np.bincount(rows, columns.astype(np.float64) ** 2, height) / count - mean**2, 0))
    known = np.bincount(rows, minlength=height) > 0
    # Of something evenly wide the half width is the root of three times the spread.
    middle = np.where(known, mean, box.centre[0])
    half = np.maximum(np.where(known, np.sqrt(3) * spread, box.width / 2), 0.15 * box.width)
    return _smoothed(middle, 0.04 * box.height), _smoothed(half, 0.04 * box.height)


def _smoothed(values: npt.NDArray[np.float64], sigma: float) -> Shift:
    column = values.astype(np.float32)[:, None]
    return np.asarray(cv2.GaussianBlur(column, (1, 0), sigmaX=1, sigmaY=max(1.0, sigma), borderType=cv2.BORDER_REPLICATE)[:, 0], np.float32)


def _strength(found: _Body, height: int) -> Shift:
    """By row: 0 for the head and below the feet, 1 between shoulders and feet; a body that the picture cuts off has no feet."""
    rows, bottom = np.arange(height, dtype=np.float32), found.box.bottom
    rising = np.clip((rows - found.head) / max(1.0, found.shoulders - found.head), 0, 1)
    falling = np.ones_like(rows) if bottom >= height - 2 else np.clip((bottom - rows) / (_FEET * found.box.height), 0, 1)
    return np.asarray(rising * falling, np.float32)


def _stretched(frame: Pillow.Image, shift: Shift) -> Pillow.Image:
    factor = frame.width / shift.shape[1]
    whole = cv2.resize(shift, frame.size, interpolation=cv2.INTER_LINEAR) * np.float32(factor)
    columns, rows = np.meshgrid(np.arange(frame.width, dtype=np.float32), np.arange(frame.height, dtype=np.float32))
    pixels = cv2.remap(np.asarray(frame), columns + whole, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Pillow.fromarray(pixels)
