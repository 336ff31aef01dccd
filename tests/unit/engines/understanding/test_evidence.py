"""The pure parts between pixels and words: tracks, movement, agreement, counting, moments."""

from __future__ import annotations

from collections import Counter

import pytest

from engines.understanding.colour import Look, agreed
from engines.understanding.detector import Detection
from engines.understanding.facts import Findings, Left, Subject
from engines.understanding.geometry import Box, inside, overlap, suppress
from engines.understanding.moments import MOST, moments
from engines.understanding.movement import Movement, Span, measure
from engines.understanding.reading import TextLine
from engines.understanding.sightings import SightingCollector, agreed_in_still
from engines.understanding.subjects import at_once, people_and_things
from engines.understanding.texts import TextCollector
from engines.understanding.tracks import Track, Tracker

SPAN = Span(width=640, height=360, start=0, end=10)
LOOK = Look("bright", monochrome=False, blank=None, colours=("grey",))


def track(
    *, x: float = 300, y: float = 150, dx: float = 0, dy: float = 0, size: tuple[float, float] = (30, 90), grow: float = 0, start: float = 2
) -> Track:
    """Three seconds at five frames a second; dx and dy in pixels, grow as a share of the size, a second."""
    result = Track()
    for index in range(16):
        time = index / 5
        width, height = (side * (1 + grow * time) for side in size)
        result.add(start + time, Box(x + dx * time, y + dy * time, width, height))
    return result


@pytest.mark.parametrize(
    ("moved", "direction"),
    [(track(dx=60), "right"), (track(dx=-60), "left"), (track(dy=25, grow=0.2), "towards"), (track(y=200, dy=-30, grow=-0.15), "away")],
)
def test_directions(moved: Track, direction: str) -> None:
    found = measure(moved, SPAN)
    assert found.direction == direction
    assert found.pace == "walks"


@pytest.mark.parametrize(("pixels_a_second", "pace"), [(0, "stands"), (10, "stands"), (72, "walks"), (120, "walks"), (180, "runs")])
def test_paces_are_in_body_heights(pixels_a_second: float, pace: str) -> None:
    assert measure(track(x=5, dx=pixels_a_second), SPAN).pace == pace


def test_entering_and_leaving_need_an_edge() -> None:
    assert measure(track(x=0, dx=60), SPAN).enters == "left"
    assert measure(track(x=0, dx=60), SPAN).leaves is None
    assert measure(track(x=430, dx=60), SPAN).leaves == "right"
    assert measure(track(x=200, dx=60), SPAN).enters is None


def test_going_and_coming_back() -> None:
    there, again = track(x=500, dx=-80), Track()
    for time, box in zip(there.times, there.boxes, strict=True):
        again.add(time, box)
    for index, box in enumerate(reversed(there.boxes)):
        again.add(there.end + 0.2 * (index + 1), box)
    found = measure(again, SPAN)
    assert (found.direction, found.returns, found.pace) == ("left", True, "walks")


def test_who_is_there_from_the_first_frame_has_not_entered() -> None:
    assert measure(track(x=0, dx=60, start=0), SPAN).enters is None


def test_two_who_pass_each_other_stay_two() -> None:
    tracker = Tracker()
    for index in range(20):
        tracker.update(index / 5, [Box(20 * index, 100, 30, 90), Box(380 - 20 * index, 130, 30, 90)])
    assert len(tracker.tracks) == 2
    assert [each.boxes[-1].x for each in tracker.tracks] == [380, 0]


def test_a_gap_is_bridged_and_a_long_one_is_not() -> None:
    tracker = Tracker()
    tracker.update(0, [Box(0, 0, 30, 90)])
    tracker.update(0.2, [Box(10, 0, 30, 90)])
    tracker.update(1.0, [Box(50, 0, 30, 90)])
    assert len(tracker.tracks) == 1
    tracker.update(5.0, [Box(50, 0, 30, 90)])
    assert len(tracker.tracks) == 2


SOMEWHERE = Box(10, 10, 50, 50)


def seen(label: str, score: float, box: Box = SOMEWHERE) -> Detection:
    return Detection(label, score, box)


def test_one_frame_alone_is_not_believed() -> None:
    collector = SightingCollector()
    collector.update(0, [seen("kite", 0.9)])
    assert collector.agreed() == []


def test_a_strong_frame_is_carried_by_weak_ones() -> None:
    collector = SightingCollector()
    for time, score in ((0, 0.4), (0.5, 0.6), (1, 0.36)):
        collector.update(time, [seen("cat", score)])
    assert [(each.label, each.confidence) for each in collector.agreed()] == [("cat", 0.6)]


def test_weak_frames_alone_are_not_believed() -> None:
    collector = SightingCollector()
    for time in range(5):
        collector.update(time / 2, [seen("dog", 0.5)])
    assert collector.agreed() == []


def test_one_thing_has_one_label() -> None:
    collector = SightingCollector()
    for time in range(4):
        collector.update(time / 2, [seen("car", 0.8), seen("truck", 0.6)])
    assert [each.label for each in collector.agreed()] == ["car"]
    assert [each.label for each in agreed_in_still([seen("truck", 0.6), seen("car", 0.8), seen("cat", 0.5)])] == ["car"]


def test_the_detector_names_what_moves() -> None:
    moving = track(dx=60, size=(60, 40))
    collector = SightingCollector()
    for time, box in zip(moving.times[::2], moving.boxes[::2], strict=True):
        collector.update(time, [seen("dog", 0.7, box)])
    subjects = people_and_things([moving], [], collector.agreed(), SPAN, detector_ran=True, monochrome=False)
    assert [(each.word, each.category) for each in subjects] == [("dog", "pet")]
    assert subjects[0].movement is not None
    assert subjects[0].movement.direction == "right"


def test_shape_alone_is_no_person_where_a_detector_looked() -> None:
    upright = track(dx=60)
    upright.steps = [0.3] * 5
    assert [each.word for each in people_and_things([upright], [], [], SPAN, detector_ran=False, monochrome=False)] == ["person"]
    assert [each.word for each in people_and_things([upright], [], [], SPAN, detector_ran=True, monochrome=False)] == [
        "unidentified moving object"
    ]


def test_what_goes_upright_without_legs_is_nobody() -> None:
    gliding = track(dx=60)
    gliding.steps = [0.01] * 5
    assert [each.word for each in people_and_things([gliding], [], [], SPAN, detector_ran=False, monochrome=False)] == [
        "unidentified moving object"
    ]


def test_a_body_that_the_detector_calls_a_thing_stays_a_body() -> None:
    body = track(dx=60)
    body.checks, body.upright_hits = 4, 3
    collector = SightingCollector()
    for time, box in zip(body.times[::2], body.boxes[::2], strict=True):
        collector.update(time, [seen("kite", 0.7, box)])
    assert [each.word for each in people_and_things([body], [], collector.agreed(), SPAN, detector_ran=True, monochrome=False)] == [
        "person"
    ]


def test_what_flutters_is_nobody() -> None:
    leaf = Track()
    for index in range(20):
        leaf.add(index / 5, Box(100 + 40 * (index % 2), 100, 30, 90))
    assert people_and_things([leaf], [], [], SPAN, detector_ran=False, monochrome=False) == []


def test_people_are_counted_at_once_and_not_by_tracks() -> None:
    tracks = [track(start=0), track(start=4), track(start=8), track(x=100, start=8)]
    subjects = [Subject("person", 0.9, track=each, movement=measure(each, SPAN)) for each in tracks]
    assert at_once(subjects) == {"person": 2}


def walks(start: float, colour: str | None = None) -> Subject:
    return Subject("person", 0.9, colour, movement=measure(track(dx=60, start=start), SPAN), track=track(dx=60, start=start))


def test_the_same_words_soon_after_one_another_are_one_moment() -> None:
    found = moments(Findings(LOOK, subjects=(walks(0), walks(4), walks(20))))
    assert [(each.start, each.end, each.text) for each in found] == [
        (0, 7, "a person walks to the right"),
        (20, 23, "a person walks to the right"),
    ]


def test_what_is_not_sure_is_not_told() -> None:
    unsure = Subject("person", 0.4, movement=measure(track(dx=60), SPAN), track=track(dx=60))
    assert moments(Findings(LOOK, subjects=(unsure,))) == ()


def test_moments_are_at_most_some_tens() -> None:
    left = tuple(Left(start=each, end=each + 1, word="object", colour=None, confidence=0.5 + each / 1000) for each in range(100))
    found = moments(Findings(LOOK, left=left))
    assert len(found) == MOST
    assert min(each.start for each in found) == 60


def test_a_running_clock_is_one_text() -> None:
    texts = TextCollector()
    for time in range(0, 10, 2):
        texts.add(time, [TextLine(f"CAM 3  2026-11-20 08:00:0{time}", 0.95, Box(10, 10, 200, 20))])
    found = texts.agreed(end=9)
    assert len(found) == 1
    assert (found[0].start, found[0].end) == (0, 9)


def test_a_text_ends_when_it_is_gone() -> None:
    texts = TextCollector()
    texts.add(0, [TextLine("GATE OPEN", 0.95, Box(10, 10, 200, 20))])
    texts.add(2, [])
    texts.add(4, [TextLine("a doubtful word", 0.82, Box(10, 10, 200, 20))])
    assert [(each.text, each.start, each.end) for each in texts.agreed(end=9)] == [("GATE OPEN", 0, 2)]


def test_a_colour_needs_votes() -> None:
    assert agreed(Counter(red=2)) is None
    assert agreed(Counter(red=3, blue=1)) == "red"
    assert agreed(Counter(red=2, blue=2, grey=2)) is None


def test_boxes() -> None:
    a, b = Box(0, 0, 10, 10), Box(5, 0, 10, 10)
    assert overlap(a, b) == pytest.approx(1 / 3)
    assert inside(a, b) == 0.5
    assert suppress([(a, 0.5), (a.moved(1, 0), 0.9), (b.moved(50, 0), 0.1)], 0.5) == [1, 2]


def test_a_movement_without_a_way_is_moving_about() -> None:
    about = Movement(direction=None, returns=False, pace="walks", speed=0.5, travelled=1, enters=None, leaves=None)
    found = moments(Findings(LOOK, subjects=(Subject("cat", 0.8, movement=about, track=track()),)))
    assert [each.text for each in found] == ["a cat moves about"]
