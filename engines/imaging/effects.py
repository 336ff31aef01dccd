"""What can be done to one frame: other sizes, pieces, turns, shapes and tones. Frames are Pillow's, in RGB, RGBA or L."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageEnhance, ImageFilter

from engines.imaging.moving import flattened
from engines.imaging.pictures import check_pixels
from engines.imaging.sizes import Box, Fit, Size, anchored

RGB = tuple[int, int, int]
WHITE: RGB = (255, 255, 255)
RESULT_PIXELS = 60_000_000
_SMOOTH_BELOW = 4_000_000
"""Masks of fewer pixels are drawn four times larger and shrunk, which smooths their edge."""


def resized(image: Pillow.Image, fit: Fit, ground: RGB = WHITE) -> Pillow.Image:
    """Scaled, then cut or filled to its canvas. Raises UnreadableMedia for a result of too many pixels."""
    check_pixels(*fit.scaled, RESULT_PIXELS)
    check_pixels(*fit.canvas, RESULT_PIXELS)
    made = image if image.size == fit.scaled else _scaled(image, fit.scaled)
    if made.size == fit.canvas:
        return made
    if made.width >= fit.canvas[0] and made.height >= fit.canvas[1]:
        left, top = anchored(made.size, fit.canvas, "center")
        return made.crop((left, top, left + fit.canvas[0], top + fit.canvas[1]))
    filled = Pillow.new("RGB", fit.canvas, ground)
    opaque = flattened(made, ground)
    filled.paste(opaque, anchored(fit.canvas, opaque.size, "center"))
    return filled


def _scaled(image: Pillow.Image, size: Size) -> Pillow.Image:
    """OpenCV's mean over areas makes the very bytes that OSS makes of a photo (tests/test_image.py of oss2 names their number)."""
    smooth = cv2.INTER_AREA if size[0] <= image.width and size[1] <= image.height else cv2.INTER_CUBIC
    transparent = image.mode == "RGBA"
    # Premultiplied, so that the colour of what can't be seen does not bleed into what can.
    pixels = np.asarray(image.convert("RGBa") if transparent else image)
    made = cv2.resize(pixels, size, interpolation=smooth)
    if not transparent:
        return Pillow.fromarray(made)
    return Pillow.frombytes("RGBa", size, made.tobytes()).convert("RGBA")


def cropped(image: Pillow.Image, box: Box) -> Pillow.Image:
    return image.crop(box)


def rotated(image: Pillow.Image, degrees: int) -> Pillow.Image:
    """Clockwise. The canvas grows to hold it; what it does not cover is white, or transparent where the picture knows transparency."""
    quarter = {90: Pillow.Transpose.ROTATE_270, 180: Pillow.Transpose.ROTATE_180, 270: Pillow.Transpose.ROTATE_90}
    if degrees % 360 == 0:
        return image
    if degrees in quarter:
        return image.transpose(quarter[degrees])
    grounds: dict[str, float | tuple[float, ...]] = {"L": 255, "RGB": WHITE, "RGBA": (*WHITE, 0)}
    return image.rotate(-degrees, Pillow.Resampling.BICUBIC, expand=True, fillcolor=grounds[image.mode])


def circled(image: Pillow.Image, radius: int) -> Pillow.Image:
    """The circle around the middle, its radius at most half the shorter side; transparent around it."""
    radius = max(1, min(radius, min(image.size) // 2))
    side = max(1, 2 * radius)
    left, top = anchored(image.size, (side, side), "center")
    return _masked(image.crop((left, top, left + side, top + side)), radius)


def rounded(image: Pillow.Image, radius: int) -> Pillow.Image:
    """Round corners, transparent outside."""
    return _masked(image, max(1, min(radius, min(image.size) // 2)))


def _masked(image: Pillow.Image, radius: int) -> Pillow.Image:
    finer = 4 if image.width * image.height < _SMOOTH_BELOW else 1
    large: Size = (image.width * finer, image.height * finer)
    mask = Pillow.new("L", large, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, large[0] - 1, large[1] - 1), radius * finer, fill=255)
    made = image.convert("RGBA")
    alpha = Pillow.new("L", image.size, 0)
    alpha.paste(made.getchannel("A"), mask=mask.resize(image.size, Pillow.Resampling.BOX))
    made.putalpha(alpha)
    return made


def brightened(image: Pillow.Image, value: int) -> Pillow.Image:
    """`value` from -100, black, to 100, twice as bright; 0 changes nothing."""
    return _on_colours(image, lambda colours: ImageEnhance.Brightness(colours).enhance(1 + value / 100))


def contrasted(image: Pillow.Image, value: int) -> Pillow.Image:
    """`value` from -100, even grey, to 100, twice the contrast; 0 changes nothing."""
    return _on_colours(image, lambda colours: ImageEnhance.Contrast(colours).enhance(1 + value / 100))


def sharpened(image: Pillow.Image, value: int) -> Pillow.Image:
    """`value` is the percentage of an unsharp mask."""
    return _on_colours(image, lambda colours: colours.filter(ImageFilter.UnsharpMask(radius=2, percent=value, threshold=0)))


def blurred(image: Pillow.Image, sigma: int) -> Pillow.Image:
    return image.filter(ImageFilter.GaussianBlur(sigma))


def average_colour(image: Pillow.Image) -> RGB:
    red, green, blue = flattened(image).convert("RGB").resize((1, 1), Pillow.Resampling.BOX).tobytes()
    return red, green, blue


def _on_colours(image: Pillow.Image, change: Callable[[Pillow.Image], Pillow.Image]) -> Pillow.Image:
    """Transparency stays as it is."""
    if image.mode != "RGBA":
        return change(image)
    made = change(image.convert("RGB"))
    made.putalpha(image.getchannel("A"))
    return made
