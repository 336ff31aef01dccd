"""A face, retouched: its skin smoothed and lit up, its cheeks drawn in. Further away than its own width no pixel changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.imaging import Image
from engines.understanding.geometry import Box

Mask = npt.NDArray[np.floating[Any]]

_SKIN_MARGIN = 0.2  # of a face's size, on each side
_WORKING_WIDTH = 200  # pixels of a face; what a larger one loses by smoothing is found on a smaller picture
_SMOOTHED_OVER = 0.04  # of a face's width, the standard deviation of the smoothing
_EDGE = (16.0, 44.0)  # of 255: steps of light beyond it are edges, and stay; at strengths 0 and 100
_MOST_LIT = 0.35  # of the way to white, at a strength of 100
_PALER = 0.15
_MOST_THINNED = 0.09  # of a face's width, at a strength of 100, on each side
_CHEEKS_END = 0.95  # in face widths from its middle, where the pull ends; half way it is strongest
_JAW, _JAW_REACH = 0.22, 0.62  # in face heights below its middle, where the pull is strongest; how far up and down it goes
_SAME_COLOUR = 11.0  # of Lab's a and b together, the standard deviation
_LEAST_SIDE = 8


@dataclass(frozen=True)
class Retouching:
    """Strengths, 0 to 100."""

    whiten: int = 0
    smooth: int = 0
    face_thin: int = 0

    def reach(self, face: Box) -> Box:
        """Where `apply` may change something."""
        cheeks = _cheeks(face)
        above = _SKIN_MARGIN * face.height
        return Box(cheeks.x, face.y - above, cheeks.width, above + cheeks.height)

    def apply(self, image: Image, face: Box, weight: float) -> None:
        """Changes the image. `weight`, 0 to 1, is how much of the strengths is meant."""
        if self.face_thin:
            _thin(image, face, weight * self.face_thin / 100)
        if self.whiten or self.smooth:
            _retouch_skin(image, face, weight, self.smooth / 100, self.whiten / 100)


def _cheeks(face: Box) -> Box:
    return Box(face.centre[0] - _CHEEKS_END * face.width, face.y, 2 * _CHEEKS_END * face.width, face.height * 1.5)


def _thin(image: Image, face: Box, strength: float) -> None:
    """Takes each pixel from further out: most at the jaw, less above and below, nothing in the face's middle and beyond its sides."""
    rows, columns = _within(_cheeks(face), image)
    region = image[rows, columns]
    if min(region.shape[:2]) < _LEAST_SIDE:
        return
    across = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - face.centre[0]) / face.width
    down = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5 - face.centre[1]) / face.height
    sideways = np.sin(np.pi * np.clip(across / _CHEEKS_END, -1, 1))
    upright = np.square(np.cos(np.pi / 2 * np.clip((down - _JAW) / _JAW_REACH, -1, 1)))
    shift = (_MOST_THINNED * strength * face.width) * upright[:, None] * sideways[None, :]
    x, y = np.meshgrid(np.arange(region.shape[1], dtype=np.float32), np.arange(region.shape[0], dtype=np.float32))
    image[rows, columns] = cv2.remap(region, x + shift.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _retouch_skin(image: Image, face: Box, weight: float, smooth: float, whiten: float) -> None:
    rows, columns = face.grown(_SKIN_MARGIN, image.shape[1], image.shape[0]).pixels()
    region = image[rows, columns]
    if min(region.shape[:2]) < _LEAST_SIDE:
        return
    lab = cv2.cvtColor(region, cv2.COLOR_BGR2Lab)
    mask = weight * skin(lab, face.moved(-columns.start, -rows.start))
    light = lab[..., 0].astype(np.float32)
    if smooth:
        light += smooth * mask * _roughness(lab[..., 0], face.width, smooth)
    lifted = _MOST_LIT * whiten * mask
    light += lifted * (255 - light)
    lab[..., 0] = np.clip(light + 0.5, 0, 255)
    if whiten:
        paler = 128 + (lab[..., 1:].astype(np.float32) - 128) * (1 - _PALER * whiten * mask[..., None])
        lab[..., 1:] = paler + 0.5
    retouched = cv2.cvtColor(lab, cv2.COLOR_Lab2BGR)
    # Where there is no skin not even the rounding of the way to Lab and back is seen.
    image[rows, columns] = np.where(mask[..., None] > 1e-3, retouched, region)


def _roughness(light: Image, face_width: float, strength: float) -> Mask:
    """What a bilateral filter would add to the light to take away what is fine and faint."""
    factor = min(1.0, _WORKING_WIDTH / face_width)
    small = cv2.resize(light, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) if factor < 1 else light
    edge = _EDGE[0] + (_EDGE[1] - _EDGE[0]) * strength
    plain = cv2.bilateralFilter(small, 0, edge, max(1.0, _SMOOTHED_OVER * face_width * factor))
    difference = plain.astype(np.float32) - small
    if factor < 1:
        # What the smaller picture does not even show is fine and faint, too.
        shown = cv2.resize(small, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
        finest = np.clip(shown.astype(np.float32) - light, -edge / 2, edge / 2)
        difference = cv2.resize(difference, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR) + finest
    rough: Mask = difference
    return rough


def skin(lab: Image, face: Box) -> Mask:
    """How much each pixel is skin of this face, 0 to 1: of its cheeks' colour, not much darker than they, within an ellipse.

    The cheeks tell what its skin is like in this light, whatever its tone; of a grey film the ellipse and the light are all there is.
    """
    height, width = lab.shape[:2]
    cheeks = lab[Box(face.x + 0.25 * face.width, face.y + 0.4 * face.height, 0.5 * face.width, 0.3 * face.height).pixels()].reshape(-1, 3)
    light, red, yellow = np.median(cheeks, axis=0) if len(cheeks) else (128, 128, 128)
    away = np.square(lab[..., 1] - np.float32(red)) + np.square(lab[..., 2] - np.float32(yellow))
    alike = np.exp(-away / (2 * _SAME_COLOUR**2)) * np.clip((lab[..., 0] - 0.45 * light) / (0.25 * light + 1), 0, 1)
    across = (np.arange(width, dtype=np.float32) + 0.5 - face.centre[0]) / (0.56 * face.width)
    down = (np.arange(height, dtype=np.float32) + 0.5 - face.centre[1] - 0.02 * face.height) / (0.68 * face.height)
    ellipse = np.clip((1.0 - np.square(across[None, :]) - np.square(down[:, None])) / 0.35, 0, 1)
    mask: Mask = cv2.GaussianBlur((alike * ellipse).astype(np.float32), (0, 0), max(0.8, 0.015 * face.width))
    return mask


def _within(box: Box, image: Image) -> tuple[slice, slice]:
    return box.grown(0.0, image.shape[1], image.shape[0]).pixels()
