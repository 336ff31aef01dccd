"""Whether a file is an image or a video, and how large, from its head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.errors import FAILED, CommandError


@dataclass(frozen=True)
class Seen:
    """`width` and `height` in pixels."""

    kind: Literal["image", "video"]
    width: int
    height: int


def look_into(path: Path) -> Seen:
    """Raises CommandError for what is neither."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return Seen("video" if image.format == "MPEG" else "image", image.width, image.height)
    except UnidentifiedImageError:
        return Seen("video", *_of_video(path))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, str(error)) from error


def _of_video(path: Path) -> tuple[int, int]:
    import av

    try:
        with av.open(str(path), metadata_errors="replace") as film:
            sizes = [(stream.width, stream.height) for stream in film.streams.video]
    except av.FFmpegError as error:
        raise _unreadable(path, error.strerror) from error
    if not sizes or not all(sizes[0]):  # a text that is called .png opens as a picture of 0×0
        raise _unreadable(path, "it has no picture")
    return sizes[0]


def _unreadable(path: Path, reason: str) -> CommandError:
    return CommandError(f"{path} can't be read: {reason}", "name an image or a video", FAILED)
