"""What was uploaded, and what its key says of it."""

from sightline.media.admission import Admitted, Ignored, Refused, admit
from sightline.media.identity import is_media_id, media_id
from sightline.media.layout import LONGEST_NAMESPACE, KeyLayout, Origin, namespace_problem, normal_namespace
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
    "is_media_id",
    "media_id",
    "namespace_problem",
    "normal_namespace",
    "parse_manifest",
    "parse_zones",
]
