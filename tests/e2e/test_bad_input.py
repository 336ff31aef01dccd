"""What nobody should upload, and does: each ends in a clear state that names the cause, and no neighbour suffers."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import httpx
import pytest

from sightline.ledger import Stage
from tests.laptop import Cloud


def bomb(side: int = 10_001) -> bytes:
    """A PNG of 100 million pixels and a few kilobytes: one bit a pixel, all of them black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture(scope="module")
def good_image(clips: dict[str, Path]) -> bytes:
    return (clips["entrance-visit"] / "2.jpg").read_bytes()


def test_bad_media_end_with_their_reason_and_a_good_neighbour_is_found(cloud: Cloud, clips: dict[str, Path]) -> None:
    clip = clips["street-by-day"].read_bytes()
    cases: dict[str, tuple[bytes, Stage, str]] = {
        "empty.jpg": (b"", "refused", "zero bytes"),
        "notes.jpg": (b"this is a text and no picture at all", "failed", "neither a picture nor a video: the file holds text"),
        "truncated.mp4": (clip[: len(clip) // 3], "failed", ""),
        "bomb.png": (bomb(), "failed", "pixels"),
        "program.exe": (b"MZ", "refused", "extension"),
        "no-extension": (b"?", "refused", "extension"),
        "lost.event/manifest.json": (json.dumps({"images": ["1.jpg"]}).encode(), "failed", "1.jpg is not in the bucket"),
        "broken.event/manifest.json": (b'{"pictures": 5}', "failed", "images"),
        "good.mp4": (clip, "searchable", ""),
    }
    keys = {name: f"uploads/bad/camera/{name}" for name in cases}
    for name, (content, _, _) in cases.items():
        cloud.bucket().put_object(keys[name], content)
    for (name, (_, stage, words)), story in zip(cases.items(), cloud.wait(*keys.values()), strict=True):
        assert story.stage == stage, f"{name}: {story}"
        assert words in story.reason, f"{name}: {story.reason}"
        assert (stage == "searchable") == (story.reason == ""), f"{name}: {story.reason}"
        assert "Signature" not in story.reason
        explained = json.loads(cloud.command("explain", keys[name], "--json").stdout)
        assert explained["reason"] == (story.reason or None)
    assert [hit["key"] for hit in cloud.search("a person in red", "bad")["hits"]] == [keys["good.mp4"]]
    assert list(cloud.clients.ledger().pending()) == []


ODD_NAMES = ["a b.jpg", "a+b.jpg", "a%2Fb.jpg", "a%b&c=d?#.jpg", "门口 的 人.jpg", "📹.jpg", "..", "'\"<script>.jpg"]


def test_keys_of_every_kind_lead_to_their_media(cloud: Cloud, good_image: bytes) -> None:
    folder = "uploads/odd/camera/"
    names = [name if name.endswith(".jpg") else f"{name}/x.jpg" for name in ODD_NAMES]
    longest = folder + "门" * ((1023 - len(folder) - 4) // 3)
    longest += "x" * (1023 - 4 - len(longest.encode())) + ".jpg"
    keys = [*(folder + name for name in names), longest]
    assert len(longest.encode()) == 1023
    for key in keys:
        cloud.bucket().put_object(key, good_image)
    assert {story.stage for story in cloud.wait(*keys)} == {"searchable"}
    hits = cloud.search("a person", "odd", page_size=50)["hits"]
    assert {hit["key"] for hit in hits} == set(keys)
    for hit in hits:
        assert httpx.get(hit["media_url"], trust_env=False).content == good_image, hit["key"]


@pytest.mark.parametrize("query", ["", "   ", "x" * 501, "\x00"])
def test_a_query_that_cannot_be_asked_names_its_field(cloud: Cloud, query: str) -> None:
    problem = cloud.search(query)["error"]
    assert problem["field"] == "q"
    assert problem["fix"]


@pytest.mark.contract("Function Compute, limits of HTTP triggers: path and query at most 4 KB, else 400 InvalidArgument")
def test_a_query_of_10000_characters_does_not_reach_the_function(cloud: Cloud) -> None:
    answer = cloud.search("x" * 10_000)
    assert (answer["Code"], "4096 bytes" in answer["Message"]) == ("InvalidArgument", True)
    assert "4096 bytes" in cloud.command("search", "x" * 10_000, code=1).stderr


@pytest.mark.parametrize("query", ["'; DROP TABLE media; --", '"NEAR(', "* OR *", "<script>alert(1)</script>", "🙂🙂", "the of and"])
def test_a_hostile_query_is_only_a_query(cloud: Cloud, query: str) -> None:
    assert cloud.search(query)["hits"] == []


@pytest.mark.parametrize("text", ['{"events": 5}', '{"events": [{"eventName": "ObjectCreated:PutObject"}]}', "no JSON at all"])
def test_an_event_that_is_none_is_a_dead_letter_and_harms_nobody(cloud: Cloud, tmp_path: Path, text: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(text)
    answer = json.loads(cloud.command("invoke", "submit", "--event", str(event), "--json").stdout)["answer"]
    assert answer["outcomes"][0].startswith("dead: events")
    assert len(answer["letters"]) == 1
