"""The score falls as a picture gets worse, whatever makes it worse; scipy's rank correlation judges."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.analysis.quality import image_quality, quality_of, video_quality
from engines.imaging import Image
from tests.unit.engines.analysis.pictures import Change, blurred, dimmed, falls, jpeg, noisy, photos, scene, shrunk
from tests.unit.engines.media import footage, write_picture, write_video

# The least mean rank correlations are those that were measured for this method before the project began, or more.
STEPS: dict[str, tuple[list[Change], float]] = {
    "blur": ([blurred(sigma) for sigma in (0.5, 1, 1.5, 2, 3, 4, 6)], 0.96),
    "noise": ([noisy(sigma) for sigma in (3, 6, 10, 15, 22, 32, 45)], 0.97),
    "jpeg": ([jpeg(quality) for quality in (80, 60, 40, 25, 15, 10, 5)], 0.83),
    "dark": ([dimmed(factor) for factor in (0.85, 0.7, 0.55, 0.4, 0.3, 0.2, 0.1)], 0.97),
    "small": ([shrunk(factor) for factor in (0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.12)], 0.99),
}


def mean_fall(pictures: list[Image], steps: list[Change]) -> float:
    return float(
        np.mean([falls([quality_of(picture).score, *(quality_of(step(picture)).score for step in steps)]) for picture in pictures])
    )


@pytest.mark.parametrize("what", STEPS)
def test_the_score_falls_with_each_step_on_drawn_scenes(what: str) -> None:
    steps, least = STEPS[what]
    assert mean_fall([scene(seed) for seed in range(6)], steps) >= least


@pytest.mark.parametrize("what", STEPS)
def test_the_score_falls_with_each_step_on_photographs(what: str) -> None:
    steps, least = STEPS[what]
    assert mean_fall(photos()[:5], steps) >= least


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("sharpness", blurred(3)),
        ("cleanness", noisy(25)),
        ("smoothness", jpeg(5)),
        ("exposure", dimmed(0.2)),
        ("contrast", lambda image: (image // 6 + 100).astype(np.uint8)),
        ("resolution", shrunk(0.2)),
    ],
)
def test_the_part_that_was_made_worse_says_so(part: str, change: Change) -> None:
    for seed in range(3):
        before, after = quality_of(scene(seed)), quality_of(change(scene(seed)))
        assert getattr(after, part) < 0.85 * getattr(before, part)


def test_overexposure_lowers_the_exposure() -> None:
    picture = scene(1)
    blown = np.clip(picture.astype(int) * 4, 0, 255).astype(np.uint8)
    assert quality_of(blown).exposure < quality_of(picture).exposure


def test_noise_does_not_pass_for_sharpness() -> None:
    soft = blurred(3)(scene(2))
    assert quality_of(noisy(20)(soft)).score < quality_of(soft).score


def test_scores_stay_on_the_scale(tmp_path: Path) -> None:
    flat: list[Image] = [np.full((64, 64, 3), value, np.uint8) for value in (0, 128, 255)]
    for picture in (*flat, np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), scene(0)):
        found = image_quality(write_picture(tmp_path / "a.png", picture))
        assert 0 <= found.score <= 100
        assert (found.width, found.height) == picture.shape[1::-1]


def still(frames: int = 20) -> list[Image]:
    return [scene(3, 320, 240)] * frames


def test_a_still_has_no_motion_and_the_score_of_its_picture(tmp_path: Path) -> None:
    found = video_quality(write_video(tmp_path / "still.mp4", still(), 10))
    assert found.motion == 0
    assert (found.width, found.height, found.frames_per_second, found.seconds) == (320, 240, 10, 2)
    assert abs(found.score - quality_of(scene(3, 320, 240)).score) < 8


def test_motion_tells_a_still_from_slides_and_slides_from_a_ride(tmp_path: Path) -> None:
    slides = [scene(index // 10, 320, 240) for index in range(40)]
    wide = scene(5, 960, 240)
    ride = [wide[:, 16 * index : 16 * index + 320].copy() for index in range(40)]
    motions = [video_quality(write_video(tmp_path / f"{n}.mp4", clip, 10)).motion for n, clip in enumerate((still(40), slides, ride))]
    assert motions == sorted(motions)
    assert motions[0] == 0
    assert motions[1] < 0.2
    assert motions[2] > 0.5


def test_a_blurred_video_scores_lower(tmp_path: Path) -> None:
    clear = video_quality(write_video(tmp_path / "a.mp4", still(), 10))
    soft = video_quality(write_video(tmp_path / "b.mp4", [blurred(3)(frame) for frame in still()], 10))
    assert soft.score < 0.7 * clear.score


def test_a_recorded_street_moves_in_places() -> None:
    motion = video_quality(footage("vtest.avi")).motion
    assert 0.01 < motion < 0.4


def test_a_turned_picture_is_measured_upright(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    assert cv2.imwrite(str(path), scene(0))
    data = path.read_bytes()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    found = image_quality(path)
    assert (found.width, found.height) == (360, 480)
