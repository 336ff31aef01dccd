"""What each track was: the evidence of motion, classifiers, faces and detector weighed into one noun and a confidence. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median, pstdev

from engines.understanding.colour import agreed
from engines.understanding.facts import BY_SHAPE, UNIDENTIFIED, Subject
from engines.understanding.geometry import Box, inside, overlap
from engines.understanding.movement import Movement, Span, measure
from engines.understanding.sightings import Sighting
from engines.understanding.tracks import Track

_LEAST_FRAMES = 4
_UPRIGHT = 0.75  # width / height, at most
_WIDE = 1.35  # width / height, at least
_STEADY = 0.25  # a rigid thing keeps its shape: standard deviation / mean of width / height, at most
# The lower outline of those who walk through the PETS 2009 footage changes by 0.15 to 0.45 in a fifth of a second, that of drawn cloth in
# the wind by up to 0.14, and that of drawn things that are rolled or driven by 0.04 at most.
_LEGS, _NO_LEGS, _RIGID = 0.15, 0.12, 0.04
_SHORTEST = 1.0  # seconds
_SMALLEST_HEIGHT = 14  # pixels of the half-size picture
_SOLID = 0.4
_STRAIGHT = 0.5
_MANY = 10
_GOOD_PART = 0.3
_TOLERANCE = 0.3  # seconds between a detector's frame and a motion's


def people_and_things(
    tracks: Sequence[Track],
    faces: Sequence[Track],
    sightings: Sequence[Sighting],
    span: Span,
    detector_ran: bool,
    monochrome: bool,
    left: Sequence[Box] = (),
) -> list[Subject]:
    """Each thing once, whichever of the methods saw it. All boxes in the same pixels; `left` are those of objects left behind."""
    judge = _Judge(span, detector_ran, _restless(tracks), monochrome)
    subjects: list[Subject] = []
    explained: set[int] = set()
    for track in tracks:
        if any(_stays_at(track, box) for box in left):
            continue
        same = [index for index, sighting in enumerate(sightings) if _together(track, sighting)]
        subject = judge.subject(track, [sightings[index] for index in same])
        if subject is not None:
            subjects.append(subject)
            explained.update(same)
    for index, sighting in enumerate(sightings):
        if index not in explained:
            subjects.append(Subject(sighting.label, sighting.confidence, movement=measure(sighting.track, span), track=sighting.track))
    subjects.extend(_faces_alone(faces, subjects))
    return subjects


@dataclass(frozen=True)
class _Judge:
    """Weighs the evidence of one moving blob's track."""

    span: Span
    detector_ran: bool
    restless: bool
    monochrome: bool

    def subject(self, track: Track, sightings: Sequence[Sighting]) -> Subject | None:
        if len(track.times) < _LEAST_FRAMES:
            return None
        movement = measure(track, self.span)
        said = self._by_detector(track, sightings) or self._by_classifier(track, movement) or self._by_shape(track, movement)
        if said is None:
            return None
        word, confidence = said
        colour = None if self.monochrome or word != "person" else agreed(track.colours)
        return Subject(word, confidence, colour, track.face_hits >= 2, movement, track)

    def _by_detector(self, track: Track, sightings: Sequence[Sighting]) -> tuple[str, float] | None:
        """What it was called through a good part of its way. A thing that the classifier takes for a body is a body."""
        best = max(sightings, key=lambda each: len(each.track.times), default=None)
        if best is None or _shared_part(track, best) < _GOOD_PART:
            return None
        if best.label == "person":
            return "person", max(best.confidence, 0.9 if track.upright_hits else 0.0)
        is_thing = Subject(best.label, 1.0).category in ("thing", "bag")
        return None if is_thing and _surely_upright(track) else (best.label, best.confidence)

    def _by_classifier(self, track: Track, movement: Movement) -> tuple[str, float] | None:
        """What goes along without moving a limb is no body, however much the classifier takes its outline for one."""
        if track.face_hits >= 2:
            return "person", 0.9
        if movement.travelled >= 0.5 and track.gait is not None and track.gait <= _RIGID:
            return None
        if _surely_upright(track):
            return "person", 0.9
        if track.upright_hits and self._shape(track) <= 1.0 and movement.travelled >= 0.3:
            return "person", 0.75
        return None

    def _by_shape(self, track: Track, movement: Movement) -> tuple[str, float] | None:
        """Upright and on legs is a person, wide and rigid a vehicle, where no detector knew better; else it only moves."""
        if self.restless or not _goes_its_way(track, movement):
            return None
        shape = self._shape(track)
        if not self.detector_ran and shape <= _UPRIGHT and track.gait is not None and track.gait >= _LEGS:
            return "person", BY_SHAPE
        far = movement.travelled >= 1.0
        if not self.detector_ran and shape >= _WIDE and not track.upright_hits and far and _rigid(track, self.span):
            return "vehicle", BY_SHAPE
        return (UNIDENTIFIED, 0.5) if far else None

    def _shape(self, track: Track) -> float:
        return median(box.width / box.height for box in _uncut(track, self.span))


def _stays_at(track: Track, box: Box) -> bool:
    """Whether it is the object that was left there: for most of its time it is nowhere else."""
    return median(overlap(each, box) for each in track.boxes) > 0.5


def _surely_upright(track: Track) -> bool:
    return track.upright_hits >= 2 and track.upright_hits >= 0.25 * track.checks


def _goes_its_way(track: Track, movement: Movement) -> bool:
    """Long enough, large enough, all of a piece and straight on: what leaves in the wind, rain and shadows are not."""
    return (
        track.seconds >= _SHORTEST
        and len(track.times) >= _LEAST_FRAMES + 1
        and movement.travelled >= 0.5
        and median(box.height for box in track.boxes) >= _SMALLEST_HEIGHT
        and median(track.scores) >= _SOLID
        and track.straightness >= _STRAIGHT
    )


def _rigid(track: Track, span: Span) -> bool:
    shapes = [box.width / box.height for box in _uncut(track, span)]
    if track.gait is None or track.gait > _NO_LEGS:
        return False
    return pstdev(shapes) <= _STEADY * mean(shapes)


def _restless(tracks: Sequence[Track]) -> bool:
    """Whether most of what moves is nobody: leaves in the wind, water, a drifting light. Then shape alone proves nothing."""
    lasting = [track for track in tracks if len(track.times) >= _LEAST_FRAMES]
    unknown = sum(not track.upright_hits for track in lasting)
    return unknown >= _MANY and unknown > 0.8 * len(lasting)


def _uncut(track: Track, span: Span) -> list[Box]:
    """The boxes that no edge of the frame cuts, or all of them where there are too few."""
    whole = [box for box in track.boxes if box.is_within(span.width, span.height)]
    return whole if len(whole) >= _LEAST_FRAMES else track.boxes


def _overlaps(track: Track, sighting: Sighting) -> list[float]:
    """How well the boxes agree, at each time at which both were seen."""
    return [
        max(overlap(box, other), inside(other, box) if other.area > 0.2 * box.area else 0.0)
        for time, box in zip(track.times, track.boxes, strict=True)
        if (other := sighting.box_at(time, _TOLERANCE)) is not None
    ]


def _together(track: Track, sighting: Sighting) -> bool:
    """Whether a moving blob and a detector's track are the same thing: in the same place whenever both were seen."""
    shared = _overlaps(track, sighting)
    return len(shared) >= 2 and median(shared) >= 0.4


def _shared_part(track: Track, sighting: Sighting) -> float:
    return len(_overlaps(track, sighting)) / len(track.times)


def _faces_alone(faces: Sequence[Track], subjects: Sequence[Subject]) -> list[Subject]:
    """A face in two frames that belongs to nobody who was found otherwise."""
    people = [subject.track for subject in subjects if subject.word == "person" and subject.track is not None]
    return [
        Subject("person", 0.85, facing=True, track=face)
        for face in faces
        if len(face.times) >= 2 and not any(holds(person, face) for person in people)
    ]


def holds(person: Track, face: Track) -> bool:
    """Whether the face was in the person's box at a time at which both were seen."""
    return any(
        abs(time - other) <= _TOLERANCE and inside(box, holder) > 0.5
        for time, box in zip(face.times, face.boxes, strict=True)
        for other, holder in zip(person.times, person.boxes, strict=True)
    )


def at_once(subjects: Iterable[Subject]) -> dict[str, int]:
    """The most of each word in view at the same time: in two samples at least, so that one stray blob adds nobody.

    Those who were recognised are not counted. Never the number of tracks: a track breaks wherever somebody is hidden for a moment, so that
    counts the same people again and again.
    """
    samples: dict[str, Counter[float]] = {}
    for subject in subjects:
        if subject.track is not None and subject.likeness is None:
            for time in _present(subject.track):
                samples.setdefault(subject.word, Counter())[time] += subject.track.together.get(time, 1)
    return {word: _second_largest(counts) for word, counts in samples.items()}


def _present(track: Track) -> set[float]:
    """The times at which it was seen, to a half of a second."""
    return {round(time * 2) / 2 for time in track.times}


def _second_largest(counts: Counter[float]) -> int:
    largest = sorted(counts.values(), reverse=True)
    return largest[1] if len(largest) > 1 else largest[0]
