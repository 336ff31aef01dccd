"""Pictures and videos as pixels: what a file holds (by its content, never by its name), its frames, and small pictures made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engines.imaging.errors import UnreadableMedia
from engines.imaging.header import picture_header
from engines.imaging.pictures import PIXELS, Image, check_pixels, describe_foreign, read_image, resize
from engines.imaging.video import Frame, frames, snapshot, video_header

__all__ = ["PIXELS", "Frame", "Image", "Probe", "UnreadableMedia", "frames", "probe", "read_image", "resize", "snapshot"]


@dataclass(frozen=True)
class Probe:
    """What a file is. `format` is a picture's format or "video".

    `seconds`, `fps` and `title` are None for a picture, and for a video that doesn't say.
    """

    kind: Literal["image", "video"]
    format: str
    width: int
    height: int
    seconds: float | None = None
    fps: float | None = None
    title: str | None = None


def probe(path: Path, pixels: int = PIXELS) -> Probe:
    """What a file is, from its header alone. Raises UnreadableMedia: empty, text, cut short, no video stream, too many pixels."""
    if path.stat().st_size == 0:
        raise UnreadableMedia(f"{describe_foreign(path)}: the upload was cut short, or the recorder wrote nothing")
    picture = picture_header(path)
    if picture is not None:
        check_pixels(picture.width, picture.height, pixels)
        return Probe("image", picture.format, picture.width, picture.height)
    video = video_header(path, pixels)
    return Probe("video", "video", video.width, video.height, video.seconds, video.fps, video.title)
