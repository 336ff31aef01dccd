"""A query's text to the facets that it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from engines.retrieval import analysis, tokens
from engines.retrieval.analysis import Mention
from engines.retrieval.lexicon import Lexicon
from engines.retrieval.scoring import UNKNOWN_RATE, Facet

# Beyond these a query is cut: a sentence has a dozen facets, and each costs a look into the index.
LONGEST_QUERY = 2_000
MOST_FACETS = 24


def _literal(mention: Mention, atoms: Sequence[str], lexicon: Lexicon) -> tuple[str, ...]:
    said = atoms[mention.start : mention.end]
    telling = said if tokens.is_han(said[0]) else [atom for atom in said if lexicon.forms.get((atom,), "") is not None]
    return tokens.words(telling)


def _facet(mention: Mention, words: tuple[str, ...], lexicon: Lexicon) -> Facet:
    if mention.concept is None:
        return Facet("", "", words, frozenset(), frozenset(), UNKNOWN_RATE)
    name = mention.concept.removeprefix("!")
    concept = lexicon.concepts[name]
    if mention.denied or mention.concept.startswith("!"):
        return Facet("!" + name, "", (), frozenset(), frozenset({"#" + name, "^" + name}), concept.group.rate / 10)
    rivals = lexicon.rivals(name)
    said = frozenset(mark + rival for rival in rivals if not rival.startswith("!") for mark in "#^")
    wider = frozenset("#" + ancestor for ancestor in concept.ancestors)
    denied = frozenset(rival for rival in rivals if rival.startswith("!"))
    return Facet("#" + name, "^" + name, words, wider, said | denied, concept.group.rate)


def facets(text: str, lexicon: Lexicon) -> list[Facet]:
    """The distinct facets of a query in its order, at most MOST_FACETS; none if it has stop words only.

    Raises ValueError for a text that is empty.
    """
    if not text.strip():
        raise ValueError("the query text is empty: say what to look for, for example `a person in red`")
    found: dict[str | tuple[str, ...], Facet] = {}
    for atoms in tokens.sentences(analysis.encodable(text[:LONGEST_QUERY])):
        for mention in analysis.mentions(atoms, lexicon):
            facet = _facet(mention, _literal(mention, atoms, lexicon), lexicon)
            found.setdefault(facet.concept or facet.words, facet)
    return list(found.values())[:MOST_FACETS]
