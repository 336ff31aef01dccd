"""Copies are near, strangers are not: by the rank at which a copy's original is found among the others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.analysis.embedding import (
    IMAGE_SIZE,
    POST_SIZE,
    VIDEO_SIZE,
    Vector,
    image_embedding,
    post_embedding,
    similarity,
    video_embedding,
)
from engines.imaging import Image
from tests.unit.engines.analysis.films import VIDEO_COPIES, even, ride
from tests.unit.engines.analysis.pictures import Change, blurred, dimmed, jpeg, mirrored, noisy, photos, scene, shrunk, trimmed, turned
from tests.unit.engines.media import write_picture, write_video

COPIES: dict[str, Change] = {
    "jpeg": jpeg(20),
    "trimmed": trimmed(0.775),  # 60 % of the area
    "mirrored": mirrored,
    "blurred": blurred(2),
    "turned": turned(5),
    "dark": dimmed(0.6),
    "small": shrunk(0.4),
    "noisy": noisy(10),
    "grey": lambda image: np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)),
    "bars": lambda image: np.asarray(cv2.copyMakeBorder(image, 50, 50, 0, 0, cv2.BORDER_CONSTANT)),
}


def vectors(folder: Path, pictures: list[Image]) -> list[Vector]:
    return [image_embedding(write_picture(folder / f"{number}.png", picture)) for number, picture in enumerate(pictures)]


@pytest.fixture(scope="module")
def scenes() -> list[Image]:
    return [scene(seed) for seed in range(12)]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory, scenes: list[Image]) -> list[Vector]:
    return vectors(tmp_path_factory.mktemp("scenes"), scenes)


def found_again(copies: list[Vector], originals: list[Vector]) -> float:
    nearest = [max(range(len(originals)), key=lambda index: similarity(copy, originals[index])) for copy in copies]
    return float(np.mean([index == number for number, index in enumerate(nearest)]))


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_nearest_to_its_original(tmp_path: Path, scenes: list[Image], originals: list[Vector], how: str) -> None:
    copies = vectors(tmp_path, [COPIES[how](picture) for picture in scenes])
    assert found_again(copies, originals) >= 0.95
    own = [similarity(copy, original) for copy, original in zip(copies, originals, strict=True)]
    assert np.mean(own) > 0.85


def test_photographs_are_found_again_and_strangers_are_far(tmp_path: Path) -> None:
    pictures = photos()
    known = vectors(tmp_path, pictures)
    for change in COPIES.values():
        assert found_again(vectors(tmp_path, [change(picture) for picture in pictures]), known) == 1.0
    strangers = [similarity(a, b) for index, a in enumerate(known) for b in known[:index]]
    assert max(strangers) < 0.8
    assert np.mean(strangers) < 0.4


def test_vectors_have_their_sizes_and_unit_length(tmp_path: Path) -> None:
    picture = write_picture(tmp_path / "a.png", scene(1))
    video = write_video(tmp_path / "a.mp4", [scene(1, 160, 120)] * 10)
    for vector, size in (
        (image_embedding(picture), IMAGE_SIZE),
        (video_embedding(video), VIDEO_SIZE),
        (post_embedding([picture]), POST_SIZE),
        (post_embedding([picture], video), POST_SIZE),
        (post_embedding(video=video), POST_SIZE),
    ):
        assert vector.shape == (size,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_has_a_direction_too(tmp_path: Path, value: int) -> None:
    found = image_embedding(write_picture(tmp_path / "a.png", np.full((40, 60, 3), value, np.uint8)))
    assert np.isfinite(found).all()
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_the_signs_of_the_projection_are_those_of_the_standard_hash() -> None:
    """SHAKE-256 is FIPS 202: what is computed here from its definition is what every other machine computes."""
    from engines.analysis import embedding

    rows = embedding._signs(5, 3)
    digest = hashlib.shake_256(b"sightline embedding 1: 5 to 3").digest(2)
    bits = [byte >> (7 - place) & 1 for byte in digest for place in range(8)][:15]
    assert rows.ravel().tolist() == [2.0 * bit - 1 for bit in bits]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Vector]:
    folder = tmp_path_factory.mktemp("films")
    return [video_embedding(write_video(folder / f"{seed}.mp4", ride(seed))) for seed in range(5)]


@pytest.mark.parametrize("how", VIDEO_COPIES)
def test_a_copy_of_a_film_is_nearest_to_its_original(tmp_path: Path, films: list[Vector], how: str) -> None:
    copies = [
        video_embedding(write_video(tmp_path / f"{seed}.mp4", [even(VIDEO_COPIES[how](frame)) for frame in ride(seed)]))
        for seed in range(len(films))
    ]
    assert found_again(copies, films) == 1.0
    assert np.mean([similarity(copy, film) for copy, film in zip(copies, films, strict=True)]) > 0.85


def test_a_film_cut_a_little_or_with_half_the_frames_is_near(tmp_path: Path, films: list[Vector]) -> None:
    shorter = [video_embedding(write_video(tmp_path / f"{seed}.mp4", ride(seed)[4:-3])) for seed in range(len(films))]
    fewer = [video_embedding(write_video(tmp_path / f"{seed}.mp4", ride(seed)[::2], 5)) for seed in range(len(films))]
    for copies in (shorter, fewer):
        assert found_again(copies, films) == 1.0
        assert min(similarity(copy, film) for copy, film in zip(copies, films, strict=True)) > 0.85


def test_different_films_are_further_than_copies_are(films: list[Vector]) -> None:
    """Above 0.85 are the copies (see the tests before); all drawn films are of one style, so that strangers are not far from it."""
    assert max(similarity(a, b) for index, a in enumerate(films) for b in films[:index]) < 0.85


def test_a_post_does_not_depend_on_the_order_of_its_pictures(tmp_path: Path) -> None:
    pictures = [write_picture(tmp_path / f"{seed}.png", scene(seed)) for seed in range(3)]
    assert similarity(post_embedding(pictures), post_embedding(pictures[::-1])) == pytest.approx(1, abs=1e-5)


def test_a_post_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="has no vector"):
        post_embedding()


def test_a_post_of_a_picture_is_like_that_of_a_still_film_of_it(tmp_path: Path) -> None:
    for seed in (5, 6, 7):
        picture = write_picture(tmp_path / "a.png", scene(seed, 640, 480))
        film = write_video(tmp_path / "a.mp4", [scene(seed, 640, 480)] * 12)
        assert similarity(post_embedding([picture]), post_embedding(video=film)) > 0.9
