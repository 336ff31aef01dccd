"""What was uploaded, and what its key says of it."""

from sightline.media.admission import Admitted, Ignored, Refused, admit
from sightline.media.identity import media_id
from sightline.media.layout import LONGEST_NAMESPACE, KeyLayout, Origin, namespace_problem
from sightline.media.manifest import Manifest, parse_manifest
from sightline.media.types import Media, MediaKind
from sightline.media.zones import CameraZones, parse_zones

__all__ = [
    "LONGEST_NAMESPACE",
    "Admitted",
    "CameraZones",
    "Ignored",
    "KeyLayout",
    "Manifest",
    "Media",
    "MediaKind",
    "Origin",
    "Refused",
    "admit",
    "media_id",
    "namespace_problem",
    "parse_manifest",
    "parse_zones",
]
