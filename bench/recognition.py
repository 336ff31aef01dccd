"""How well clothes tell people apart, in an open set: `python -m bench.recognition vtest.avi` (of Debian's package opencv-doc).

recognition_people.csv holds 350 looks at the people of that footage (PETS 2009, S2.L1), named by eye by what they wear: R red and navy,
W a red jacket, L light blue, U blue; and those who can't be told apart by eye, as B, G, H, D, N, K, who wear black, grey or brown above
black or blue. In each round five of the ten are enrolled with two samples each, as a caller's pictures are, and every look from another
moment is compared. The footage is one camera, a minute and a half, one light: other places and other days will do worse.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import cv2
import numpy as np

from engines.imaging import Image, frames
from engines.imaging.pictures import shrink
from engines.recognition.appearance import Appearance, appearance
from engines.recognition.cutout import figure
from engines.recognition.gallery import Gallery
from engines.recognition.types import Features, Known
from engines.understanding.geometry import Box
from engines.understanding.motion import MotionDetector
from engines.understanding.people import PeopleFinder

_LABELS = Path(__file__).with_name("recognition_people.csv")
_RATE, _HALF, _WARM = 5.0, 384, 30
_TELLABLE = ("R", "W", "L", "U")
_ALIKE = ("B", "G", "H", "D", "N", "K")
_APART_SECONDS = 3.0


@dataclass(frozen=True)
class Look:
    """One labelled look: as a sample's picture it has `features` (None where it is refused), as part of a video an appearance."""

    who: str
    seconds: float
    features: Features | None
    seen: Appearance | None


@dataclass
class Outcome:
    """Looks at those who are enrolled and wear what few wear: named rightly, not, or as another; at others: how many, how many named."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    strangers: int = 0
    named_strangers: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong + self.named_strangers)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed + self.wrong)


def looks(video: Path) -> list[Look]:
    """All labelled looks at the footage."""
    with _LABELS.open() as file:
        labels = [(row["who"], float(row["seconds"]), Box(*(float(row[key]) for key in _SIDES))) for row in csv.DictReader(file)]
    stream = frames(video, _RATE, longest=2 * _HALF)
    warm = list(islice(stream, _WARM))
    motion, people, found = MotionDetector([shrink(frame.image, _HALF) for frame in warm]), PeopleFinder(), list[Look]()
    for frame in chain(warm, stream):
        mask = cv2.resize(motion.apply(shrink(frame.image, _HALF)).mask, (frame.image.shape[1], frame.image.shape[0]))
        for who, seconds, box in labels:
            if abs(seconds - frame.time) < 0.01:
                found.append(Look(who, seconds, _sample(frame.image, box, people), appearance(frame.image, box, mask)))
    return found


_SIDES = ("x", "y", "width", "height")


def _sample(image: Image, box: Box, people: PeopleFinder) -> Features | None:
    """As an enrolment finds it in a picture of the person with some background around."""
    picture = image[box.grown(0.25, image.shape[1], image.shape[0]).pixels()]
    bodies = people.upright_in_sample(picture)
    seen = figure(picture, max(bodies, key=lambda body: body.height)) if bodies else None
    return seen.features("person") if seen else None


def measure(seen: list[Look], rounds: int = 20, seed: int = 1) -> Outcome:
    random, outcome = np.random.default_rng(seed), Outcome()
    for _ in range(rounds):
        names = [*random.permutation(_TELLABLE)[:2], *random.permutation(_ALIKE)[:3]]
        samples = [look for name in names for look in _two(seen, name, random)]
        gallery = Gallery(Known(look.who, "bench", "pedestrian", look.features) for look in samples if look.features)
        for look in seen:
            if not any(look.who == other.who and abs(look.seconds - other.seconds) < _APART_SECONDS for other in samples):
                _count(outcome, look, gallery, names)
    return outcome


def _two(seen: list[Look], name: str, random: np.random.Generator) -> list[Look]:
    usable = [look for look in seen if look.who == name and look.features]
    return [usable[index] for index in random.choice(len(usable), 2, replace=False)]


def _count(outcome: Outcome, look: Look, gallery: Gallery, names: list[str]) -> None:
    likeness = gallery.resembling("person", look.seen) if look.seen else None
    if look.who in names and look.who in _TELLABLE:
        outcome.right += likeness is not None and likeness.name == look.who
        outcome.missed += likeness is None
        outcome.wrong += likeness is not None and likeness.name != look.who
    else:
        outcome.strangers += 1
        outcome.named_strangers += likeness is not None and likeness.name != look.who


def table(outcome: Outcome, count: int) -> str:
    return (
        f"{count} labelled looks at the people of PETS 2009 (vtest.avi), 20 rounds, two samples each; one look, before looks vote.\n\n"
        "| named rightly | not named | named as another | strangers' looks | of them named | precision | recall |\n"
        "|---|---|---|---|---|---|---|\n"
        f"| {outcome.right} | {outcome.missed} | {outcome.wrong} | {outcome.strangers} | {outcome.named_strangers} "
        f"| {outcome.precision:.3f} | {outcome.recall:.3f} |"
    )


if __name__ == "__main__":
    every = looks(Path(sys.argv[1]))
    print(table(measure(every), len(every)))
