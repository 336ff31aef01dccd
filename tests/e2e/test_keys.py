"""Keys that break pipelines, each through the real event to a hit whose address gives the object back."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import httpx
import oss2
import pytest

from sightline.media.identity import media_id
from tests.laptop import Cloud, wait_until

FOLDER = "uploads/odd/camera/"


def longest() -> str:
    """1,023 bytes, most of them of characters that have three."""
    key = FOLDER + "门" * ((1023 - len(FOLDER) - 4) // 3)
    return key + "x" * (1023 - 4 - len(key.encode())) + ".jpg"


NFC, NFD = (unicodedata.normalize(form, "caffè.jpg") for form in ("NFC", "NFD"))

KEYS = {
    "space": FOLDER + "a b.jpg",
    "spaces-around": FOLDER + " a .jpg",
    "folder-ends-in-space": "uploads/odd/camera /x.jpg",
    "plus": FOLDER + "a+b.jpg",
    "plus-and-space": FOLDER + "a+b c.jpg",
    "encoded-slash": FOLDER + "a%2Fb.jpg",
    "encoded-percent": FOLDER + "a%25b.jpg",
    "encoded-twice": FOLDER + "a%252Fb.jpg",
    "encoded-space": FOLDER + "a%20b.jpg",
    "broken-encoding": FOLDER + "100%.jpg",
    "query": FOLDER + "a&b=c?d#e;f.jpg",
    "chinese": FOLDER + "门口 的 人.jpg",
    "emoji": FOLDER + "📹👨‍👩‍👧.jpg",
    "nfc": FOLDER + NFC,
    "nfd": FOLDER + NFD,
    "longest": longest(),
    "dot-dot": FOLDER + "../x.jpg",
    "dot": FOLDER + "./x.jpg",
    "two-slashes": FOLDER + "/x.jpg",
    "backslash": FOLDER + "a\\b.jpg",
    "quotes": FOLDER + "'\"<script>.jpg",
    "dollar": FOLDER + "$HOME`id`|;.jpg",
    "device-too-long": f"uploads/odd/{'camera' * 6}/x.jpg",
    "device-of-other-letters": "uploads/odd/大门 (前)/x.jpg",
    "device-of-signs": "uploads/odd/%2F../x.jpg",
}


@pytest.fixture(scope="module")
def image(clips: dict[str, Path]) -> bytes:
    return (clips["entrance-visit"] / "2.jpg").read_bytes()


@pytest.fixture(scope="module")
def hits(cloud: Cloud, image: bytes) -> dict[str, str]:
    """All of them uploaded; what is found, by key, with the address of each."""
    for key in KEYS.values():
        cloud.bucket().put_object(key, image)
    cloud.wait(*KEYS.values())
    return {hit["key"]: hit["media_url"] for hit in cloud.search("a person", "odd", page_size=50)["hits"]}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_of_any_kind_leads_to_its_media(cloud: Cloud, hits: dict[str, str], image: bytes, name: str) -> None:
    key = KEYS[name]
    assert cloud.story(key).stage == "searchable", cloud.story(key)
    assert httpx.get(hits[key], trust_env=False).content == image


def test_nothing_else_is_found_among_them(hits: dict[str, str]) -> None:
    assert set(hits) == set(KEYS.values())
    assert NFC != NFD
    assert len(longest().encode()) == 1023


def test_each_device_has_a_legal_id_of_its_own(cloud: Cloud, hits: dict[str, str]) -> None:
    devices = {hit["key"].split("/")[2]: hit["device"] for hit in cloud.search("a person", "odd", page_size=50)["hits"]}
    assert len(set(devices.values())) == len(devices)
    assert all(device.isascii() and 0 < len(device) <= 32 for device in devices.values()), devices


def test_a_deleted_key_of_any_kind_is_no_longer_found(cloud: Cloud, image: bytes) -> None:
    keys = [key.replace("/odd/", "/gone/") for name, key in KEYS.items() if name in ("plus", "encoded-twice", "emoji", "nfd", "dot-dot")]
    for key in keys:
        cloud.bucket().put_object(key, image)
    cloud.wait(*keys)
    assert cloud.search("a person", "gone")["total"] == len(keys)
    for key in keys:
        cloud.bucket().delete_object(key)
    wait_until(lambda: cloud.search("a person", "gone")["total"] == 0, 30)


def test_a_trailing_space_is_part_of_the_extension(cloud: Cloud, image: bytes) -> None:
    key = FOLDER + "x.jpg "
    cloud.bucket().put_object(key, image)
    (story,) = cloud.wait(key)
    assert (story.stage, "extension" in story.reason) == ("refused", True)


@pytest.mark.parametrize("key", ["/uploads/odd/camera/x.jpg", "\\uploads/odd/camera/x.jpg"])
def test_a_leading_slash_is_refused_by_oss_itself(cloud: Cloud, image: bytes, key: str) -> None:
    """Naming rules of OSS objects: a name may begin with neither."""
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        cloud.bucket().put_object(key, image)
    assert (raised.value.status, raised.value.code) == (400, "InvalidObjectName")
    running = cloud.clients.running
    assert cloud.clients.ledger().read(media_id(running.media_bucket, key)).story.stage == "unknown"


@pytest.mark.parametrize("namespace", ["x" * 65, "a\tb"])
def test_a_namespace_that_nobody_could_search_is_refused_with_its_reason(cloud: Cloud, image: bytes, namespace: str) -> None:
    key = f"uploads/{namespace}/camera/x.jpg"
    cloud.bucket().put_object(key, image)
    (story,) = cloud.wait(key)
    assert (story.stage, "namespace" in story.reason) == ("refused", True)
