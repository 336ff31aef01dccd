"""Somebody who comes, stands for long and goes on is one person, and still a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.imaging import Image
from engines.understanding import build
from engines.understanding.geometry import Box
from engines.understanding.standing import resumed
from engines.understanding.tracks import Track
from engines.understanding.types import Wishes
from tests.unit.engines.media import RED, WIDTH, draw_person, film

STOPS_AT, SPEED = WIDTH / 2, 160


def track(*seen: tuple[float, float], height: float = 60) -> Track:
    """Of the times at which, and the places across the picture where, somebody was."""
    made = Track()
    for time, x in seen:
        made.add(time, Box(x, 100, 20, height))
    return made


ARRIVES = [(time / 5, min(150.0, 50 + 10 * time)) for time in range(50)]
SETS_OUT = [(14 + time / 5, 160.0 + 10 * time) for time in range(10)]


def test_who_sets_out_where_somebody_stood_is_the_same() -> None:
    (one,) = resumed([track(*SETS_OUT), track(*ARRIVES)])
    assert (one.start, len(one.boxes)) == (0.0, 60)
    assert one.end == pytest.approx(15.8)


@pytest.mark.parametrize(
    "other",
    [
        track(*[(time, x + 60) for time, x in SETS_OUT]),
        track(*[(time, x) for time, x in SETS_OUT], height=120),
        track(*[(time, 160.0) for time, _ in SETS_OUT]),
        track(*[(time + 90, x) for time, x in SETS_OUT]),
        track(*[(time - 8, x) for time, x in SETS_OUT]),
    ],
    ids=["elsewhere", "of another size", "goes nowhere", "much later", "while the first is still there"],
)
def test_somebody_else_stays_somebody_else(other: Track) -> None:
    assert len(resumed([track(*ARRIVES), other])) == 2


def test_who_only_passed_did_not_stand() -> None:
    passes = [(time / 5, 50 + 10.0 * time) for time in range(11)]
    assert len(resumed([track(*passes), track(*SETS_OUT)])) == 2


@pytest.mark.slow
def test_somebody_who_stops_for_eleven_seconds_is_one_person(tmp_path: Path) -> None:
    """A new colour is background after about eight seconds; and legs that stand still do not make a thing of somebody."""
    stops = 1 + (STOPS_AT + 60) / SPEED

    def draw(image: Image, time: float) -> None:
        walked = time - 1 if time < stops else max(stops, time - 11) - 1
        draw_person(image, -60 + walked * SPEED, RED, walked * 9)

    clip = film(tmp_path / "clip.mp4", stops + 11 + (WIDTH - STOPS_AT + 60) / SPEED, draw)
    described = build(read_text=False).describe([clip], "video", Wishes(places=True))
    (person,) = described.people
    (occurrence,) = person.occurrences
    assert occurrence.start == pytest.approx(1.3, abs=0.8)
    assert occurrence.end == pytest.approx(16.5, abs=1.0)
    assert [tag.name for tag in described.tags if tag.kind == "object"] == ["person"]
