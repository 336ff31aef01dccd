"""Signatures: as often equal as the formula says, on vectors whose angles are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from sightline.alike.embedding import cosine
from sightline.alike.signature import BANDS, BITS, bands, signature

PAIRS = 400
IMAGE, FILM = 512, 64


def direction(random: Random, dimensions: int) -> list[float]:
    return [random.gauss(0, 1) for _ in range(dimensions)]


def at_cosine(wanted: float, vector: Sequence[float], random: Random) -> list[float]:
    """A vector at this cosine of another, in a random direction beside it."""
    other = direction(random, len(vector))
    share = sum(a * b for a, b in zip(vector, other, strict=True)) / sum(a * a for a in vector)
    beside = [b - share * a for a, b in zip(vector, other, strict=True)]
    scale = math.hypot(*vector) / math.hypot(*beside) * math.tan(math.acos(wanted))
    return [a + scale * b for a, b in zip(vector, beside, strict=True)]


def meet(one: Sequence[float], other: Sequence[float]) -> bool:
    return any(a == b for a, b in zip(bands(signature(one)), bands(signature(other)), strict=True))


def by_formula(wanted: float) -> float:
    return 1 - (1 - (1 - math.acos(wanted) / math.pi) ** BITS) ** BANDS


@pytest.mark.contract("the formula of random hyperplanes, Charikar 2002")
@pytest.mark.parametrize("dimensions", [IMAGE, FILM])
@pytest.mark.parametrize("wanted", [0.99, 0.95, 0.9, 0.8])
def test_noisy_copies_meet_as_often_as_the_formula_says(dimensions: int, wanted: float) -> None:
    random = Random(7)
    pairs = [(vector, at_cosine(wanted, vector, random)) for vector in (direction(random, dimensions) for _ in range(PAIRS // 2))]
    assert cosine(*pairs[0]) == pytest.approx(wanted)
    share = sum(meet(*pair) for pair in pairs) / len(pairs)
    expected = by_formula(wanted)
    assert share == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / len(pairs)) + 0.01)
    assert share >= 0.95 or wanted < 0.95


@pytest.mark.parametrize("dimensions", [IMAGE, FILM])
def test_strangers_hardly_ever_meet(dimensions: int) -> None:
    random = Random(11)
    marks = [bands(signature(direction(random, dimensions))) for _ in range(100)]
    pairs = list(combinations(marks, 2))
    share = sum(any(a == b for a, b in zip(one, other, strict=True)) for one, other in pairs) / len(pairs)
    assert share < 0.006, "by the formula 0.003"


def test_a_signature_is_of_the_direction_alone() -> None:
    vector = direction(Random(3), IMAGE)
    assert signature(vector) == signature([number * 1e-3 for number in vector])
    opposite = signature([-number for number in vector])
    assert signature(vector) ^ opposite == (1 << BANDS * BITS) - 1


def test_the_bands_are_the_signature_cut_in_parts() -> None:
    bits = signature(direction(Random(5), FILM))
    assert "".join(f"{band:0{BITS}b}" for band in bands(bits)) == f"{bits:0{BANDS * BITS}b}"


def test_what_is_stored_is_found_by_every_later_version() -> None:
    """Other planes would hide all that was ever remembered: whoever changes them has to move what is stored as well."""
    assert f"{signature([math.sin(number) for number in range(FILM)]):036x}" == "61a69d67b075abc7635ee720ed9157f7b319"
