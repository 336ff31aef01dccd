"""The key layout: `uploads/<namespace>/<device>/<anything>`, with a time anywhere after the namespace.

uploads/home/front_door/2026-11-21T08-15-30Z.mp4   namespace home, device front_door, filmed at 08:15:30 UTC
uploads/home/20261121_081530_clip.mp4              namespace home, no device, filmed at 08:15:30 where the camera is
uploads/clip.mp4                                   the default namespace, no device
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from sightline.media.namespaces import normal_namespace
from sightline.media.times import time_in
from sightline.media.zones import CameraZones
from sightline.value import Value

# vlEventDescParams.deviceId: at most 32 letters, digits, underscores and hyphens (IPC content understanding guide).
_LONGEST_DEVICE = 32


class Origin(Value):
    """What a key tells: `time` is None where it names none."""

    namespace: str
    device: str | None
    time: datetime | None


class KeyLayout(Value):
    prefix: str
    default_namespace: str
    zones: CameraZones = CameraZones()

    def covers(self, key: str) -> bool:
        return key.startswith(self.prefix)

    def origin(self, key: str) -> Origin:
        *folders, name = key[len(self.prefix) :].split("/")
        folders = [folder for folder in folders if folder]
        namespace = normal_namespace(folders[0]) if folders else self.default_namespace
        device = folders[1] if len(folders) > 1 and not folders[1].endswith(SEQUENCE_FOLDER) else ""
        time = time_in("/".join([*folders[1:], name]), self.zones.of(namespace, device))
        return Origin(namespace, _legal_device(device) if device else None, time)


SEQUENCE_FOLDER = ".event"


def is_sequence_part(key: str) -> bool:
    """Whether the key lies in a folder called `<anything>.event`: its images are parts of a sequence, and only its manifest is a media."""
    folders = key.split("/")[:-1]
    return any(folder.endswith(SEQUENCE_FOLDER) for folder in folders) and not key.endswith("/manifest.json")


def _legal_device(name: str) -> str:
    """The name itself where IMS takes it, else the legal part of it with a hash of the whole, so that two cameras stay two."""
    if len(name) <= _LONGEST_DEVICE and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum():
        return name
    legal = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:23]
    return f"{legal}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")
