"""What a pixel's three colours are between. numpy's own least and largest, along so short an axis, take fifty times as long."""

from __future__ import annotations

import cv2

from engines.imaging import Image


def extremes(image: Image) -> tuple[Image, Image]:
    """Of each pixel, the least and the largest of blue, green and red."""
    blue, green, red = cv2.split(image)
    return cv2.min(cv2.min(blue, green), red), cv2.max(cv2.max(blue, green), red)
