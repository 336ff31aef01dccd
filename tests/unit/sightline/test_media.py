"""Keys, kinds and admission."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from sightline.media import Admitted, Ignored, KeyLayout, Origin, Refused, admit, media_id
from sightline.media.admission import SizeLimits
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
