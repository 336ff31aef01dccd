"""Where cameras are, as far as their clocks go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone, tzinfo
from types import MappingProxyType

from sightline.errors import BadSetting
from sightline.value import Value

_FIX = "use an IANA name such as Asia/Shanghai or Europe/Rome; a machine without a time zone database needs the package tzdata"


class CameraZones(Value):
    """`general` unless there is one for `namespace/device`, or for `namespace`."""

    general: tzinfo = timezone.utc
    special: Mapping[str, tzinfo] = MappingProxyType({})

    def of(self, namespace: str, device_folder: str) -> tzinfo:
        """`device_folder` as it stands in the key."""
        return self.special.get(f"{namespace}/{device_folder}") or self.special.get(namespace) or self.general


def parse_zones(general: str, special: str) -> CameraZones:
    """From the settings CAMERA_TIME_ZONE and CAMERA_TIME_ZONES (`home=Asia/Shanghai,lab/door=Europe/Rome`). Raises BadSetting."""
    found = {}
    for entry in filter(None, (part.strip() for part in special.split(","))):
        name, equals, zone = (part.strip() for part in entry.rpartition("="))
        if not equals or not name:
            raise BadSetting("CAMERA_TIME_ZONES", f"{entry!r} names no namespace", "write home=Asia/Shanghai,lab/door=Europe/Rome")
        found[name] = _zone("CAMERA_TIME_ZONES", zone)
    return CameraZones(_zone("CAMERA_TIME_ZONE", general), found)


def _zone(setting: str, name: str) -> tzinfo:
    if name == "UTC":
        return timezone.utc  # needs no time zone database
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSetting(setting, f"{name!r} is no time zone that is known here", _FIX) from error
