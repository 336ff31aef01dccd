"""The moments of a video: each one thing, in the words that a person would search for. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engines.understanding import phrases
from engines.understanding.facts import SAID_FROM, Findings, Left, Subject
from engines.understanding.types import Moment

MOST = 40
_LASTS = 1.5  # seconds, an entering or a leaving
_GAP = 2.0  # seconds, between two that are told as one
_SHORTEST = 0.8
_STANDS_FOR = 3.0


@dataclass(frozen=True)
class Act:
    """One subject's one act; `who` and `does` make its sentence."""

    who: str
    does: str
    start: float
    end: float
    confidence: float


def moments(findings: Findings) -> tuple[Moment, ...]:
    """At most MOST, the surest, in the order of time."""
    acts = [act for subject in findings.subjects for act in subject_acts(subject)]
    told = [*(_moment(act) for act in _merged(acts)), *(_left(each) for each in findings.left)]
    told += [Moment(each.start, each.end, f"text seen: “{each.text}”", each.confidence) for each in findings.texts]
    best = sorted((each for each in told if each.confidence >= SAID_FROM), key=lambda each: -each.confidence)[:MOST]
    return tuple(sorted(best, key=lambda each: (each.start, each.end, each.text)))


def subject_acts(subject: Subject) -> list[Act]:
    """What it does as a whole, then its coming and its going."""
    track, movement = subject.track, subject.movement
    if track is None or track.seconds < _SHORTEST:
        return []
    who, sure = phrases.name(subject), subject.confidence
    if movement is None:
        return [Act(who, "faces the camera", track.start, track.end, sure)]
    acts = []
    does = phrases.doing(subject)
    if does is None and subject.category != "moving":
        does = "is in view"
    if does == "stands" and track.seconds < _STANDS_FOR:
        does = "is in view"
    if does is not None:
        acts.append(Act(who, does, track.start, track.end, sure))
    if movement.enters:
        acts.append(Act(who, phrases.entering(movement.enters), track.start, min(track.end, track.start + _LASTS), sure))
    if movement.leaves:
        acts.append(Act(who, phrases.leaving(movement.leaves), max(track.start, track.end - _LASTS), track.end, sure))
    return acts


def left_behind(left: Left) -> str:
    """ "a red object is left behind"."""
    words = phrases.noun(left.word)
    return f"{phrases.article(f'{left.colour} {words}' if left.colour else words)} is left behind"


def _left(left: Left) -> Moment:
    return Moment(left.start, left.end, left_behind(left), left.confidence)


def _merged(acts: Iterable[Act]) -> list[Act]:
    """The same words, soon after one another, are one moment."""
    merged: list[Act] = []
    for act in sorted(acts, key=lambda each: each.start):
        same = next((index for index, each in enumerate(merged) if _follows(act, each)), None)
        if same is None:
            merged.append(act)
        else:
            before = merged[same]
            merged[same] = Act(act.who, act.does, before.start, max(before.end, act.end), max(before.confidence, act.confidence))
    return merged


def _follows(act: Act, before: Act) -> bool:
    return (act.who, act.does) == (before.who, before.does) and act.start <= before.end + _GAP


def _moment(act: Act) -> Moment:
    return Moment(act.start, act.end, f"{act.who} {act.does}", act.confidence)


def distinct(found: Sequence[Moment]) -> tuple[str, ...]:
    """Each text once, in the order of its first time."""
    return tuple(dict.fromkeys(each.text for each in found))
