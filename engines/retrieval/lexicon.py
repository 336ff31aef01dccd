"""The concepts that captions and questions speak of, in English and Chinese, read from lexicon.txt.

A concept bridges words (pedestrian, someone, 行人 are `person`) and so languages. It is a table of words, nothing learned: what it doesn't
list, it doesn't know.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engines.retrieval import tokens

SOURCE = Path(__file__).with_name("lexicon.txt")
STOP_WORDS = "stop words:"


class BrokenLexicon(Exception):
    """lexicon.txt can't be read: the message names the line and what is wrong with it."""


@dataclass(frozen=True)
class Group:
    """Concepts of a kind.

    `rate` is the share of captions taken to mention each; `exclusive` names a set of concepts of which a thing has only one.
    """

    name: str
    rate: float
    exclusive: str | None


@dataclass(frozen=True)
class Concept:
    """`ancestors` are the wider concepts (a dog is an animal), nearest first."""

    name: str
    group: Group
    ancestors: tuple[str, ...]


@dataclass
class Lexicon:
    fingerprint: str
    concepts: dict[str, Concept] = field(default_factory=dict)
    forms: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    stemmed: dict[tuple[str, ...], str] = field(default_factory=dict)
    longest: int = 1

    def lookup(self, atoms: Sequence[str]) -> tuple[bool, str | None]:
        """Whether the atoms are a form that is known, and its concept: None for a stop word."""
        form = tuple(atoms)
        if form in self.forms:
            return True, self.forms[form]
        stems = tuple(atom if tokens.is_han(atom) else tokens.stem(atom) for atom in form)
        return stems in self.stemmed, self.stemmed.get(stems)

    def rivals(self, name: str) -> frozenset[str]:
        """The concepts that can't be true of what this one is true of: other colours of red; other animals, people and vehicles of dog.

        A denied concept (`!person`) and the concept are each other's rivals.
        """
        if name.startswith("!"):
            return frozenset({name[1:]})
        lineage = (name, *self.concepts[name].ancestors)
        others = {
            other.name
            for other in self.concepts.values()
            if other.group.exclusive and name not in other.ancestors and other.name not in lineage
            for own in lineage
            if other.group.exclusive == self.concepts[own].group.exclusive
        }
        return frozenset(others | {"!" + own for own in lineage})


def _is_comment(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _group(line: str) -> Group:
    match = re.fullmatch(r"\[(\w+) rate=([\d.]+)(?: exclusive=(\w+))?\]", line)
    if match is None:
        raise BrokenLexicon(f"not a group, want [name rate=0.1 exclusive=set]: {line}")
    return Group(name=match[1], rate=float(match[2]), exclusive=match[3])


def _forms(text: str) -> Iterable[tuple[str, ...]]:
    for form in text.replace("|", ",").split(","):
        for sentence in tokens.sentences(form):
            yield tuple(sentence)


def _add(lexicon: Lexicon, group: Group, line: str) -> None:
    if line.startswith(STOP_WORDS):
        for form in _forms(line.removeprefix(STOP_WORDS)):
            lexicon.forms.setdefault(form, None)
        return
    head, colon, forms = line.partition(":")
    name, _, parent = (part.strip() for part in head.partition("<"))
    # Words of the index are separated by spaces, and so a name has none.
    name, parent = name.replace(" ", "_"), parent.replace(" ", "_")
    if not colon or (parent and parent not in lexicon.concepts):
        raise BrokenLexicon(f"want `concept < parent known before: form, form | form`: {line}")
    if not name.startswith("!"):
        ancestors = (parent, *lexicon.concepts[parent].ancestors) if parent else ()
        lexicon.concepts[name] = Concept(name, group, ancestors)
    for form in _forms(forms):
        if lexicon.forms.get(form, name) != name:
            raise BrokenLexicon(f"{' '.join(form)} belongs to {lexicon.forms[form]} already: {line}")
        lexicon.forms[form] = name
        lexicon.longest = max(lexicon.longest, len(form))


def parse(text: str) -> Lexicon:
    """Raises BrokenLexicon."""
    lexicon = Lexicon(fingerprint=hashlib.sha256(text.encode()).hexdigest())
    group: Group | None = None
    for line in text.splitlines():
        if _is_comment(line):
            continue
        if line.startswith("["):
            group = _group(line)
        elif group is None:
            raise BrokenLexicon(f"a concept before the first group: {line}")
        else:
            _add(lexicon, group, line)
    for form, name in lexicon.forms.items():
        if name is not None and not any(tokens.is_han(atom) for atom in form):
            lexicon.stemmed.setdefault(tuple(tokens.stem(atom) for atom in form), name)
    return lexicon


@cache
def load() -> Lexicon:
    return parse(SOURCE.read_text(encoding="utf-8"))
