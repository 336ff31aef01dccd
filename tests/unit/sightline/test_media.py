"""Keys, kinds and admission."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sightline.clock import to_iso
from sightline.errors import BadSetting
from sightline.media.admission import Admitted, Ignored, Refused, SizeLimits, admit
from sightline.media.identity import media_id
from sightline.media.layout import KeyLayout, Origin
from sightline.media.zones import parse_zones
from tests.fakes.sightline import START

LAYOUT = KeyLayout("uploads/", "default")
LIMITS = SizeLimits(image_bytes=1000, video_bytes=5000)


def judge(key: str, size: int = 100) -> Admitted | Refused | Ignored:
    return admit("media", key, "E", size, START, LAYOUT, LIMITS)


@pytest.mark.parametrize(
    ("key", "origin"),
    [
        ("uploads/clip.mp4", Origin("default", None, None)),
        ("uploads/home/clip.mp4", Origin("home", None, None)),
        ("uploads/home/door/clip.mp4", Origin("home", "door", None)),
        ("uploads/home/door/2026-11-21T08-15-30.mp4", Origin("home", "door", datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc))),
        ("uploads/home/20261121_081530_a.mp4", Origin("home", None, datetime(2026, 11, 21, 8, 15, 30, tzinfo=timezone.utc))),
        ("uploads/home/door/2026-13-41T99-99-99.mp4", Origin("home", "door", None)),
        ("uploads/家/门.mp4", Origin("家", None, None)),
        ("uploads//door//clip.mp4", Origin("door", None, None)),
        ("uploads/home/evening.event/manifest.json", Origin("home", None, None)),
    ],
)
def test_a_key_tells_where_a_media_is_from(key: str, origin: Origin) -> None:
    assert LAYOUT.origin(key) == origin


@pytest.mark.parametrize("name", ["front door", "门口", "x" * 40, "a/b".replace("/", "%2F"), "."])
def test_a_device_name_is_made_legal_and_stays_distinct(name: str) -> None:
    """Source of the rule: vlEventDescParams.deviceId of the IPC content understanding guide."""
    device = LAYOUT.origin(f"uploads/home/{name}/clip.mp4").device
    other = LAYOUT.origin(f"uploads/home/{name}!/clip.mp4").device
    assert device
    assert len(device) <= 32
    assert all(character.isascii() and (character.isalnum() or character in "_-") for character in device)
    assert device != other


@pytest.mark.parametrize(("key", "kind"), [("uploads/a.JPG", "image"), ("uploads/a.mov", "video"), ("uploads/x/manifest.json", "sequence")])
def test_the_kind_is_told_by_the_extension(key: str, kind: str) -> None:
    verdict = judge(key)
    assert isinstance(verdict, Admitted)
    assert verdict.media.kind == kind


@pytest.mark.parametrize("key", ["other/a.mp4", "uploads/folder/", "uploads/home/a.event/1.jpg"])
def test_some_objects_are_nobody_s_media(key: str) -> None:
    assert isinstance(judge(key), Ignored)


@pytest.mark.parametrize(
    ("key", "size", "words"),
    [
        ("uploads/a", 1, "extension"),
        ("uploads/a.exe", 1, "extension"),
        ("uploads/a.jpg", 0, "zero bytes"),
        ("uploads/a.jpg", 1001, "1,000"),
    ],
)
def test_a_refusal_names_its_reason(key: str, size: int, words: str) -> None:
    verdict = judge(key, size)
    assert isinstance(verdict, Refused)
    assert words in verdict.reason


def test_a_media_id_belongs_to_bucket_and_key() -> None:
    assert media_id("media", "a") == media_id("media", "a")
    assert len({media_id("media", "a"), media_id("media", "b"), media_id("other", "a")}) == 3
    assert len(media_id("media", "a")) == 32


def filmed(name: str, zone: str = "UTC") -> str | None:
    time = KeyLayout("uploads/", "default", parse_zones(zone, "")).origin(f"uploads/home/door/{name}").time
    return to_iso(time) if time else None


@pytest.mark.parametrize(
    "name",
    [
        "2026-11-21T08-15-30Z.mp4",
        "2026-11-21T08:15:30.250Z.mp4",
        "2026-11-21T161530+0800.mp4",
        "2026-11-21T16:15:30+08:00.mp4",
        "2026-11-21T16-15-30+08-00.mp4",
        "20261121T161530+08.mp4",
        "20261121_161530+0800_clip.mp4",
        "2026-11-21T03-15-30-0500.mp4",
        "20261121T031530-05-00.mp4",
        "2026-11-21 08.15.30.mp4",
        "camera7_20261121081530.mp4",
        "20261121_081530-0001.mp4",
        "20261121_081530-0500.mp4",
        "20261121_081530_+9999.mp4",
        "2026-11-21T08-15-30+0807.mp4",
        "2026-99-99T99-99-99_2026-11-21T08-15-30.mp4",
    ],
)
def test_a_time_is_read_as_cameras_write_it(name: str) -> None:
    """All of them are one moment; an offset that no zone has, or that may be a number of the file, is none."""
    assert filmed(name) in ("2026-11-21T08:15:30.000Z", "2026-11-21T08:15:30.250Z")


@pytest.mark.parametrize("name", ["clip.mp4", "120261121081530.mp4", "202611210815301.mp4", "2026-02-30T10-00-00.mp4", "20261121_0815.mp4"])
def test_digits_that_are_no_time(name: str) -> None:
    assert filmed(name) is None


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("Asia/Shanghai", "2026-11-21T16-15-30", "2026-11-21T08:15:30.000Z"),
        ("Europe/Rome", "2026-07-01T10-00-00", "2026-07-01T08:00:00.000Z"),
        ("Europe/Rome", "2026-12-01T10-00-00", "2026-12-01T09:00:00.000Z"),
        ("Europe/Rome", "2026-10-25T02-30-00", "2026-10-25T00:30:00.000Z"),  # exists twice: 00:30 and 01:30 UTC
        ("Europe/Rome", "2026-03-29T02-30-00", "2026-03-29T01:30:00.000Z"),  # does not exist: it is 03:30 in summer time
        ("Europe/Rome", "2026-10-25T02-30-00Z", "2026-10-25T02:30:00.000Z"),
        ("America/New_York", "2026-11-21T08-15-30+0000", "2026-11-21T08:15:30.000Z"),
    ],
)
def test_a_time_without_a_zone_is_the_camera_s(zone: str, local: str, moment: str) -> None:
    assert filmed(f"{local}.mp4", zone) == moment


def test_each_namespace_and_device_may_have_a_zone_of_its_own() -> None:
    layout = KeyLayout("uploads/", "default", parse_zones("UTC", "home=Asia/Shanghai, lab=Europe/Rome,lab/roof top=America/New_York"))
    hours = {}
    for folder in ("home/door", "lab/door", "lab/roof top", "street/door"):
        time = layout.origin(f"uploads/{folder}/2026-11-21T12-00-00.mp4").time
        assert time is not None
        hours[folder] = time.hour
    assert hours == {"home/door": 4, "lab/door": 11, "lab/roof top": 17, "street/door": 12}


@pytest.mark.parametrize(
    ("general", "special", "field"),
    [
        ("Mars/Olympus", "", "CAMERA_TIME_ZONE"),
        ("", "", "CAMERA_TIME_ZONE"),
        ("../../etc/passwd", "", "CAMERA_TIME_ZONE"),
        ("UTC", "home=Nowhere", "CAMERA_TIME_ZONES"),
        ("UTC", "Asia/Shanghai", "CAMERA_TIME_ZONES"),
        ("UTC", "=Asia/Shanghai", "CAMERA_TIME_ZONES"),
    ],
)
def test_an_unknown_zone_is_named(general: str, special: str, field: str) -> None:
    with pytest.raises(BadSetting) as raised:
        parse_zones(general, special)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("ahead", "believed"),
    [(timedelta(hours=8), True), (timedelta(days=1), True), (timedelta(days=1, seconds=1), False), (timedelta(days=800), False)],
)
def test_a_clip_from_the_future_has_the_time_of_its_upload(ahead: timedelta, believed: bool) -> None:
    told = START + ahead
    verdict = judge(f"uploads/home/door/{told:%Y-%m-%dT%H-%M-%SZ}.mp4")
    assert isinstance(verdict, Admitted)
    assert verdict.media.time == (told if believed else START)


@pytest.mark.parametrize("namespace", ["x" * 64, "家" * 64, "a b", "📹", "NFC é", "客\u3000厅", ".."])
def test_a_namespace_that_can_be_searched_is_taken(namespace: str) -> None:
    verdict = judge(f"uploads/{namespace}/clip.mp4")
    assert isinstance(verdict, Admitted)
    assert verdict.media.namespace == namespace


@pytest.mark.parametrize(
    ("namespace", "words"),
    [
        ("x" * 65, "65 characters"),
        ("a\tb", "nobody can type"),
        ("a\u2028b", "nobody can type"),
        (" home", "a space"),
        ("home ", "a space"),
        (" ", "a space"),
    ],
)
def test_a_namespace_that_nobody_could_search_is_refused(namespace: str, words: str) -> None:
    verdict = judge(f"uploads/{namespace}/clip.mp4")
    assert isinstance(verdict, Refused)
    assert words in verdict.reason
