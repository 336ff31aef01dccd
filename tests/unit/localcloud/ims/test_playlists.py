"""HLS playlists as inputs. Sources: RFC 8216, sections 4.3.2 to 4.3.4."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.ims.inputs import InputError, InputLimits, Inputs
from localcloud.ims.playlists import UnusablePlaylist, address_of, parse
from localcloud.network import Reach
from tests.contract.ims.cloud import FakeObjects, Website

MEDIA = "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:2.0,\none.ts\n#EXTINF:2.0,\n{second}\n#EXT-X-ENDLIST\n"
MASTER = (
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS="a,b"\nlow.m3u8\n#EXT-X-STREAM-INF:CODECS="a,b",BANDWIDTH=900\nhigh/list.m3u8?a=1\n'
)


@pytest.fixture
def website() -> Iterator[Website]:
    made = Website()
    yield made
    made.stop()


@pytest.fixture
def objects(tmp_path: Path) -> FakeObjects:
    return FakeObjects(tmp_path / "objects")


@pytest.fixture
def fetching(tmp_path: Path, objects: FakeObjects, website: Website) -> Iterator[Inputs]:
    limits = InputLimits(bytes=400)
    made = Inputs(objects, tmp_path / "scratch", limits, threading.Event(), Reach(own=lambda: website.address))
    yield made
    made.close()


def fetch(fetching: Inputs, address: str) -> bytes:
    with fetching.files([address]) as files:
        return files[0].read_bytes()


def test_segments_are_joined(fetching: Inputs, website: Website) -> None:
    website.put("a/one.ts", b"1")
    website.put("two.ts", b"2")
    assert fetch(fetching, website.put("a/list.m3u8", MEDIA.format(second="../two.ts"))) == b"12"


def test_the_best_variant_is_taken(fetching: Inputs, website: Website) -> None:
    website.put("high/one.ts", b"1")
    website.put("high/two.ts", b"2")
    website.put("high/list.m3u8", MEDIA.format(second="two.ts"))
    assert fetch(fetching, website.put("master.m3u8", MASTER)) == b"12"
    website.put("high/list.m3u8", MASTER)
    with pytest.raises(InputError, match="lists of variants"):
        fetch(fetching, f"{website.address}/master.m3u8")


def test_segments_of_a_bucket(fetching: Inputs, objects: FakeObjects) -> None:
    objects.add("a/one.ts", b"1")
    objects.add("two.ts", b"2")
    address = objects.add("a/list.m3u8", MEDIA.format(second="../two.ts").encode())
    assert fetch(fetching, address) == b"12"
    stored = objects.find("media", "a/list.m3u8")
    assert stored is not None
    assert stored.path.read_bytes().startswith(b"#EXTM3U")


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ("file:///etc/passwd", "neither http nor https"),
        ("oss://media/private", "neither http nor https"),
        ("http://100.100.100.200/latest", "metadata"),
        ("http://127.0.0.1:1/a", "this machine"),
        ("missing.ts", "HTTP 404"),
        ("large.ts", "larger than 400 bytes"),
    ],
)
def test_segments_obey_the_rules_of_inputs(fetching: Inputs, objects: FakeObjects, website: Website, second: str, why: str) -> None:
    objects.add("private", b"secret")
    website.put("one.ts", b"1")
    website.put("large.ts", b"2" * 400)
    with pytest.raises(InputError, match=why):
        fetch(fetching, website.put("list.m3u8", MEDIA.format(second=second)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#EXTM3U\n", "no segments"),
        ('#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\na.ts\n', "encrypted"),
        ("#EXTM3U\n#EXT-X-BYTERANGE:10@0\na.ts\n", "parts of files"),
        ('#EXTM3U\n#EXT-X-MAP:URI="i.mp4"\na.m4s\n#EXT-X-MAP:URI="j.mp4"\nb.m4s\n', "changes on the way"),
        ("#EXTM3U\n" + "a.ts\n" * 5001, "more than"),
    ],
)
def test_playlists_that_can_not_be_joined(text: str, why: str) -> None:
    with pytest.raises(UnusablePlaylist, match=why):
        parse(text)


def test_an_initialisation_section_comes_first() -> None:
    text = '#EXTM3U\n#EXT-X-KEY:METHOD=NONE\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:1,\na.m4s\n'
    assert parse(text).segments == ("init.mp4", "a.m4s")


def test_no_reference_leaves_its_bucket() -> None:
    assert address_of("oss://media/a/list.m3u8", "../../../other/key") == "oss://media/other/key"
