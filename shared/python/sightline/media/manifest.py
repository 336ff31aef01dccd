"""An image sequence: a `manifest.json` that names the images of one event."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.errors import BadInput

# "Object naming conventions" of the OSS documentation.
LONGEST_KEY_BYTES = 1023


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore")

    images: list[str] = Field(min_length=1)


@dataclass(frozen=True)
class Manifest:
    """The keys of the images, in order; same bucket as the manifest."""

    image_keys: tuple[str, ...]


def parse_manifest(key: str, content: bytes, most_images: int) -> Manifest:
    """Read `{"images": ["1.jpg", "2.jpg"]}`; names are relative to the manifest's folder. Raises BadInput."""
    try:
        images = _Document.model_validate_json(content).images
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "manifest.json"
        raise BadInput(field, f"is no manifest ({first['msg']})", 'write {"images": ["1.jpg", "2.jpg"]}') from error
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
