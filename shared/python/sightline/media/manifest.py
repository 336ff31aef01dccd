"""An image sequence: a `manifest.json` that names the images of one event."""

from __future__ import annotations

import posixpath

from sightline.errors import BadInput
from sightline.stored import Stored, Unreadable
from sightline.value import Value

# "Object naming conventions" of the OSS documentation.
LONGEST_KEY_BYTES = 1023
_FIX = 'write {"images": ["1.jpg", "2.jpg"]}'


class Manifest(Value):
    """The keys of the images, in order; same bucket as the manifest."""

    image_keys: tuple[str, ...]


def parse_manifest(key: str, content: bytes, most_images: int) -> Manifest:
    """Read `{"images": ["1.jpg", "2.jpg"]}`; names are relative to the manifest's folder. Raises BadInput."""
    try:
        images = Stored.parse(content).texts("images")
    except Unreadable as error:
        raise BadInput("manifest.json", f"is no manifest ({error})", _FIX) from error
    if not images:
        raise BadInput("images", "names no image", _FIX)
    if len(images) > most_images:
        raise BadInput("images", f"names {len(images)} images", f"name at most {most_images}")
    return Manifest(tuple(_resolve(key, name) for name in images))


def _resolve(key: str, name: str) -> str:
    folder = posixpath.dirname(key)
    resolved = posixpath.normpath(posixpath.join(folder, name))
    if not name or name.startswith("/") or not resolved.startswith(folder + "/"):
        raise BadInput("images", f"{name[:100]!r} lies outside the manifest's folder", "name files beside or below the manifest")
    if len(resolved.encode()) > LONGEST_KEY_BYTES:
        raise BadInput("images", f"names a key of {len(resolved.encode()):,} bytes", f"OSS takes at most {LONGEST_KEY_BYTES:,}")
    return resolved
