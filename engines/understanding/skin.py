"""Whether a patch may be skin, from its chroma: what a face's brightness pattern in a coloured texture can't imitate."""

from __future__ import annotations

import cv2

from engines.imaging import Image
from engines.understanding.geometry import Box

# Skin of every tone lies here in YCrCb (Chai and Ngan, "Face segmentation using skin-color map", 1999), in light without a strong cast.
_CR, _CB = (133, 180), (77, 130)
_MOSTLY = 0.5
# Under a cast the numbers shift, but skin stays redder than its surroundings.
_REDDER = 4.0
_GREY = 2.5


def may_be_skin(image: Image, box: Box) -> bool:
    """True also for a grey patch, as an infrared camera sees one: there the chroma says nothing."""
    patch = image[box.pixels()]
    height, width = patch.shape[:2]
    middle = patch[height // 5 : height - height // 5, width // 4 : width - width // 4]
    chroma = cv2.cvtColor(middle, cv2.COLOR_BGR2YCrCb)[..., 1:].astype(float)
    if abs(chroma - 128).mean() < _GREY:
        return True
    red, blue = chroma[..., 0], chroma[..., 1]
    inside = (red >= _CR[0]) & (red <= _CR[1]) & (blue >= _CB[0]) & (blue <= _CB[1])
    if inside.mean() >= _MOSTLY:
        return True
    around = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)[..., 1]
    return bool(red.mean() - around.mean() >= _REDDER)
