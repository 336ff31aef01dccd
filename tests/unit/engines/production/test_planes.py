"""Frames in light and colour planes: what is seen, changed and cut out of them is what the same in BGR would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.production.film import FilmWriter
from engines.production.planes import Planes, film_planes
from tests.unit.engines.production.clips import psnr, seen, sliding, steady, turned_clip, write_clip

WIDTH, HEIGHT = 320, 180


def first(path: Path) -> Planes:
    return next(iter(film_planes(path)))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("planes") / "clip.mp4", steady(0.4, 25, sliding(WIDTH, HEIGHT, 80)))


def test_a_part_looks_as_it_does_in_the_whole(clip: Path) -> None:
    frame, (_, whole) = first(clip), seen(clip)[0]
    assert frame.size == (WIDTH, HEIGHT)
    assert psnr(frame.image(), whole) > 48
    whole = frame.image()
    for rows, columns in ((slice(31, 78), slice(101, 202)), (slice(0, 2), slice(0, 2)), (slice(140, 180), slice(251, 320))):
        part = frame.image(rows, columns)
        assert part.shape == whole[rows, columns].shape
        assert np.abs(part.astype(int) - whole[rows, columns]).max() <= 2


def test_only_what_is_put_changes_and_the_frames_that_follow_do_not(clip: Path) -> None:
    # GIVEN frames that are changed while the decoder still needs them for the next ones
    patch = np.full((40, 60, 3), (30, 200, 90), np.uint8)
    changed = []
    for frame in film_planes(clip):
        before = frame.image()
        frame.put(patch, 20, 100)
        changed.append((before, frame.image()))

    # THEN each is as the file has it but for the patch
    for (before, after), (_, shown) in zip(changed, seen(clip), strict=True):
        assert psnr(before, shown) > 48
        assert np.abs(after[22:58, 102:158].astype(int) - patch[2:-2, 2:-2]).max() <= 3
        after[18:62, 98:162] = before[18:62, 98:162]
        assert np.array_equal(after, before)


@pytest.mark.parametrize("left", [0, 40, 41, 219])
def test_a_window_at_even_and_at_odd_places(clip: Path, left: int) -> None:
    window = first(clip).cut(left, 100, 178)
    assert window.size == (100, 178)
    assert psnr(window.image(), seen(clip)[0][1][:178, left : left + 100]) > 44


def test_a_window_over_the_edge_ends_there(clip: Path) -> None:
    window = first(clip).cut(251, 100, 200)
    assert window.size == (68, 180)
    assert psnr(window.image(), seen(clip)[0][1][:, 251:319]) > 40


def test_what_is_taken_out_and_put_back_stays_in_its_place(clip: Path) -> None:
    frame, untouched = first(clip), first(clip)
    frame.put(frame.image(), 0, 0)
    for plane, before in zip(frame.planes, untouched.planes, strict=True):
        assert psnr(plane, before) > 48


def test_a_turned_recording_of_odd_size_is_upright_and_even(tmp_path: Path) -> None:
    source = turned_clip(tmp_path / "turned.mp4", lambda time: sliding(WIDTH, HEIGHT, 80)(time)[:, :318], 0.2, 10)
    assert first(source).size == (318, HEIGHT)
    odd = write_clip(tmp_path / "odd.mkv", steady(0.2, 10, lambda time: sliding(WIDTH, HEIGHT, 80)(time)[:179, :319]), codec="ffv1")
    assert first(odd).size == (WIDTH, HEIGHT)


def test_frames_that_nobody_changed_are_written_as_they_are(clip: Path, tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "film.mp4", clip) as film:
        for frame in film_planes(clip):
            film.write_planes(frame.time, frame)
    made = seen(tmp_path / "film.mp4")
    assert [time for time, _ in made] == pytest.approx([time for time, _ in seen(clip)], abs=2e-5)
    assert min(psnr(one, other) for (_, one), (_, other) in zip(seen(clip), made, strict=True)) > 38
