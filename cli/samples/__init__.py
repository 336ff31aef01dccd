"""Sample media for the demo and the tests: clips that the project renders, and real photographs where they can be had."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.samples.photos import LOCK, PhotosUnavailable, fetch
from cli.samples.render import render_all

log = logging.getLogger("sightline.samples")

_RENDERED_CREDIT = "rendered by Sightline; Apache-2.0"
_ALBUM = "album"


@dataclass(frozen=True)
class Sample:
    """One media. `path` is a file, or the folder of an image sequence: manifest.json and the images that it names.

    `device` is the camera that the upload's key names.
    """

    path: Path
    name: str
    origin: Literal["photograph", "rendered"]
    credit: str
    device: str


def gather(cache: Path, *, photos: bool = True, lock: Path = LOCK) -> list[Sample]:
    """All samples, made or downloaded into `cache` where they are not there yet.

    Photographs that can't be had are left out, and a warning says why.
    """
    clips = [
        Sample(rendering.path, rendering.name, "rendered", _RENDERED_CREDIT, rendering.device)
        for rendering in render_all(cache / f"rendered-{_drawing_digest()}")
    ]
    return clips + (_photographs(cache, lock) if photos else [])


def _photographs(cache: Path, lock: Path) -> list[Sample]:
    try:
        found = fetch(cache / "photos", lock)
    except PhotosUnavailable as error:
        log.warning("sample photographs are left out: %s", error)
        return []
    return [Sample(path, photo.name, "photograph", photo.credit, _ALBUM) for path, photo in found]


def _drawing_digest() -> str:
    """Names the cache's folder, so that a change of the drawing never meets a clip of the old one."""
    digest = hashlib.sha256()
    for name in ("figures.py", "render.py", "scenery.py"):
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:8]
