"""How well a passage, or a media, answers a query: a pure function of terms, 0 to 1.

A query is a few facets (person, red, walking, to the right), each worth what it tells: -ln of the share of media that have it. The
score is the share of the query's worth that is found. That is the binary independence model, BM25 with k1 = 0 (Robertson and Zaragoza,
"The Probabilistic Relevance Framework", 2009), for a caption says a thing once; divided by what a perfect answer would get, so that
scores of different queries can be compared and one threshold serves all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

THRESHOLD = 0.45
"""Below it, less than about half of what was asked is there. Set by reasoning on a few hand-written captions."""

# The two signals of a facet that the lexicon knows, as a convex combination (Bruch et al., arXiv 2210.11934, prefer it to rank fusion).
CONCEPT_SHARE = 0.9
# Asked for a dog, told of an animal: it may well be.
WIDER_SHARE = 0.7
# Asked for red, told of blue only: worse than not being told at all.
CONTRADICTION = -0.6
# The rest of the score is for what is said in one breath: red and to the right, not one in red and another to the right.
WHOLE_SHARE = 0.7
# The library's own counts are mixed with those of this many imagined captions, so that a library of three media gives sensible weights too.
PRIOR_CAPTIONS = 50
UNKNOWN_RATE = 0.01
# Between them: a word on every caption still decides among otherwise equal ones, and one odd word doesn't sink all the others.
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 4.0


@dataclass(frozen=True)
class Facet:
    """One thing that is asked for.

    `concept` is a term (`#red`, `!person`) or empty for a word that the lexicon doesn't know, `implied` the term by which a narrower
    concept has it; `words` are the literal terms; `wider` the terms of the wider concepts; `rivals` the terms that contradict it; `rate`
    the share of captions expected to have it.
    """

    concept: str
    implied: str
    words: tuple[str, ...]
    wider: frozenset[str]
    rivals: frozenset[str]
    rate: float

    @property
    def terms(self) -> frozenset[str]:
        """Whatever has none of these gets nothing for this facet."""
        return frozenset({self.concept, self.implied, *self.wider} - {""}) if self.concept else frozenset(self.words)


@dataclass(frozen=True)
class WeightedFacet:
    facet: Facet
    weight: float


def weight(rate: float, having: int, media: int) -> float:
    """What a facet tells, in nats, if `having` of `media` have it and `rate` was expected."""
    share = (having + PRIOR_CAPTIONS * rate) / (media + PRIOR_CAPTIONS)
    return min(MOST_WEIGHT, max(LEAST_WEIGHT, -math.log(share)))


def credit(facet: Facet, terms: AbstractSet[str]) -> float:
    """How far one facet is met: 1 in full, 0 not mentioned, below 0 contradicted."""
    literal = sum(word in terms for word in facet.words) / len(facet.words) if facet.words else 0.0
    if not facet.concept:
        return literal
    if facet.concept in terms or facet.implied in terms:
        return CONCEPT_SHARE + (1 - CONCEPT_SHARE) * literal
    if not facet.wider.isdisjoint(terms):
        return WIDER_SHARE
    return 0.0 if facet.rivals.isdisjoint(terms) else CONTRADICTION


class Scorer:
    """Scores for one query. A caption has few of the terms that matter to it, so what was worked out for the same few is remembered."""

    def __init__(self, facets: Sequence[WeightedFacet]) -> None:
        self._facets = facets
        self._worth = sum(each.weight for each in facets)
        self._asked = frozenset[str]().union(*(terms for each in facets for terms in _all_terms(each.facet)))
        self._coverage: dict[frozenset[str], float] = {}

    def coverage(self, terms: Iterable[str]) -> float:
        """The share of the query's worth that these terms have, 0 to 1."""
        relevant = self._asked.intersection(terms)
        known = self._coverage.get(relevant)
        if known is None:
            found = sum(each.weight * credit(each.facet, relevant) for each in self._facets)
            known = self._coverage[relevant] = max(0.0, found / self._worth)
        return known

    def score(self, passages: Sequence[Iterable[str]]) -> float:
        """A media's score: mostly what all its passages have together, and partly what the best of them has alone.

        Never above the former, and the former alone where it is below the threshold already.
        """
        whole = self.coverage([term for passage in passages for term in passage])
        if whole < THRESHOLD or len(self._facets) == 1:
            return whole
        best = max(self.coverage(passage) for passage in passages)
        return WHOLE_SHARE * whole + (1 - WHOLE_SHARE) * min(whole, best)


def _all_terms(facet: Facet) -> tuple[Iterable[str], ...]:
    return facet.terms, facet.words, facet.rivals


@dataclass(frozen=True)
class AnyOf:
    """What a hit must have at least: a facet, or one of several such conditions."""

    parts: tuple[Facet | AllOf, ...]


@dataclass(frozen=True)
class AllOf:
    facet: Facet
    rest: AnyOf


def necessary(facets: Sequence[WeightedFacet], depth: int = 4) -> AnyOf:
    """A condition that every hit meets, for the index to check: it has facets enough to reach the threshold.

    The idea is MaxScore's (Turtle and Flood, 1995), carried on for the `depth` heaviest facets. It is exact, unlike asking for all words
    first and for any word next, which can't tell how many hits there are.
    """
    heaviest_first = sorted(facets, key=lambda each: -each.weight)
    # The margin keeps a rounding error from losing a media that is exactly on the threshold.
    return _reaching(heaviest_first, THRESHOLD * sum(each.weight for each in facets) - 1e-6, depth)


def _reaching(facets: Sequence[WeightedFacet], need: float, depth: int) -> AnyOf:
    """Any of the facets that are heavy enough alone, or one of the others with enough of those after it."""
    parts: list[Facet | AllOf] = []
    for place, each in enumerate(facets):
        rest = facets[place + 1 :]
        if each.weight + sum(other.weight for other in rest) < need:
            break
        if each.weight >= need or depth == 1:
            parts.append(each.facet)
        else:
            parts.append(AllOf(each.facet, _reaching(rest, need - each.weight, depth - 1)))
    return AnyOf(tuple(parts))
