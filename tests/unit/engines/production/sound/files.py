"""Sound written to files of several kinds, and read back for judging, apart from the code under test."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
"""From -1 to 1: of one dimension where mono, else of shape (channels, samples)."""

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def write_wav(path: Path, sound: Samples, rate: int) -> Path:
    """16 bits, by the standard library."""
    channels = np.atleast_2d(sound)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(np.rint(channels.T * 32768), -32768, 32767).astype("<i2").tobytes())
    return path


def write_encoded(path: Path, sound: Samples, rate: int, codec: str, bit_rate: int = 192_000) -> Path:
    """By PyAV: aac in .mp4, libmp3lame in .mp3, pcm_f32le in .wav."""
    channels = np.atleast_2d(sound).astype(np.float32)
    layout = _LAYOUTS[channels.shape[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if not codec.startswith("pcm"):
            stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.codec_context.format.name, layout=layout, rate=rate)
        for start in range(0, channels.shape[1], 1024):
            piece = np.ascontiguousarray(channels[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate, start
            for converted in resampler.resample(frame):
                container.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return path


def read_wav(path: Path) -> tuple[Samples, int]:
    """Of shape (channels, samples), and the sampling rate. Only 16 bits, which is what is to be written."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return data.reshape(-1, file.getnchannels()).T / 32768.0, file.getframerate()
