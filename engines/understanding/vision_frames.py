"""The few small pictures of a media that a vision model is shown."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2

from engines.imaging import Image, Probe, UnreadableMedia, frames, probe, read_image
from engines.imaging.pictures import shrink
from engines.understanding.types import MediaKind

LONGEST_SIDE = 768
_QUALITY = 80
Item = TypeVar("Item")


@dataclass(frozen=True)
class Shot:
    """`jpeg` is a whole file; `time` in seconds from the start of a video, None for a picture."""

    jpeg: bytes
    time: float | None = None


def shots(files: Sequence[Path], kind: MediaKind, count: int) -> tuple[Probe, list[Shot]]:
    """What the (first) file is, and at most `count` pictures spread evenly over the media. Raises UnreadableMedia."""
    if not files or (kind != "sequence" and len(files) > 1):
        raise UnreadableMedia(f"{len(files)} files were given for one {kind}")
    what = probe(files[0])
    if (what.kind == "video") != (kind == "video"):
        raise UnreadableMedia(f"the file is a {'picture' if what.kind == 'image' else 'video'}, where a {kind} was announced")
    if kind == "video":
        # Twice as many as needed, so that those taken can lie in the middle of their stretch of the clip.
        per_second = 2 * count / what.seconds if what.seconds else 1.0
        seen = evenly(frames(files[0], per_second, LONGEST_SIDE), count)
        return what, [Shot(_jpeg(frame.image), frame.time) for frame in seen]
    return what, [Shot(_jpeg(shrink(read_image(file, longest=LONGEST_SIDE), LONGEST_SIDE))) for file in evenly(files, count)]


def parts(seen: Sequence[Shot]) -> list[dict[str, Any]]:
    """The shots as parts of a message."""
    return [{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + base64.b64encode(shot.jpeg).decode()}} for shot in seen]


def evenly(items: Iterable[Item], count: int) -> list[Item]:
    """At most `count` of the items, spread evenly, holding few of them at a time: how many will come isn't known before the end."""
    kept: list[Item] = []
    step = 1
    for number, item in enumerate(items):
        if number % step == 0:
            kept.append(item)
        if len(kept) > 4 * count:
            kept, step = kept[::2], 2 * step
    if len(kept) <= count:
        return kept
    return [kept[int((place + 0.5) * len(kept) / count)] for place in range(count)]


def _jpeg(image: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(encoded)
