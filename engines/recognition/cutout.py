"""A body cut out of its background in a still picture: GrabCut (Rother 2004), begun from where in a box a body mostly is."""

from __future__ import annotations

import cv2
import numpy as np

from engines.imaging import Image
from engines.recognition.appearance import Appearance, appearance
from engines.understanding.geometry import Box

_LEAST_HEIGHT = 40  # pixels
_WORKING_HEIGHT = 160
_AROUND = 0.15
_ROUNDS = 5
_LEAST, _MOST = 0.15, 0.9  # of the box; beyond, something else was cut out
_LEAST_TALL = 0.6


def figure(image: Image, box: Box) -> Appearance | None:
    """How a person looks without the background, or with it where that can't be told apart; None where the box is too small."""
    found = cut_out(image, box)
    return appearance(image, *found) if found else appearance(image, box)


def cut_out(image: Image, box: Box) -> tuple[Box, Image] | None:
    """The body's own box, and a mask of the image's size, 255 where it is; None where that can't be told."""
    if box.height < _LEAST_HEIGHT:
        return None
    height, width = image.shape[:2]
    around = box.grown(_AROUND, width, height)
    patch = image[around.pixels()]
    factor = _WORKING_HEIGHT / patch.shape[0]
    small = cv2.resize(patch, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    marks = _prior(small, box.moved(-around.x, -around.y).scaled(factor))
    cv2.grabCut(small, marks, None, np.zeros((1, 65)), np.zeros((1, 65)), _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.where((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), np.uint8(255), np.uint8(0))
    mask = np.zeros((height, width), np.uint8)
    mask[around.pixels()] = cv2.resize(found, (patch.shape[1], patch.shape[0]), interpolation=cv2.INTER_NEAREST)
    body = Box(*map(float, cv2.boundingRect(mask)))
    share = cv2.countNonZero(mask) / box.area
    return (body, mask) if _LEAST <= share <= _MOST and body.height >= _LEAST_TALL * box.height else None


def _prior(image: Image, box: Box) -> Image:
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    across = np.abs((columns + 0.5 - box.x) / box.width * 2 - 1)
    down = (rows + 0.5 - box.y) / box.height * 2 - 1
    marks = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    marks[(across < 1) & (np.abs(down) < 1)] = cv2.GC_PR_BGD
    marks[(across < 0.55) & (np.abs(down) < 0.9)] = cv2.GC_PR_FGD
    marks[(across < 0.15) & (down > -0.6) & (down < 0.2)] = cv2.GC_FGD
    return marks
