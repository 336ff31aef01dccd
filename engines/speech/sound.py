"""The sound of a media file, cut into parts that a transcription endpoint takes: WAV, 16 kHz, mono. Decoding is PyAV's."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
import numpy.typing as npt

from engines.imaging.video import decoded, opened_container
from engines.speech.types import NoSound, Untranscribed

RATE = 16_000
PART_SECONDS = 600.0
"""19.2 MB as WAV: OpenAI's own endpoint takes 25 MB, and servers built for it take no more."""
_CUT_WITHIN = 15.0
"""A part ends at the quietest moment of its last seconds, so that no word is cut."""
_QUIET_WINDOW = RATE // 4
_SILENT = 30
"""Of 32768: what never gets louder is not sent, for speech models find words in silence."""
_GAP = 0.2

Samples: TypeAlias = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Part:
    """`start` and `seconds` in the time of the media."""

    start: float
    seconds: float
    wav: bytes


def parts(path: Path, limit_seconds: float, part_seconds: float = PART_SECONDS) -> Iterator[Part]:
    """The parts that are not silent, in order. Raises NoSound, Untranscribed and UnreadableMedia."""
    held: list[Samples] = []
    length, start = 0, 0
    for piece in _samples(path, limit_seconds):
        held.append(piece)
        length += len(piece)
        while length >= part_seconds * RATE:
            whole = np.concatenate(held)
            cut = _quietest(whole[: int(part_seconds * RATE)])
            yield from _part(whole[:cut], start)
            held, length, start = [whole[cut:]], length - cut, start + cut
    if length:
        yield from _part(np.concatenate(held), start)


def _part(samples: Samples, start: int) -> Iterator[Part]:
    if len(samples) < RATE // 10 or int(np.abs(samples.astype(np.int32)).max()) < _SILENT:
        return
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    yield Part(start / RATE, len(samples) / RATE, file.getvalue())


def _quietest(samples: Samples) -> int:
    """The middle of the quietest window near the end."""
    tail = samples[-int(_CUT_WITHIN * RATE) :].astype(np.float64)
    count = len(tail) // _QUIET_WINDOW
    if count < 2:
        return len(samples)
    loudness = np.square(tail[: count * _QUIET_WINDOW]).reshape(count, _QUIET_WINDOW).mean(axis=1)
    # The last of equals: a part is no shorter than it must be.
    quietest = count - 1 - int(np.argmin(loudness[::-1]))
    return len(samples) - len(tail) + quietest * _QUIET_WINDOW + _QUIET_WINDOW // 2


def _samples(path: Path, limit_seconds: float) -> Iterator[Samples]:
    """16-bit mono from the start of the media on; where the sound pauses or begins late there is silence."""
    with opened_container(path) as container:
        if not container.streams.audio:
            raise NoSound("the media has no sound")
        stream = container.streams.audio[0]
        begin = (container.start_time or 0) / av.time_base
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        given = 0
        for frame in chain(decoded(container, stream), (None,)):
            if given > limit_seconds * RATE:
                raise Untranscribed(f"the sound is too long: the limit is {limit_seconds:g} seconds")
            missing = 0.0 if frame is None or frame.time is None else frame.time - begin - given / RATE
            if missing > _GAP:
                # A timestamp may lie; no more silence is made up than sound is allowed.
                silence: Samples = np.zeros(int(min(missing, limit_seconds) * RATE), np.int16)
                given += len(silence)
                yield silence
            # The resampler holds a few samples back until it is told, by None, that no more will come.
            for resampled in resampler.resample(frame):
                piece: Samples = resampled.to_ndarray().reshape(-1)
                given += len(piece)
                yield piece
        if not given:
            raise Untranscribed("no sound can be decoded: the media is damaged or was cut short")
