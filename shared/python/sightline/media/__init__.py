"""What was uploaded, and what its key says of it."""

from sightline.media.admission import Admitted, Ignored, Refused, admit
from sightline.media.identity import media_id
from sightline.media.layout import KeyLayout, Origin
from sightline.media.manifest import Manifest, parse_manifest
from sightline.media.types import Media, MediaKind

__all__ = [
    "Admitted",
    "Ignored",
    "KeyLayout",
    "Manifest",
    "Media",
    "MediaKind",
    "Origin",
    "Refused",
    "admit",
    "media_id",
    "parse_manifest",
]
