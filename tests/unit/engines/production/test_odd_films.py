"""Films as they should not be, given to each function that makes pictures or a film of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from engines.imaging import Image, UnreadableMedia
from engines.production.beauty import beautify
from engines.production.covers import pick_covers
from engines.production.portrait import to_portrait
from engines.production.summary import summarise
from engines.production.types import Produced
from tests.unit.engines.production.clips import psnr, seen, sliding, steady, write_clip

Function = Callable[[Path, Path], Produced]


def smoothed(source: Path, folder: Path) -> Produced:
    return beautify(source, folder, smooth=50)


@pytest.fixture(params=[pick_covers, summarise, to_portrait, smoothed], ids=lambda each: each.__name__)
def function(request: pytest.FixtureRequest) -> Function:
    chosen: Function = request.param
    return chosen


def clip(path: Path, seconds: float = 3) -> Path:
    return write_clip(path, steady(seconds, 10, sliding(160, 90, 40)))


def test_sound_alone(tmp_path: Path, function: Function) -> None:
    source = tmp_path / "sound.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(UnreadableMedia, match="no video stream, only sound"):
        function(source, tmp_path)


def test_no_frame_that_can_be_decoded(tmp_path: Path, function: Function) -> None:
    source = clip(tmp_path / "zeroed.mp4")
    held = bytearray(source.read_bytes())
    begin = held.index(b"mdat") + 4
    end = held.index(b"moov") - 4
    held[begin:end] = bytes(end - begin)
    source.write_bytes(held)
    with pytest.raises(UnreadableMedia, match="no frame of the video can be decoded"):
        function(source, tmp_path)


def test_an_upload_that_was_cut_short(tmp_path: Path, function: Function) -> None:
    source = clip(tmp_path / "short.mp4")
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(UnreadableMedia, match=r"no index \(moov\)"):
        function(source, tmp_path)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UnreadableMedia, match="empty"):
        function(tmp_path / "empty.mp4", tmp_path)


def test_a_recording_that_breaks_off(tmp_path: Path, function: Function) -> None:
    # Matroska needs no index: what was written before the power went is there.
    source = clip(tmp_path / "broken.mkv", seconds=8)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    assert all(output.path.stat().st_size for output in function(source, tmp_path).outputs)


@pytest.mark.parametrize("name", ["stream.h264", "broadcast.ts", "old.avi"])
def test_containers_without_times_with_late_times_and_with_none_at_all(tmp_path: Path, function: Function, name: str) -> None:
    source = clip(tmp_path / name) if name != "old.avi" else _mpeg4(tmp_path / name)
    made = function(source, tmp_path)
    assert made.outputs
    view = sliding(160, 90, 40)
    for output, told in zip(made.outputs, made.findings.get("covers", ()), strict=bool(made.findings.get("covers"))):
        (_, picture), *_ = seen(output.path)
        # A bare stream has no rate; any frame of the clip will do there.
        times = np.arange(0, 3, 0.1) if name == "stream.h264" else [told["milliseconds"] / 1000]
        assert max(psnr(picture, view(float(time))) for time in times) > 28


def _mpeg4(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.bit_rate = 4_000_000
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for _, image in steady(3, 10, sliding(160, 90, 40)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path


def test_a_film_that_changes_its_size(tmp_path: Path, function: Function) -> None:
    # GIVEN a broadcast that goes from one size to another: two transport streams, one behind the other
    first = clip(tmp_path / "first.ts", 2)
    second = write_clip(tmp_path / "second.ts", ((2 + time, image) for time, image in steady(2, 10, sliding(320, 240, 40))))
    source = tmp_path / "both.ts"
    source.write_bytes(first.read_bytes() + second.read_bytes())
    assert all(output.path.stat().st_size for output in function(source, tmp_path).outputs)


def test_black_frames_and_a_flat_colour(tmp_path: Path, function: Function) -> None:
    def picture(time: float) -> Image:
        return np.full((90, 160, 3), 0 if time < 1 else (200, 60, 30), np.uint8)

    assert function(write_clip(tmp_path / "flat.mp4", steady(2, 10, picture)), tmp_path).outputs
