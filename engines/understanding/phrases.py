"""Plain English for single facts: nouns with their numbers and colours, what somebody does, lists."""

from __future__ import annotations

from collections.abc import Sequence

from engines.understanding.colour import Look
from engines.understanding.facts import BAGS, BY_SHAPE, Subject
from engines.understanding.movement import Direction, Side

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PLURALS = {"person": "people", "sheep": "sheep", "knife": "knives", "skis": "skis", "scissors": "scissors", "mouse": "mice"}
DOING = {
    "walks": "walking",
    "runs": "running",
    "stands": "standing",
    "enters": "entering",
    "leaves": "leaving",
    "moves": "moving",
    "drives": "driving",
}
"""What is told of somebody, as it is told of nobody."""
_HISSING = ("s", "x", "ch", "sh")
_ALREADY_PLURAL = frozenset({"skis", "scissors"})
_WAYS: dict[Direction, str] = {
    "left": "to the left",
    "right": "to the right",
    "towards": "towards the camera",
    "away": "away from the camera",
}
_SIDES: dict[Side, str] = {"left": "the left", "right": "the right", "top": "the top", "bottom": "the bottom"}


def number(count: int) -> str:
    return _NUMBERS[count] if 0 < count < len(_NUMBERS) else str(count)


def plural(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    return word + ("es" if word.endswith(_HISSING) else "s")


def article(words: str) -> str:
    if words in _ALREADY_PLURAL:
        return words
    return f"{'an' if words[0] in 'aeio' or words.startswith(('umb', 'uni' + 'd')) else 'a'} {words}"


def counted(word: str, count: int) -> str:
    """ "a person", "two people"."""
    return article(noun(word)) if count == 1 else f"{number(count)} {plural(noun(word))}"


def noun(word: str) -> str:
    """A bag is called one too, whatever kind of bag it is: that is the word that people search for."""
    return f"bag ({word})" if word in BAGS else word


def name(subject: Subject) -> str:
    """ "a person wearing red", or what it is called."""
    if subject.called:
        return subject.called
    words = article(noun(subject.word))
    return f"{words} wearing {subject.colour}" if subject.colour else words


def doing(subject: Subject) -> str | None:
    """What it does, as a verb with its way: "walks to the right"; None for what does nothing worth saying."""
    movement = subject.movement
    if movement is None:
        return None
    if not subject.moves:
        return "stands" if subject.category == "person" and movement.pace == "stands" else None
    verb = _verb(subject, movement.pace)
    if movement.direction is None or (subject.category == "moving" and movement.direction in ("towards", "away")):
        return f"{verb} about"
    return f"{verb} {_WAYS[movement.direction]}" + (" and back" if movement.returns else "")


def _verb(subject: Subject, pace: str) -> str:
    """A gait is told from the stride of an upright figure, so of a pet only its running is said; a vehicle drives.

    A pace is measured in body heights, so nobody runs of whom the whole body was not confirmed.
    """
    if subject.category == "vehicle":
        return "drives"
    if subject.category == "person":
        return "moves" if pace == "runs" and subject.confidence <= BY_SHAPE else pace
    return pace if subject.category == "pet" and pace == "runs" else "moves"


def entering(side: Side) -> str:
    return f"enters from {_SIDES[side]}"


def leaving(side: Side) -> str:
    return f"leaves at {_SIDES[side]}"


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "…")) else ".")


def shortened(words: str, longest: int) -> str:
    """Cut at a word."""
    return words if len(words) <= longest else words[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def light(look: Look) -> str:
    """The light, as far as brightness can tell: it knows no hour."""
    if look.monochrome:
        # Infrared lamps make a night as bright as a day.
        words = "dark, as at night" if look.light == "dark" else look.light
        return f"{words}, without colour, as an infrared or black-and-white camera sees"
    return {
        "bright": "bright, as by day",
        "dim": "dim",
        "dark": "dark, as at night",
        "changing": "dark at some times and bright at others",
    }[look.light]
