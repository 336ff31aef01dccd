"""What nobody should upload, and does: each ends in a clear state that names the cause, and no neighbour suffers."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from sightline.ledger.story import Stage
from tests.laptop import Cloud


def bomb(side: int = 10_001) -> bytes:
    """A PNG of 100 million pixels and a few kilobytes: one bit a pixel, all of them black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


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
