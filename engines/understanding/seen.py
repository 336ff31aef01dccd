"""Findings as people, tags and readings: what was seen, where and when, in the pixels of the media itself. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engines.recognition.crowd import FaceLook, told_apart
from engines.recognition.faces import features
from engines.understanding.facts import SAID_FROM, UNIDENTIFIED, Findings, Subject
from engines.understanding.geometry import Box
from engines.understanding.moments import moments
from engines.understanding.phrases import DOING
from engines.understanding.subjects import holds
from engines.understanding.tracks import Track
from engines.understanding.types import FaceSeen, Occurrence, PersonSeen, Position, Reading, ReadLine, Tag

_FACE_GAP = 5.0
"""Seconds between two looks at a face that are told as one stretch of time: faces are looked for every two."""


def people(findings: Findings) -> tuple[PersonSeen, ...]:
    """Those who are surely people, in the order of their coming."""
    found = [subject for subject in findings.subjects if subject.category == "person" and subject.confidence >= SAID_FROM]
    seen = [_person(subject, findings) for subject in found]
    return tuple(sorted(seen, key=lambda person: person.occurrences[0].start))


def _person(subject: Subject, findings: Findings) -> PersonSeen:
    likeness = subject.likeness
    return PersonSeen(
        (_occurrence(subject, findings.scale),),
        tuple(_faces(subject, findings)),
        name=likeness.name if likeness else None,
        group=likeness.group if likeness else None,
    )


def tags(findings: Findings) -> tuple[Tag, ...]:
    """Nouns, the most often seen first, then acts. What is unidentified has no noun."""
    nouns: dict[str, list[Occurrence]] = {}
    for subject in findings.subjects:
        if subject.confidence >= SAID_FROM and subject.word != UNIDENTIFIED:
            nouns.setdefault(subject.word, []).append(_occurrence(subject, findings.scale))
    acts: dict[str, list[Occurrence]] = {}
    for moment in moments(findings):
        if moment.text.startswith("text seen"):
            continue
        for verb in dict.fromkeys(DOING[word] for word in moment.text.split(" ") if word in DOING):
            acts.setdefault(verb, []).append(Occurrence(moment.start, moment.end, moment.confidence, moment.start))
    most_seen = sorted(nouns.items(), key=lambda named: -len(named[1]))
    return (
        *(Tag("object", word, _in_order(seen)) for word, seen in most_seen),
        *(Tag("action", word, _in_order(seen)) for word, seen in acts.items()),
    )


def readings(findings: Findings) -> tuple[Reading, ...]:
    return tuple(
        Reading(at.time, tuple(ReadLine(line.text, line.score, _position(line.box.scaled(at.scale))) for line in at.lines))
        for at in findings.readings
    )


def faces(findings: Findings) -> tuple[FaceSeen, ...]:
    """Every face that was compared, each person once."""
    return tuple(
        FaceSeen(features(person.vector), tuple(_run(run, findings.scale) for run in person.stretches(_FACE_GAP)))
        for person in told_apart(findings.face_looks)
    )


def _run(looks: Sequence[FaceLook], scale: float) -> Occurrence:
    largest = max(looks, key=lambda look: look.box.area)
    return Occurrence(looks[0].time, looks[-1].time, 1.0, largest.time, _position(largest.box.scaled(scale)))


def _occurrence(subject: Subject, scale: float) -> Occurrence:
    if subject.track is not None:
        return _tracked(subject.track, subject.confidence, scale)
    return Occurrence(0.0, 0.0, subject.confidence, 0.0, _position(subject.box) if subject.box else None)


def _tracked(track: Track, score: float, scale: float) -> Occurrence:
    """With the place where it was largest: there it is best seen."""
    largest = max(range(len(track.boxes)), key=lambda index: track.boxes[index].area)
    return Occurrence(track.start, track.end, score, track.times[largest], _position(track.boxes[largest].scaled(scale)))


def _faces(subject: Subject, findings: Findings) -> Iterable[Occurrence]:
    if subject.face is not None:
        yield Occurrence(0.0, 0.0, subject.confidence, 0.0, _position(subject.face))
    if subject.track is None:
        return
    for face in findings.faces:
        if face is subject.track or (len(face.times) >= 2 and holds(subject.track, face)):
            yield _tracked(face, subject.confidence, findings.scale)


def _position(box: Box) -> Position:
    return Position(max(0, round(box.x)), max(0, round(box.y)), round(box.right), round(box.bottom))


def _in_order(seen: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
    return tuple(sorted(seen, key=lambda each: (each.start, each.end)))
