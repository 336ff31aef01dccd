"""AudioMixing: two sounds at once, each as loud as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

import av
import numpy as np

from engines.imaging.errors import UnreadableMedia
from engines.production.sound.reading import INPUT, Sound, Track, blocks, to_stereo, track
from engines.production.sound.writing import wav
from engines.production.types import Output, Produced, Unfit

_OTHER = "JobParams.inputs"
_STEP_SECONDS = 0.5
_LIMIT = 0.98
"""Of full scale: the rounding to 16 bits stays below it."""
# level=0: by itself the filter would raise the whole to the limit. latency=1: by itself it would begin with silence.
_LIMITER = f"limit={_LIMIT}:level=0:latency=1:attack=5:release=50"


def mix(source: Path, folder: Path, *, other: Path) -> Produced:
    """A WAV file as long as the longer of the two, at the higher rate of the two; mono where both are.

    Levels are kept. Only where the sum would clip, a limiter turns it down for that moment, and a note says so. Raises Unfit, of
    Input.Media or JobParams.inputs, and UnreadableMedia.
    """
    first, second = track(source), _other_track(other)
    rate, mono = max(first.rate, second.rate), len(first.channels) == len(second.channels) == 1
    target = folder / "mixed.wav"
    loudest = 0.0
    limiter = _Limiter(rate, mono)
    with wav(target, rate, 1 if mono else 2) as write:
        for summed in _summed(_widened(source, first, rate, mono, INPUT), _widened(other, second, rate, mono, _OTHER), rate):
            loudest = max(loudest, float(np.abs(summed).max()))
            for block in limiter.limited(summed):
                write(block)
        for block in limiter.limited(None):
            write(block)
    return Produced([Output(target)], notes=_notes(loudest, len(first.channels), len(second.channels)))


def _other_track(other: Path) -> Track:
    try:
        return track(other, _OTHER)
    except UnreadableMedia as error:
        raise Unfit(_OTHER, f"names a file that is no sound: {error}") from None


def _notes(loudest: float, *channels: int) -> list[str]:
    notes = []
    if loudest > _LIMIT:
        notes.append(f"the sum was too loud in places: its peaks were turned down by up to {20 * np.log10(loudest / _LIMIT):.1f} dB")
    if max(channels) > 2:
        notes.append("more than two channels were mixed down to stereo")
    return notes


def _widened(path: Path, sound: Track, rate: int, mono: bool, field: str) -> Iterator[Sound]:
    for block in blocks(path, rate, field):
        yield block if mono else to_stereo(block, sound.channels)


def _summed(first: Iterable[Sound], second: Iterable[Sound], rate: int) -> Iterator[Sound]:
    """Step by step, so that neither is held as a whole."""
    step = int(_STEP_SECONDS * rate)
    for one, two in zip_longest(_steps(first, step), _steps(second, step)):
        if one is None or two is None:
            yield one if two is None else two
            continue
        longer, shorter = (one, two) if one.shape[1] >= two.shape[1] else (two, one)
        summed = longer.copy()
        summed[:, : shorter.shape[1]] += shorter
        yield summed


def _steps(sound: Iterable[Sound], step: int) -> Iterator[Sound]:
    """The same in arrays of `step` samples; only the last is shorter."""
    held: list[Sound] = []
    count = 0
    for block in sound:
        held.append(block)
        count += block.shape[1]
        while count >= step:
            whole = np.concatenate(held, axis=1)
            yield whole[:, :step]
            held, count = [whole[:, step:]], count - step
    if count:
        yield np.concatenate(held, axis=1)


class _Limiter:
    """ffmpeg's alimiter: it looks ahead, so that a peak is turned down before it comes."""

    def __init__(self, rate: int, mono: bool) -> None:
        self._rate, self._layout, self._given = rate, "mono" if mono else "stereo", 0
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(sample_rate=rate, format="fltp", layout=self._layout)
        limiter = self._graph.add("alimiter", _LIMITER)
        form = self._graph.add("aformat", "sample_fmts=fltp")
        sink = self._graph.add("abuffersink")
        for one, next_one in ((source, limiter), (limiter, form), (form, sink)):
            one.link_to(next_one)
        self._graph.configure()

    def limited(self, block: Sound | None) -> Iterator[Sound]:
        """What comes out for a block that goes in; None: there are no more blocks."""
        frame = None
        if block is not None:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=self._layout)
            frame.sample_rate, frame.pts = self._rate, self._given
            self._given += block.shape[1]
        self._graph.push(frame)
        while True:
            try:
                yield self._graph.pull().to_ndarray()
            except (av.BlockingIOError, av.EOFError):
                return
