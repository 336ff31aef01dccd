"""How many copies of pictures and films are found again by their vectors, beside hashes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from bench.production.calls import Found, Watch, photographs
from engines.analysis.embedding import image_embedding, similarity, video_embedding
from engines.imaging import Image, frames, read_image
from tests.unit.engines.analysis.films import VIDEO_COPIES, even, ride
from tests.unit.engines.analysis.test_embedding import COPIES
from tests.unit.engines.media import write_picture, write_video

Hash = npt.NDArray[np.bool_]


def image_vectors(folder: Path) -> Found:
    return _found_again(folder, image_embedding, similarity)


def perceptual_hash(folder: Path) -> Found:
    def hashed(path: Path) -> Hash:
        grey = cv2.resize(cv2.cvtColor(read_image(path), cv2.COLOR_BGR2GRAY), (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
        waves = cv2.dct(grey)[:8, :8].ravel()[1:]
        return np.asarray(waves > np.median(waves))

    return _found_again(folder, hashed, _agreeing)


def average_hash(folder: Path) -> Found:
    return _found_again(folder, lambda path: _average(read_image(path)), _agreeing)


def _average(image: Image) -> Hash:
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (8, 8), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(small > small.mean())


def _agreeing(one: Hash, other: Hash) -> float:
    return float((one == other).mean())


def _found_again(folder: Path, vector: Callable[[Path], Any], alike: Callable[[Any, Any], float]) -> Found:
    watch, said, images = Watch(), list[str](), photographs(folder)
    with tempfile.TemporaryDirectory() as scratch:

        def of(pictures: Iterable[Image]) -> list[Any]:
            return [watch(vector, write_picture(Path(scratch, "a.png"), picture)) for picture in pictures]

        known = of(images)
        for name, change in COPIES.items():
            said.append(f"{name} {_share_first(of(map(change, images)), known, alike):.2f}")
    return Found(", ".join(said), watch.milliseconds)


def _share_first(copies: Sequence[Any], known: Sequence[Any], alike: Callable[[Any, Any], float]) -> float:
    """Of how many copies the original is nearest, and no other as near."""
    hits = 0
    for number, copy in enumerate(copies):
        scores = [alike(copy, other) for other in known]
        hits += scores[number] == max(scores) and scores.count(scores[number]) == 1
    return hits / len(copies)


def video_vectors(_: Path) -> Found:
    return _films_again(video_embedding, similarity)


def middle_frame_hash(_: Path) -> Found:
    def hashed(path: Path) -> Hash:
        seen = [frame.image for frame in frames(path, 2.0)]
        return _average(seen[len(seen) // 2])

    return _films_again(hashed, _agreeing)


def _films_again(vector: Callable[[Path], Any], alike: Callable[[Any, Any], float]) -> Found:
    watch, said, seeds = Watch(), list[str](), range(8)
    with tempfile.TemporaryDirectory() as scratch:

        def of(films: Iterable[Sequence[Image]]) -> list[Any]:
            return [watch(vector, write_video(Path(scratch, "a.mp4"), film)) for film in films]

        known = of(ride(seed) for seed in seeds)
        for name, change in VIDEO_COPIES.items():
            said.append(f"{name} {_share_first(of([even(change(frame)) for frame in ride(seed)] for seed in seeds), known, alike):.2f}")
        said.append(f"cut {_share_first(of(ride(seed)[4:-3] for seed in seeds), known, alike):.2f}")
    return Found(", ".join(said), watch.milliseconds)
