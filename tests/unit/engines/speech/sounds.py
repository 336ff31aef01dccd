"""Real media with sound, made by PyAV: tones and silence, alone or under pictures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 44_100


def tone(seconds: float, pitch: float = 440.0, loudness: float = 0.3) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    times = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * pitch * times) * loudness * 32767).astype(np.int16)


def write(path: Path, sound: Sequence[np.ndarray] | None, pictures: float = 0.0, begins: float = 0.0, codec: str = "aac") -> Path:
    """A file of the kind that its name says. `pictures` seconds of grey video; the sound `begins` so many seconds into the media."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10) if pictures else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(codec, rate=RATE, layout="mono") if sound is not None else None
        if video is not None:
            for index in range(int(pictures * 10)):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 100 + index % 20, np.uint8), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 10)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if audio is not None and sound is not None:
            _encode(container, audio, np.concatenate(sound), begins)
    return path


def _encode(container: av.container.OutputContainer, stream: av.AudioStream, samples: np.ndarray, begins: float) -> None:
    step = 1024
    for start in range(0, len(samples), step):
        frame = av.AudioFrame.from_ndarray(samples[start : start + step].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = start + int(begins * RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
