"""How well a passage, or a media, answers a query: a pure function of terms, 0 to 1.

A query is a few facets (person, red, walking, to the right), each worth what it tells: -ln of the share of media that have it. The
score is the share of the query's worth that is found. That is the binary independence model, BM25 with k1 = 0 (Robertson and Zaragoza,
"The Probabilistic Relevance Framework", 2009), for a caption says a thing once; divided by what a perfect answer would get, so that
scores of different queries can be compared and one threshold serves all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

THRESHOLD = 0.45
"""Below it, less than about half of what was asked is there. Chosen on the development queries of the tests, not on the bench's."""

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

    `concept` is a term (`#red`, `!person`) or empty for a word that the lexicon doesn't know, `implied` the term by which a narrower concept
    has it; `words` are the literal terms; `wider` the terms of the wider concepts; `rivals` the terms that contradict it; `rate` the share
    of captions expected to have it.
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


def coverage(facets: Sequence[WeightedFacet], terms: AbstractSet[str]) -> float:
    """The share of the query's worth that these terms have, 0 to 1."""
    found = sum(each.weight * credit(each.facet, terms) for each in facets)
    return max(0.0, found / sum(each.weight for each in facets))


def score(facets: Sequence[WeightedFacet], passages: Sequence[AbstractSet[str]]) -> float:
    """A media's score: mostly what all its passages have together, and partly what the best of them has alone. Never above the former."""
    whole = coverage(facets, frozenset().union(*passages))
    if whole < THRESHOLD or len(facets) == 1:
        return whole
    best = max(coverage(facets, passage) for passage in passages)
    return WHOLE_SHARE * whole + (1 - WHOLE_SHARE) * min(whole, best)


def essential(facets: Sequence[WeightedFacet]) -> list[Facet]:
    """The facets of which every hit has at least one: the others together stay below the threshold.

    The idea is MaxScore's (Turtle and Flood, 1995): exact, unlike asking for all words first and for any word next.
    """
    lightest_first = sorted(facets, key=lambda each: each.weight)
    reach = THRESHOLD * sum(each.weight for each in facets)
    needed: list[Facet] = []
    for each in lightest_first:
        reach -= each.weight
        # The margin keeps a rounding error from losing a media that is exactly on the threshold.
        if reach <= 1e-9:
            needed.append(each.facet)
    return needed
