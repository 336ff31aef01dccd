"""Short-time spectra, and long sound worked on window by window so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.signal import get_window

from engines.production.sound.reading import Sound, joined

Spectra: TypeAlias = npt.NDArray[np.complex64]


def spectra(sound: Sound, size: int, hop: int) -> Spectra:
    """Of shape (…, frames, size // 2 + 1), square-root Hann windows; frame k is centred on sample k * hop."""
    padding = [(0, 0)] * (sound.ndim - 1) + [(size // 2, size // 2 + hop)]
    framed = np.lib.stride_tricks.sliding_window_view(np.pad(sound, padding), size, axis=-1)[..., ::hop, :]
    transformed: Spectra = fft.rfft(framed * _window(size), axis=-1)
    return transformed


def sound_of(transformed: Spectra, size: int, hop: int, samples: int) -> Sound:
    """The inverse of `spectra`: overlapping frames added up. `hop` divides half of `size`."""
    frames = fft.irfft(transformed, size, axis=-1) * _window(size) * np.float32(2 * hop / size)
    count, parts = frames.shape[-2], size // hop
    added = np.zeros((*frames.shape[:-2], count + parts - 1, hop), np.float32)
    for part in range(parts):
        added[..., part : part + count, :] += frames[..., part * hop : (part + 1) * hop]
    return added.reshape(*frames.shape[:-2], -1)[..., size // 2 : size // 2 + samples]


def crossfaded(blocks: Iterable[Sound], length: int, overlap: int, work: Callable[[Sound], Sound]) -> Iterator[Sound]:
    """`work` on windows of `length` samples, the last `overlap` of each faded into the next; it keeps the number of samples."""
    rising = np.linspace(0, 1, overlap, dtype=np.float32)
    tail: Sound | None = None
    for window, last in _windows(blocks, length, overlap):
        done = work(window)
        if tail is not None:
            shared = min(overlap, done.shape[-1])
            done[..., :shared] = done[..., :shared] * rising[:shared] + tail[..., :shared] * (1 - rising[:shared])
        if last:
            yield done
        else:
            yield done[..., :-overlap]
            tail = done[..., -overlap:]


def _windows(blocks: Iterable[Sound], length: int, overlap: int) -> Iterator[tuple[Sound, bool]]:
    """Windows that share `overlap` samples, each with whether it is the last: a short rest joins the window before it."""
    held: list[Sound] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[-1]
        while count >= 2 * length:
            whole = np.concatenate(held, axis=-1)
            yield whole[..., :length], False
            held = [whole[..., length - overlap :]]
            count -= length - overlap
    if count:
        yield np.concatenate(held, axis=-1), True


def _window(size: int) -> Sound:
    window: Sound = np.sqrt(get_window("hann", size)).astype(np.float32)
    return window


def frames(blocks: Iterable[Sound], size: int, hop: int) -> Iterator[Sound]:
    """The frames of mono sound in batches of shape (frames, size); frame k is centred on sample k * hop."""
    held = np.zeros(size // 2, np.float32)
    for block in chain(joined(blocks, 1 << 17), (np.zeros(size - size // 2, np.float32),)):
        held = np.concatenate([held, block])
        count = (len(held) - size) // hop + 1
        if count > 0:
            yield np.lib.stride_tricks.sliding_window_view(held, size)[: count * hop : hop]
            held = held[count * hop :]
