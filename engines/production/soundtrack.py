"""The sound of a clip on its way into another file, packet by packet and in step with the frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
import numpy.typing as npt

from engines.imaging.video import decoded, opened_container

Samples: TypeAlias = npt.NDArray[np.float32]
"""Channels x samples."""

_RATE = 48_000
_BITS = 160_000
_GAP = 0.1
"""Seconds by which timestamps may differ from what was decoded until now: containers round them, and only more is a gap."""
_LEAST_MP3_RATE = 16_000
"""MP4 has no mark for MPEG 2.5's sample rates (ISO/IEC 14496-3)."""


class Soundtrack:
    """Puts packets into a container when they are due; `until` None puts all that are left."""

    def __init__(self, container: Any, packets: Iterator[tuple[float, Any]]) -> None:
        self._container = container
        self._packets = packets
        self._held: tuple[float, Any] | None = None

    def until(self, seconds: float | None) -> None:
        while True:
            self._held = self._held or next(self._packets, None)
            if self._held is None or (seconds is not None and self._held[0] > seconds):
                return
            self._container.mux(self._held[1])
            self._held = None

    def close(self) -> None:
        close = getattr(self._packets, "close", None)
        if close is not None:
            close()


def soundtrack(
    source: Path, target: Any, copied: frozenset[str], encoder: str, begin: float, parts: Sequence[tuple[float, float]] | None
) -> Soundtrack | None:
    """The sound of `source`, copied where its codec is one of `copied` and nothing is cut, None where it has none.

    `begin` is the time in the source, in seconds, that is the target's zero.
    """
    with ExitStack() as stack:
        container = stack.enter_context(opened_container(source))
        if not container.streams.audio or not container.streams.audio[0].codec_context:
            return None
        stream = container.streams.audio[0]
        output = _copy_of(stream, target, copied) if parts is None else None
        if output is not None:
            packets = _copied(container, stream, output, begin)
        else:
            packets = _encoded(container, stream, target, encoder, begin, parts)
        return Soundtrack(target, _kept_open(stack.pop_all(), packets))


def _kept_open(stack: ExitStack, packets: Iterator[tuple[float, Any]]) -> Iterator[tuple[float, Any]]:
    with stack:
        yield from packets


def _copy_of(stream: Any, target: Any, copied: frozenset[str]) -> Any:
    """A stream of the target like `stream`, None where the target can't hold it."""
    codec = stream.codec_context.name.removesuffix("float")
    if codec not in copied or (codec == "mp3" and stream.rate < _LEAST_MP3_RATE):
        return None
    try:
        return target.add_stream_from_template(stream)
    except ValueError:
        return None


def _copied(container: Any, stream: Any, output: Any, begin: float) -> Iterator[tuple[float, Any]]:
    last = None
    try:
        for packet in container.demux(stream):
            if packet.dts is None:
                continue
            base = float(packet.time_base)
            shift = round(begin / base)
            packet.dts -= shift
            packet.pts = packet.pts - shift if packet.pts is not None else packet.dts
            # A recorder that went back in time would end the writing with an error.
            if last is not None and packet.dts <= last:
                continue
            last = packet.dts
            packet.stream = output
            yield packet.dts * base, packet
    except av.FFmpegError:
        return


def _encoded(
    container: Any, stream: Any, target: Any, encoder: str, begin: float, parts: Sequence[tuple[float, float]] | None
) -> Iterator[tuple[float, Any]]:
    layout = "mono" if stream.channels == 1 else "stereo"
    output = target.add_stream(encoder, rate=_RATE, layout=layout)
    output.bit_rate = _BITS
    pieces = _pieces(container, stream, layout, begin)
    return _packets(output, layout, _without_gaps(pieces if parts is None else _cut(pieces, parts)))


def _packets(output: Any, layout: str, sound: Iterable[Samples]) -> Iterator[tuple[float, Any]]:
    given = 0
    for samples in chain(sound, (None,)):
        frame = None
        if samples is not None:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = _RATE, given, Fraction(1, _RATE)
            given += samples.shape[1]
        for packet in output.encode(frame):
            yield given / _RATE, packet


def _pieces(container: Any, stream: Any, layout: str, begin: float) -> Iterator[tuple[int, Samples]]:
    """What is decoded, each piece with the number of its first sample; the target's zero is number 0."""
    resampler = av.AudioResampler(format="fltp", layout=layout, rate=_RATE)
    position: int | None = None
    for frame in chain(decoded(container, stream), (None,)):
        if frame is not None and frame.time is not None:
            told = round((frame.time - begin) * _RATE)
            position = told if position is None or abs(told - position) > _GAP * _RATE else position
        for resampled in resampler.resample(frame):
            samples: Samples = resampled.to_ndarray()
            position = position or 0
            yield position, samples
            position += samples.shape[1]


def _cut(pieces: Iterable[tuple[int, Samples]], parts: Sequence[tuple[float, float]]) -> Iterator[tuple[int, Samples]]:
    """Only what lies within the parts, moved to where each part begins in the target; silence to the end of the last."""
    bounds = [(round(start * _RATE), round(end * _RATE)) for start, end in parts]
    for position, samples in pieces:
        moved = 0
        for start, end in bounds:
            inside = samples[:, max(0, start - position) : max(0, end - position)]
            if inside.shape[1]:
                yield moved + max(position, start) - start, inside
            moved += end - start
        if position >= bounds[-1][1]:
            return


def _without_gaps(pieces: Iterable[tuple[int, Samples]]) -> Iterator[Samples]:
    """Samples from number 0 on: silence where none were given, and what overlaps, or lies before 0, left out."""
    given = 0
    for position, samples in pieces:
        for start in range(given, position, _RATE):
            yield np.zeros((samples.shape[0], min(_RATE, position - start)), np.float32)
        given = max(given, position)
        fresh = samples[:, given - position :]
        if fresh.shape[1]:
            given += fresh.shape[1]
            yield fresh
