"""The sound of a file, decoded by PyAV block by block, as float32 from -1 to 1 of shape (channels, samples)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
import numpy.typing as npt

from engines.imaging.video import decoded, opened_container
from engines.production.types import Unfit

Sound: TypeAlias = npt.NDArray[np.float32]

INPUT = "Input.Media"
_GAP = 0.2
"""Seconds by which timestamps may jump before silence fills the gap: less is the rounding of a container."""
_LONGEST_GAP = 4 * 3600.0
"""A timestamp may lie: no more silence is made up."""
_REAL_FORMATS = ("flt", "fltp", "dbl", "dblp")
_HALF_POWER = 0.5**0.5
_STEREO = {
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "LFE": (0.0, 0.0),
    "SL": (_HALF_POWER, 0.0),
    "SR": (0.0, _HALF_POWER),
    "BL": (_HALF_POWER, 0.0),
    "BR": (0.0, _HALF_POWER),
}
"""What left and right get of each channel, after ITU-R BS.775, which leaves out the subwoofer's."""


@dataclass(frozen=True)
class Track:
    """What the sound of a file is; `rate` in hertz, `channels` by ffmpeg's names, `seconds` where the container says."""

    rate: int
    channels: tuple[str, ...]
    codec: str
    container: str
    sample_bits: int
    seconds: float | None


@contextmanager
def reading(path: Path, rate: int | None = None, field: str = INPUT) -> Iterator[tuple[Track, Iterator[Sound]]]:
    """What the sound of a file is, and the sound itself, from the start of the media on, at `rate` or its own.

    The channels are those of the first frame; where sound pauses or begins late there is silence.
    Raises Unfit, of `field`, and UnreadableMedia.
    """
    with opened_container(path) as container:
        stream = _stream(container, field)
        frames = decoded(container, stream)
        first = next(frames, None)
        if first is None:
            raise Unfit(field, "has an audio track of which nothing can be decoded: it is empty, damaged or was cut short")
        begin = (container.start_time or 0) / av.time_base
        yield _track(container, stream, first), _sound(chain((first,), frames, (None,)), begin, _Resampled(rate))


def track(path: Path, field: str = INPUT) -> Track:
    """What the sound of a file is. Raises Unfit, of `field`, and UnreadableMedia."""
    with reading(path, field=field) as (found, _):
        return found


def blocks(path: Path, rate: int | None = None, field: str = INPUT) -> Iterator[Sound]:
    """The sound of a file; see `reading`. Raises Unfit, of `field`, and UnreadableMedia."""
    with reading(path, rate, field) as (_, sound):
        yield from sound


def joined(pieces: Iterable[Sound], least: int) -> Iterator[Sound]:
    """The same in arrays of at least `least` samples: decoders give a thousand at a time, and larger arrays are quicker to work on."""
    held: list[Sound] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += piece.shape[-1]
        if count >= least:
            yield np.concatenate(held, axis=-1)
            held, count = [], 0
    if held:
        yield np.concatenate(held, axis=-1)


def mono(block: Sound) -> Sound:
    """The mean of the channels: one dimension."""
    average: Sound = block.mean(axis=0)
    return average


def to_stereo(block: Sound, channels: tuple[str, ...]) -> Sound:
    """Two channels: of mono the same twice, of more a downmix that cannot clip."""
    if len(channels) <= 2:
        return np.broadcast_to(block, (2, block.shape[1])) if len(channels) == 1 else block
    shares = np.array([_STEREO.get(name, (0.5, 0.5)) for name in channels], np.float32).T
    stereo: Sound = shares / np.maximum(1, shares.sum(axis=1, keepdims=True)) @ block
    return stereo


class _Resampled:
    """PyAV's resampler, renewed where the sound changes its rate or channels midway, which one resampler refuses."""

    def __init__(self, rate: int | None) -> None:
        self.rate = rate
        self._layout: str | None = None
        self._shape: tuple[Any, ...] = ()
        self._resampler: Any = None

    def silence(self, frame: Any, seconds: float) -> Iterator[Sound]:
        missing = int(min(seconds, _LONGEST_GAP) * (self.rate or frame.sample_rate))
        for start in range(0, missing, 1 << 16):
            yield np.zeros((frame.layout.nb_channels, min(1 << 16, missing - start)), np.float32)

    def blocks(self, frame: Any) -> Iterator[Sound]:
        if frame is None:
            yield from self._given(None)
            return
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self._given(None)
            self._shape, self.rate = shape, self.rate or frame.sample_rate
            self._layout = self._layout or frame.layout.name
            self._resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self.rate)
        yield from self._given(frame)

    def _given(self, frame: Any) -> Iterator[Sound]:
        if self._resampler is None:
            return
        # The resampler holds a few samples back until it is told, by None, that no more will come.
        for made in self._resampler.resample(frame):
            block = made.to_ndarray()
            # A float WAV may hold what is no number.
            yield np.nan_to_num(block, nan=0.0, posinf=1.0, neginf=-1.0) if self._shape[0] in _REAL_FORMATS else block


def _stream(container: Any, field: str) -> Any:
    if not container.streams.audio:
        raise Unfit(field, "has no sound: the file holds no audio track")
    return container.streams.audio[0]


def _track(container: Any, stream: Any, first: Any) -> Track:
    """As the first frame shows it: headers may name half the rate (HE-AAC)."""
    channels = tuple(channel.name for channel in first.layout.channels)
    seconds = container.duration / av.time_base if container.duration else None
    return Track(first.sample_rate, channels, stream.codec_context.name, container.format.name, 8 * first.format.bytes, seconds)


def _sound(frames: Iterable[Any], begin: float, resampled: _Resampled) -> Iterator[Sound]:
    given = 0
    for frame in frames:
        if frame is not None and frame.time is not None:
            missing = frame.time - begin - given / (resampled.rate or frame.sample_rate)
            for silence in resampled.silence(frame, missing if missing > _GAP else 0.0):
                given += silence.shape[1]
                yield silence
        for block in resampled.blocks(frame):
            given += block.shape[1]
            yield block
