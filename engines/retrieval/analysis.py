"""A sentence to what it mentions, and mentions to the terms under which a passage is indexed.

Terms: a plain word (`walk`, `红色`), `#concept` said, `^concept` implied by a narrower one (a dog is an animal), `!concept` denied ("no
people"). A denied word isn't a term: a caption that says that nobody is there must not be found by "person".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engines.retrieval import tokens
from engines.retrieval.lexicon import Lexicon

# How many mentions a denial covers; a comma or a semicolon ends it before.
_DENIAL_REACH = {"no": 4, "without": 1}
# Nobody in the corridor at night: the corridor and the night are there.
_UNDENIED = frozenset({"place", "inside", "time", "hour"})
_CHANGES_OF_MIND = frozenset({"but", "while", "但", "而"})


@dataclass(frozen=True)
class Mention:
    """Atoms start:end of a sentence: a form of a concept, or (concept None) a word that the lexicon doesn't know."""

    start: int
    end: int
    concept: str | None
    denied: bool = False


def _known(atoms: Sequence[str], start: int, lexicon: Lexicon) -> tuple[int, str | None] | None:
    """The end and the concept of the longest known form that starts here."""
    for end in range(min(len(atoms), start + lexicon.longest), start, -1):
        found, concept = lexicon.lookup(atoms[start:end])
        if found:
            return end, concept
    return None


def _unknown_end(atoms: Sequence[str], start: int, lexicon: Lexicon) -> int:
    """An unknown English word ends at its end; unknown Chinese goes on until something known, or something else, begins."""
    end = start + 1
    while tokens.is_han(atoms[start]) and end < len(atoms) and tokens.is_han(atoms[end]) and _known(atoms, end, lexicon) is None:
        end += 1
    return end


def _can_be_denied(concept: str | None, lexicon: Lexicon) -> bool:
    known = lexicon.concepts.get(concept or "")
    return known is None or known.group.name not in _UNDENIED


def mentions(atoms: Sequence[str], lexicon: Lexicon) -> Iterator[Mention]:
    """What a sentence mentions, in its order; stop words are left out."""
    position = reach = 0
    while position < len(atoms):
        start = position
        if atoms[start] in tokens.CLAUSE_ENDS or atoms[start] in _CHANGES_OF_MIND:
            position, reach = start + 1, 0
            continue
        known = _known(atoms, start, lexicon)
        position, concept = known or (_unknown_end(atoms, start, lexicon), None)
        if concept in _DENIAL_REACH:
            reach = _DENIAL_REACH[concept]
        elif known is None or concept is not None:
            yield Mention(start, position, concept, denied=reach > 0 and _can_be_denied(concept, lexicon))
            reach = max(0, reach - 1)


def _concept_terms(mention: Mention, lexicon: Lexicon) -> Iterator[str]:
    if mention.concept is None:
        return
    if mention.concept.startswith("!"):
        yield mention.concept
    elif mention.denied:
        yield "!" + mention.concept
    else:
        yield "#" + mention.concept
        yield from ("^" + ancestor for ancestor in lexicon.concepts[mention.concept].ancestors)


def _runs(atoms: Sequence[str], denied: set[int]) -> Iterator[list[str]]:
    """Neighbouring Chinese characters together, English words one by one, denied ones left out."""
    run: list[str] = []
    for position, atom in enumerate(atoms):
        if tokens.is_han(atom) and position not in denied:
            run.append(atom)
            continue
        if run:
            yield run
        run = []
        if position not in denied and atom not in tokens.CLAUSE_ENDS:
            yield [atom]
    if run:
        yield run


def passage_terms(atoms: Sequence[str], lexicon: Lexicon) -> frozenset[str]:
    """The terms of one sentence."""
    found = list(mentions(atoms, lexicon))
    terms = {term for mention in found for term in _concept_terms(mention, lexicon)}
    denied = {position for mention in found if mention.denied for position in range(mention.start, mention.end)}
    for run in _runs(atoms, denied):
        # Bigrams for what is asked in two characters and more, each character for what is asked in one.
        terms.update(tokens.words(run))
        terms.update(run if tokens.is_han(run[0]) else ())
    return frozenset(terms)


def passages(text: str, lexicon: Lexicon) -> list[frozenset[str]]:
    return [passage_terms(atoms, lexicon) for atoms in tokens.sentences(encodable(text))]


def encodable(text: str) -> str:
    """JSON can carry half a surrogate pair, which no file can."""
    return re.sub("[\ud800-\udfff]", " ", text)
