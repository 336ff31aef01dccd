"""MusicDemix: the singing voice of a song, and what accompanies it.

In stereo the voice is taken to be what both channels have alike, as most mixes put it in the middle. In mono it is what does not come
back: REPET-SIM (Rafii and Pardo 2012, "Music/Voice Separation Using the Similarity Matrix") compares each moment with those that sound most
like it. Both are crude beside a trained network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import fft

from engines.production.sound.reading import Sound, Track, blocks, joined, mono, to_stereo, track
from engines.production.sound.spectra import Spectra, crossfaded, sound_of, spectra
from engines.production.sound.writing import wav
from engines.production.types import Output, Produced

_FRAME_SECONDS = 0.093
_LOWEST_VOICE = 120.0
_SAME = 1e-4
"""Of the energy: what the channels differ by where a stereo file holds a mono sound."""
_CENTRE_POWER = 4
"""How sharply the middle is cut out: more leaves out more of the voice, less lets in more of what stands beside it."""
_ALIKE_SHARE = 5
"""One frame in so many is taken for a repetition of a frame, and of these no more than _MOST_ALIKE are looked at."""
_MOST_ALIKE = 60
_APART_SECONDS = 0.8
"""A moment is no repetition of the one just before it."""

_STEREO = (
    "the voice is what both channels have alike: drums and bass in the middle stay in it in part, a voice that is not in the middle is lost"
)
_MONO = "the sound is mono: the voice is what does not repeat itself (REPET-SIM), with instruments that play something only once"
_CRUDE = "both are crude: each is heard in the other, unlike with a trained network"


def separate(source: Path, folder: Path) -> Produced:
    """Two WAV files of the same rate and length, with the result types "vocal" and "accompaniment"; both add up to the song.

    These are our names: those of IMS are not documented. Raises Unfit and UnreadableMedia.
    """
    song = track(source)
    wide = _is_wide(source, song)
    channels = min(2, len(song.channels))
    targets = folder / "vocal.wav", folder / "accompaniment.wav"
    with wav(targets[0], song.rate, channels) as write_voice, wav(targets[1], song.rate, channels) as write_rest:
        for both in _parted(source, song, wide):
            voice, rest = (np.broadcast_to(part, (channels, part.shape[1])) for part in np.split(both, 2))
            write_voice(voice)
            write_rest(rest)
    outputs = [Output(path, result_type) for path, result_type in zip(targets, ("vocal", "accompaniment"), strict=True)]
    return Produced(outputs, notes=_notes(song, wide))


def _notes(song: Track, wide: bool) -> list[str]:
    notes = [_STEREO if wide else _MONO, _CRUDE]
    if len(song.channels) > 2:
        notes.append("more than two channels were mixed down to stereo first")
    return notes


def _is_wide(source: Path, song: Track) -> bool:
    if len(song.channels) == 1:
        return False
    whole = apart = 0.0
    for left, right in (to_stereo(block, song.channels) for block in joined(blocks(source), song.rate)):
        whole += float(np.square(left + right).sum())
        apart += float(np.square(left - right).sum())
    return apart > _SAME * whole


def _parted(source: Path, song: Track, wide: bool) -> Iterator[Sound]:
    """Voice and accompaniment, one above the other: of stereo four channels, of mono two."""
    way = _CENTRE if wide else _REPETITION
    size = fft.next_fast_len(round(_FRAME_SECONDS * song.rate) // 4, real=True) * 4
    hop = size // way.hops

    def parted(part: Sound) -> Sound:
        mixed = spectra(part, size, hop)
        share = way.mask(mixed, hop / song.rate)
        share[..., : int(_LOWEST_VOICE * size / song.rate)] = 0
        voice = sound_of(mixed * share, size, hop, part.shape[1])
        return np.concatenate([voice, part - voice])

    sound = (to_stereo(block, song.channels) if wide else mono(block)[None] for block in blocks(source))
    return crossfaded(sound, int(way.window * song.rate), int(way.overlap * song.rate), parted)


def _centre_mask(mixed: Spectra, _hop_seconds: float) -> Sound:
    """1 where both channels are the same, 0 where one of them is silent or they are opposed."""
    left, right = mixed
    apart = np.abs(left - right) / (np.abs(left) + np.abs(right) + np.float32(1e-9))
    share: Sound = np.maximum(0, 1 - apart) ** _CENTRE_POWER
    return share


def _voice_mask(mixed: Spectra, hop_seconds: float) -> Sound:
    """1 where nothing is left of a frame in the median of those that sound most like it."""
    magnitudes = np.abs(mixed[0])
    directions = magnitudes / (np.linalg.norm(magnitudes, axis=1, keepdims=True) + np.float32(1e-9))
    alike = directions @ directions.T
    apart, count = round(_APART_SECONDS / hop_seconds), len(magnitudes) // _ALIKE_SHARE
    share = np.zeros_like(mixed.real)
    if count < 2:
        return share
    step = -(-count // _MOST_ALIKE)
    for frame, row in enumerate(alike):
        row[max(0, frame - apart + 1) : frame + apart] = -1
        others = magnitudes[np.append(np.argpartition(row, -count)[-count::step], frame)]
        # np.median would look for two middles, and for what is no number.
        middle = np.partition(others, len(others) // 2, axis=0)[len(others) // 2]
        repeated = np.minimum(middle, magnitudes[frame])
        once = np.square(magnitudes[frame] - repeated)
        share[0, frame] = once / (once + np.square(repeated) + np.float32(1e-12))
    return share


class _Way(NamedTuple):
    """`mask` gives the voice's share of each bin, from the spectra and the seconds between them; a frame has `hops`.

    It sees windows of so many seconds, the `overlap` shared by two.
    """

    mask: Callable[[Spectra, float], Sound]
    window: float
    overlap: float
    hops: int


_CENTRE = _Way(_centre_mask, window=10.0, overlap=0.5, hops=4)
_REPETITION = _Way(_voice_mask, window=40.0, overlap=4.0, hops=2)
