"""Which uploads are media, decided from the key and the size alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sightline.media.identity import media_id
from sightline.media.layout import KeyLayout, is_sequence_part
from sightline.media.namespaces import namespace_problem
from sightline.media.types import Media, MediaKind
from sightline.value import Value

# Formats of the smart tag documentation (MPS, "supported formats"), and m3u8 from the IPC guide's sample.
IMAGES = frozenset({"jpg", "jpeg", "png"})
VIDEOS = frozenset({"avi", "flv", "mkv", "mpg", "mp4", "ts", "mov", "mxf", "m3u8"})
# What the production functions of sound take or give; which of them a service reads is the service's to say.
SOUNDS = frozenset({"wav", "mp3", "m4a", "aac", "flac"})
# A zone that nobody set makes up to 14 hours; what is further ahead is a wrong clock.
MOST_AHEAD = timedelta(days=1)


class SizeLimits(Value):
    image_bytes: int
    video_bytes: int


class Admitted(Value):
    media: Media


class Refused(Value):
    """No media, for a reason that whoever uploaded it should read."""

    reason: str


class Ignored(Value):
    """Nothing that anybody meant as a media."""

    reason: str


def admit(
    bucket: str, key: str, etag: str, size: int, uploaded: datetime, layout: KeyLayout, limits: SizeLimits
) -> Admitted | Refused | Ignored:
    if not layout.covers(key):
        return Ignored(f"the key is not under {layout.prefix}")
    if key.endswith("/"):
        return Ignored("a directory marker")
    if is_sequence_part(key):
        return Ignored("a part of an image sequence; its manifest.json is the media")
    kind = _kind(key)
    if kind is None:
        return Refused(
            f"the extension is none of {', '.join(sorted(IMAGES | VIDEOS | SOUNDS))}; convert the file, or name a sequence manifest.json"
        )
    if size == 0:
        return Refused("the object has zero bytes; upload it again")
    most = limits.video_bytes if kind in ("video", "audio") else limits.image_bytes
    if size > most:
        return Refused(f"the object has {size:,} bytes and a {kind} may have {most:,}; upload a smaller one")
    origin = layout.origin(key)
    problem = namespace_problem(origin.namespace)
    if problem is not None:
        return Refused(f"the namespace, which is the first folder below {layout.prefix}, {problem}; name the folder otherwise")
    filmed = _filmed(origin.time, uploaded)
    return Admitted(Media(media_id(bucket, key), bucket, key, etag, size, kind, origin.namespace, origin.device, filmed))


def _filmed(told: datetime | None, uploaded: datetime) -> datetime:
    """The time of the upload stands in for a time that the key does not name, or that a wrong clock wrote there."""
    return uploaded if told is None or told > uploaded + MOST_AHEAD else told


def _kind(key: str) -> MediaKind | None:
    name = key.rpartition("/")[2]
    if name == "manifest.json":
        return "sequence"
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in IMAGES:
        return "image"
    if extension in SOUNDS:
        return "audio"
    return "video" if extension in VIDEOS else None
