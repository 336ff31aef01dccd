"""How long a media is, from a few pieces of it: files of PyAV's, and files that somebody made to keep the reader busy."""

from __future__ import annotations

import io
import struct
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.credentials import Credentials
from sightline.host import Host
from sightline.http import Connections
from sightline.media.duration import MOST_WINDOWS, WINDOW_BYTES, duration
from sightline.store.oss import OssBucket
from tests.fakes.sightline import FakeBucket
from tests.laptop import Cloud

FPS, FRAMES = 10, 25


class Counting(FakeBucket):
    """Keeps how much was asked of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__("media", lambda: datetime(2026, 11, 21, tzinfo=timezone.utc))
        self.put("key", content)
        self.asked: list[int] = []

    def part(self, key: str, start: int, most: int) -> bytes | None:
        self.asked.append(most)
        return super().part(key, start, most)


def seconds_of(content: bytes) -> float | None:
    """And sees that no more than was promised is read."""
    bucket = Counting(content)
    told = duration(bucket, "key", len(content))
    assert len(bucket.asked) <= MOST_WINDOWS
    assert sum(bucket.asked) <= MOST_WINDOWS * WINDOW_BYTES < 1 << 20
    return told


def film(container_format: str, **options: str) -> bytes:
    """2.5 s of noise, which does not compress well: larger than a window."""
    noise = np.random.default_rng(1)
    with TemporaryDirectory() as folder:
        return _written(Path(folder, "film"), noise, container_format, options)


def _written(file: Path, noise: np.random.Generator, container_format: str, options: dict[str, str]) -> bytes:
    with av.open(str(file), "w", format=container_format, options=options) as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 4_000_000
        for _ in range(FRAMES):
            image = noise.integers(0, 255, (240, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return file.read_bytes()


def sound(container_format: str, codec: str, seconds: float) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=8000, layout="mono")
        samples = np.zeros((1, int(8000 * seconds)), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.mark.parametrize("container_format", ["mp4", "mov"])
@pytest.mark.parametrize("movflags", ["", "faststart"])
def test_films_tell_their_length_at_either_end(container_format: str, movflags: str) -> None:
    content = film(container_format, **({"movflags": movflags} if movflags else {}))
    assert len(content) > 2 * WINDOW_BYTES
    assert (content.index(b"moov") < content.index(b"mdat")) == bool(movflags)
    assert seconds_of(content) == pytest.approx(FRAMES / FPS, abs=0.01)


def test_it_is_cheap() -> None:
    bucket = Counting(film("mp4"))
    assert duration(bucket, "key", len(bucket.contents["key"])) is not None
    assert len(bucket.asked) == 2


@pytest.mark.parametrize("movflags", ["frag_keyframe+empty_moov", "frag_keyframe", "frag_keyframe+empty_moov+delay_moov"])
def test_of_a_fragmented_film_it_is_not_known(movflags: str) -> None:
    assert seconds_of(film("mp4", movflags=movflags)) is None


@pytest.mark.parametrize("container_format", ["mpegts", "matroska", "avi"])
def test_of_other_films_it_is_not_known(container_format: str) -> None:
    assert seconds_of(film(container_format)) is None


@pytest.mark.parametrize(("container_format", "codec"), [("wav", "pcm_s16le"), ("wav", "pcm_mulaw")])
def test_sound(container_format: str, codec: str) -> None:
    assert seconds_of(sound(container_format, codec, 3.25)) == pytest.approx(3.25, abs=0.001)


def test_sound_whose_recorder_wrote_no_length() -> None:
    whole = sound("wav", "pcm_s16le", 3.25)
    at = whole.index(b"data") + 4
    for written in (0, 0xFFFFFFFF, 0xFFFFFF00):
        assert seconds_of(whole[:at] + struct.pack("<I", written) + whole[at + 4 :]) == pytest.approx(3.25, abs=0.001)
    assert seconds_of(whole[: at + 4 + 16000]) == pytest.approx(1.0)
    assert seconds_of(b"RF64" + whole[4:]) == pytest.approx(3.25, abs=0.001)


def box(kind: bytes, content: bytes, long: bool = False) -> bytes:
    if long:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


def header(timescale: int, length: int, version: int = 0) -> bytes:
    times = struct.pack(">QQIQ" if version else ">IIII", 0, 0, timescale, length)
    return box(b"mvhd", bytes([version, 0, 0, 0]) + times + bytes(80))


FILE_TYPE = box(b"ftyp", b"isom\0\0\0\0")


@pytest.mark.parametrize(
    ("movie", "seconds"),
    [
        (header(1000, 5500), 5.5),
        (header(1000, 2**33, version=1), None),
        (header(90_000, 90_000 * 7200, version=1), 7200.0),
        (header(0, 5500), None),
        (header(1000, 0), None),
        (header(1000, 0xFFFFFFFF), None),
        (header(1000, 0xFFFFFFFFFFFFFFFF, version=1), None),
        (header(1000, 5500) + box(b"mvex", b""), None),
        (box(b"mvex", b"") + header(1000, 5500), None),
        (box(b"trak", b"mvhd" * 9), None),
        (box(b"cmov", b""), None),
        (b"", None),
        (box(b"trak", bytes(200_000)) + header(1000, 5500), 5.5),
    ],
)
def test_what_a_movie_box_says(movie: bytes, seconds: float | None) -> None:
    for long in (False, True):
        for before in (b"", box(b"mdat", bytes(300_000), long=long)):
            assert seconds_of(FILE_TYPE + before + box(b"moov", movie, long)) == seconds


def test_the_last_box_may_have_no_size() -> None:
    assert seconds_of(FILE_TYPE + struct.pack(">I4s", 0, b"moov") + header(1000, 5500)) == 5.5
    assert seconds_of(FILE_TYPE + struct.pack(">I4s", 0, b"mdat") + bytes(5000)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 11,
        FILE_TYPE,
        FILE_TYPE[:-1],
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 100_000,
        b"RIFF\0\0\0\0WAVEdata\0\1\0\0" + bytes(256),
        b"RIFF\0\0\0\0AVI " + bytes(999),
        FILE_TYPE + box(b"free", b"") * 100_000,
        FILE_TYPE + box(b"free", bytes(70_000)) * 50,
        FILE_TYPE + struct.pack(">I4s", 7, b"free") * 99,
        FILE_TYPE + struct.pack(">I4sQ", 1, b"free", 15) * 99,
        FILE_TYPE + struct.pack(">I4sQ", 1, b"mdat", 2**64 - 1) + bytes(999),
        FILE_TYPE + box(b"moov", box(b"trak", b"") * 100_000 + header(1000, 5500)),
        FILE_TYPE + struct.pack(">I4s", 2**31, b"moov") + header(1000, 5500)[:20],
    ],
    ids=range(15),
)
def test_broken_and_hostile_files_end_in_nothing(content: bytes) -> None:
    assert seconds_of(content) is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=400), st.sampled_from([b"", FILE_TYPE, b"RIFF\0\0\0\0WAVE", FILE_TYPE + struct.pack(">I4s", 300, b"moov")]))
def test_whatever_comes_it_answers(content: bytes, start: bytes) -> None:
    told = seconds_of(start + content)
    assert told is None or 0 <= told < 864_001


def test_an_object_that_is_gone_or_became_shorter() -> None:
    content = film("mp4")
    bucket = Counting(content[: len(content) // 2])
    assert duration(bucket, "key", len(content)) is None
    assert duration(bucket, "gone", len(content)) is None


def test_a_part_of_an_object_of_oss(cloud: Cloud) -> None:
    assert cloud.running is not None
    running, network = cloud.running, Connections()
    key = Credentials(running.access_key_id, running.access_key_secret)
    bucket = OssBucket(Host(network), lambda: key, running.region, running.endpoint, running.state_bucket)
    try:
        bucket.put("test/part", b"0123456789")
        bucket.put("test/empty", b"")
        assert [bucket.part("test/part", start, 4) for start in (0, 3, 8, 9, 10, 99)] == [b"0123", b"3456", b"89", b"9", b"", b""]
        assert bucket.part("test/part", 0, 99) == b"0123456789"
        assert bucket.part("test/empty", 0, 4) == b""
        assert bucket.part("test/gone", 0, 4) is None
        bucket.put("test/film.mp4", film("mp4"))
        size = bucket.head("test/film.mp4")
        assert size is not None
        assert duration(bucket, "test/film.mp4", size.size) == pytest.approx(FRAMES / FPS, abs=0.01)
    finally:
        network.close()
