"""Names for those who are known: every look at somebody is compared, and a name is said where most looks at the same one agree on it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import mean

from engines.imaging import Image
from engines.recognition.appearance import appearance
from engines.recognition.crowd import FaceLook
from engines.recognition.cutout import figure
from engines.recognition.faces import METHOD, FaceReader
from engines.recognition.gallery import Gallery, means
from engines.recognition.types import Likeness
from engines.understanding.facts import Subject
from engines.understanding.geometry import Box, inside, overlap
from engines.understanding.tracks import Track
from engines.understanding.types import Wishes

_TOLERANCE = 0.3  # seconds between a look and a track's nearest box
_SAME_PLACE = 0.5
_AGREE = 0.6
"""Of the looks at one: tracks of people who cross sometimes swap them."""
_LOOKS = 2
_TOGETHER = 1.0  # seconds for which two who bear one name are in view: then one of them isn't it
_CLEARLY = 0.03


@dataclass(frozen=True)
class Glimpse:
    """One look at somebody at a time, in seconds. `kind` is the noun, or "face"; `likeness` is None where it resembles nobody known."""

    kind: str
    time: float
    box: Box
    likeness: Likeness | None


class Onlooker:
    """Compares what is seen of one media with those who are known, and keeps the looks. Costs nothing where nobody is known."""

    def __init__(self, wishes: Wishes, faces: FaceReader | None) -> None:
        self._gallery = Gallery(wishes.known, METHOD if faces else None)
        self._faces = faces if wishes.faces or self.knows("face") else None
        self._collects = wishes.faces
        self.glimpses: list[Glimpse] = []
        self.face_looks: list[FaceLook] = []

    @property
    def notes(self) -> tuple[str, ...]:
        return self._gallery.notes()

    @property
    def known_by_face(self) -> frozenset[str]:
        return self._gallery.names("face")

    def knows(self, kind: str) -> bool:
        return self._gallery.knows(kind)

    def body(self, kind: str, image: Image, box: Box, time: float = 0.0, scale: float = 1.0, mask: Image | None = None) -> None:
        """Look at the clothes or the coat; the look is kept with its box times `scale`."""
        if not self.knows(kind):
            return
        seen = figure(image, box) if kind == "person" and mask is None else appearance(image, box, mask)
        if seen is not None:
            self.glimpses.append(Glimpse(kind, time, box.scaled(scale), self._gallery.resembling(kind, seen)))

    def face(self, image: Image, box: Box, time: float = 0.0, scale: float = 1.0) -> None:
        if self._faces is None or (seen := self._faces.vector(image, box)) is None:
            return
        if self._collects:
            self.face_looks.append(FaceLook(time, box.scaled(scale), seen))
        if self.knows("face"):
            self.glimpses.append(Glimpse("face", time, box.scaled(scale), self._gallery.same_face(seen)))


def named(subjects: Sequence[Subject], onlooker: Onlooker) -> tuple[Subject, ...]:
    """The same subjects, those with a likeness on whom the looks agree. Of two who would bear one name at once only the clearly liker."""
    ordered = sorted(onlooker.glimpses, key=lambda each: each.time)
    times = [each.time for each in ordered]
    alike = [_likeness(subject, _looks_at(subject, ordered, times), onlooker.known_by_face) for subject in subjects]
    for first, second in combinations([index for index, each in enumerate(alike) if each], 2):
        a, b = alike[first], alike[second]
        if a and b and a.name == b.name and _at_once(subjects[first], subjects[second]):
            alike[first] = a if a.score > b.score + _CLEARLY else None
            alike[second] = b if b.score > a.score + _CLEARLY else None
    return tuple(replace(subject, likeness=likeness) for subject, likeness in zip(subjects, alike, strict=True))


def told(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """Who was recognised, how surely, and what that is worth."""
    best: dict[tuple[str, str], Likeness] = {}
    for likeness in (subject.likeness for subject in subjects):
        if likeness and likeness.score > (before.score if (before := best.get((likeness.name, likeness.group))) else 0.0):
            best[likeness.name, likeness.group] = likeness
    return tuple(
        f"recognised {each.name} of {each.group} with a score of {each.score:.2f}, {means(each.algorithm)}" for each in best.values()
    )


def _looks_at(subject: Subject, ordered: Sequence[Glimpse], times: Sequence[float]) -> list[Glimpse]:
    track = subject.track
    if track is None:
        return [each for each in ordered if _is_in_still(each, subject)]
    first, last = bisect_left(times, track.start - _TOLERANCE), bisect_left(times, track.end + _TOLERANCE)
    return [each for each in ordered[first:last] if _is_on_track(each, subject.word, track)]


def _is_in_still(glimpse: Glimpse, subject: Subject) -> bool:
    if glimpse.kind == "face":
        return subject.face is not None and overlap(glimpse.box, subject.face) > _SAME_PLACE
    return glimpse.kind == subject.word and subject.box is not None and overlap(glimpse.box, subject.box) > _SAME_PLACE


def _is_on_track(glimpse: Glimpse, word: str, track: Track) -> bool:
    after = min(bisect_left(track.times, glimpse.time), len(track.times) - 1)
    nearest = min((max(after - 1, 0), after), key=lambda index: abs(track.times[index] - glimpse.time))
    if abs(track.times[nearest] - glimpse.time) > _TOLERANCE:
        return False
    if glimpse.kind == "face":
        return word == "person" and inside(glimpse.box, track.boxes[nearest]) > _SAME_PLACE
    return glimpse.kind == word and overlap(glimpse.box, track.boxes[nearest]) > _SAME_PLACE


def _likeness(subject: Subject, looks: Sequence[Glimpse], known_by_face: frozenset[str]) -> Likeness | None:
    """By the face where that was seen, else by the colours, of which one look alone proves little in a video.

    Whose face is known is not named by the clothes when another face was seen above them.
    """
    faces = [each.likeness for each in looks if each.kind == "face"]
    bodies = [each.likeness for each in looks if each.kind != "face"]
    by_face, by_colours = _agreed(faces, 1), _agreed(bodies, _LOOKS if subject.track else 1)
    contradicted = bool(faces) and by_colours is not None and by_colours.name in known_by_face
    return by_face or (None if contradicted else by_colours)


def _agreed(likenesses: Sequence[Likeness | None], least: int) -> Likeness | None:
    votes = Counter(each.name for each in likenesses if each)
    if not votes:
        return None
    name, count = votes.most_common(1)[0]
    if count < least or count < _AGREE * len(likenesses):
        return None
    same = [each for each in likenesses if each and each.name == name]
    return replace(max(same, key=lambda each: each.score), score=mean(each.score for each in same))


def _at_once(a: Subject, b: Subject) -> bool:
    if a.track is None or b.track is None:
        return True
    return min(a.track.end, b.track.end) - max(a.track.start, b.track.start) > _TOGETHER
