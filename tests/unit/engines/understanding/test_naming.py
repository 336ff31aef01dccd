"""When a name is said: votes of looks along tracks, crossings, doubles, faces against clothes. No pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engines.recognition.faces import METHOD, FaceReader
from engines.recognition.types import Algorithm, Features, Known, Likeness, pack
from engines.understanding.facts import Subject
from engines.understanding.geometry import Box
from engines.understanding.naming import Glimpse, Onlooker, named, told
from engines.understanding.tracks import Track
from engines.understanding.types import Wishes

MEI = Known("Mei", "faces", "face", Features(METHOD, "face", pack(np.zeros(128, np.float32))))


def walk(x: float = 100, start: float = 0.0, seconds: float = 8.0) -> Subject:
    """Somebody who goes to the right, 10 pixels a second."""
    track = Track()
    for step in range(int(seconds * 5) + 1):
        time = start + step / 5
        track.add(time, Box(x + 10 * (time - start), 50, 40, 100))
    return Subject("person", 0.9, "red", track=track)


def looks(subject: Subject, names: Sequence[str | None], kind: str = "person", score: float = 0.9) -> list[Glimpse]:
    """One a second at where the subject is."""
    track = subject.track
    assert track is not None
    algorithm: Algorithm = "face" if kind == "face" else "pedestrian"
    found = []
    for second, name in enumerate(names):
        index = second * 5
        body = track.boxes[index]
        box = Box(body.x + 10, body.y + 5, 15, 15) if kind == "face" else body
        found.append(Glimpse(kind, track.times[index], box, Likeness(name, "lib", algorithm, score) if name else None))
    return found


def names(subjects: Sequence[Subject], glimpses: Sequence[Glimpse], known: Sequence[Known] = ()) -> list[str | None]:
    onlooker = Onlooker(Wishes(known=tuple(known)), FaceReader())
    onlooker.glimpses.extend(glimpses)
    return [each.likeness.name if each.likeness else None for each in named(subjects, onlooker)]


@pytest.mark.parametrize(
    ("votes", "name"),
    [
        (["Mei", "Mei"], "Mei"),
        (["Mei"], None),
        (["Mei", "Mei", None, "Mei", None], "Mei"),
        (["Mei", "Mei", "Lan", "Lan"], None),
        (["Mei", "Mei", None, None, None], None),
        ([None, None, None], None),
        ([], None),
    ],
)
def test_a_name_needs_two_looks_and_most_of_them(votes: list[str | None], name: str | None) -> None:
    subject = walk()
    assert names([subject], looks(subject, votes)) == [name]


def test_a_look_counts_for_who_was_there_then() -> None:
    first, second = walk(x=100), walk(x=400)
    assert names([first, second], looks(first, ["Mei"] * 3)) == ["Mei", None]
    later = walk(x=100, start=20)
    assert names([first, later], looks(later, ["Mei"] * 3)) == [None, "Mei"]


def test_of_two_at_once_with_one_name_only_the_clearly_liker_keeps_it() -> None:
    first, second, later = walk(x=100), walk(x=400), walk(x=100, start=20)
    strong, weak = looks(first, ["Mei"] * 3, score=0.95), looks(second, ["Mei"] * 3, score=0.9)
    assert names([first, second], [*strong, *weak]) == ["Mei", None]
    assert names([first, second], [*looks(first, ["Mei"] * 3), *weak]) == [None, None]
    assert names([first, later], [*strong, *looks(later, ["Mei"] * 3)]) == ["Mei", "Mei"]


def test_a_face_is_believed_before_the_clothes() -> None:
    subject = walk()
    clothes = looks(subject, ["Mei"] * 4)
    assert names([subject], [*clothes, *looks(subject, ["Lan"], kind="face")]) == ["Lan"]
    # An unknown face above the clothes of somebody whose face is known, and of somebody whose face is not.
    assert names([subject], [*clothes, *looks(subject, [None], kind="face")], [MEI]) == [None]
    assert names([subject], [*clothes, *looks(subject, [None], kind="face")]) == ["Mei"]


def test_what_was_recognised_is_told_once_with_its_worth() -> None:
    alike = [Likeness("Mei", "lib", "pedestrian", score) for score in (0.9, 0.95)]
    notes = told([Subject("person", 0.9, likeness=each) for each in alike])
    assert len(notes) == 1
    assert notes[0].startswith("recognised Mei of lib with a score of 0.95, by the clothes alone")
