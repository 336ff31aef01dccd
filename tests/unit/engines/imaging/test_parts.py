"""Parts of videos: frame for frame what the whole video shows there, whatever its frames refer to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.imaging.video import shown
from tests.unit.engines.production.clips import sliding

_FPS, _FRAMES = 10, 90
_CODECS = {
    "closed groups": ("mp4", "libx264", {"x264-params": "keyint=12:bframes=3:b-pyramid=normal:scenecut=0"}),
    "open groups": ("mp4", "libx264", {"x264-params": "keyint=12:bframes=3:open-gop=1:scenecut=0"}),
    "one group": ("mp4", "libx264", {"x264-params": "keyint=infinite:bframes=3"}),
    "HEVC": ("mkv", "libx265", {"preset": "ultrafast", "x265-params": "keyint=12:bframes=3:open-gop=1:temporal-layers=3:log-level=none"}),
    "VP9": ("webm", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "12"}),
    "MPEG-4": ("avi", "mpeg4", {"g": "12", "bf": "2"}),
    "a transport stream": ("ts", "libx264", {"x264-params": "keyint=12:bframes=3:open-gop=1:scenecut=0"}),
    "only key frames": ("mkv", "mjpeg", {}),
}
_PARTS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((2.5, 3.1), (6.0, 6.2)),
    ((1.2, 1.3), (2.4, 2.5), (8.8, 60.0)),
    ((0.0, 0.3), (6.5, 7.0)),
    ((4.75, 4.85), (5.0, 5.9)),
    ((3.3, 3.6), (3.6, 4.8), (7.15, 7.25)),
)


def written(path: Path, codec: str, options: dict[str, str]) -> Path:
    view = sliding(160, 96, 40)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=_FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(_FRAMES):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(view(number / _FPS), format="bgr24")))
        container.mux(stream.encode())
    return path


def light(frame: Any) -> Any:
    return frame.to_ndarray(format="gray").copy()


@pytest.mark.parametrize("name", _CODECS)
def test_the_frames_of_parts_are_those_of_the_whole(name: str, tmp_path: Path) -> None:
    ending, codec, options = _CODECS[name]
    path = written(tmp_path / f"film.{ending}", codec, options)
    whole = [(time, light(frame)) for time, frame in shown(path)]
    assert len(whole) == _FRAMES
    for parts in _PARTS:
        wanted = [each for each in whole if any(start <= each[0] + 1e-6 < end for start, end in parts)]
        found = [(time, light(frame)) for time, frame in shown(path, parts=parts)]
        assert [time for time, _ in found] == pytest.approx([time for time, _ in wanted], abs=1e-6)
        assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(found, wanted, strict=True))
