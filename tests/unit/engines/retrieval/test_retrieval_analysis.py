"""Text to terms, and terms to scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.retrieval import analysis, lexicon, question, scoring, tokens
from engines.retrieval.scoring import AllOf, AnyOf, Facet, Scorer, WeightedFacet

LEXICON = lexicon.load()


def concepts(text: str) -> set[str]:
    return {term for passage in analysis.passages(text, LEXICON) for term in passage if term[0] in "#^!"}


@pytest.mark.parametrize(("form", "stem"), [("walking", "walk"), ("buses", "buse"), ("carried", "carri"), ("42", "42"), ("кот", "кот")])
def test_stems_are_porters(form: str, stem: str) -> None:
    # The English ones by hand from M. F. Porter, "An algorithm for suffix stripping", 1980.
    assert tokens.stem(form) == stem


def test_sentences_are_parted_in_both_languages_and_numbers_are_not() -> None:
    assert tokens.sentences("Café at 3.5 m! 两个人。ＡＢＣ") == [["cafe", "at", "3", "5", "m"], ["两", "个", "人"], ["abc"]]


def test_chinese_words_are_bigrams_and_a_lone_character_itself() -> None:
    assert tokens.words(["咖", "啡", "机"]) == ("咖啡", "啡机")
    assert tokens.words(["狗"]) == ("狗",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("walks from left to right", {"#walk", "#right"}),
        ("walks away from the camera", {"#walk", "#away"}),
        ("从右向左跑", {"#run", "#left"}),
        ("an object is left behind", {"#object", "#left_behind"}),
        ("a man in grey", {"#man", "^person", "#grey"}),
        ("行人走在人行道上", {"#person", "#walk", "#sidewalk"}),
        ("2 people", {"#two", "#person"}),
        ("no people or cars", {"!person", "!car"}),
        ("没有人，一辆车", {"!person", "#vehicle"}),
        ("a woman without a hat walks", {"#woman", "^person", "!hat", "#walk"}),
        ("nobody", {"!person"}),
        ("no person was seen in the corridor at night", {"!person", "!appear", "#corridor", "#night"}),
        ("in the evening even so", {"#evening"}),
    ],
)
def test_concepts_are_read(text: str, expected: set[str]) -> None:
    assert concepts(text) == expected


def test_a_denied_word_is_no_term() -> None:
    (terms,) = analysis.passages("No umbrella, a zebra", LEXICON)

    assert "umbrella" not in terms
    assert "zebra" in terms


def test_every_concept_has_forms_in_both_languages() -> None:
    for name in LEXICON.concepts:
        forms = [form for form, owner in LEXICON.forms.items() if owner == name]
        assert {tokens.is_han(form[-1]) for form in forms} == {True, False}, name


def test_rivals_are_what_cannot_be_true_of_the_same_thing() -> None:
    assert {"blue", "green", "!red"} <= LEXICON.rivals("red")
    assert {"cat", "person", "vehicle", "!animal"} <= LEXICON.rivals("dog")
    assert {"red", "animal", "dog"}.isdisjoint(LEXICON.rivals("dog"))
    assert LEXICON.rivals("bag") <= {"!bag", "!object"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("dog: dog | 狗", "before the first group"),
        ("[colour]", "not a group"),
        ("[a rate=0.1]\ndog < animal: dog | 狗", "parent known before"),
        ("[a rate=0.1]\ndog: dog | 狗\ncat: dog | 猫", "belongs to dog already"),
    ],
)
def test_a_broken_lexicon_names_the_line(text: str, error: str) -> None:
    with pytest.raises(lexicon.BrokenLexicon, match=error):
        lexicon.parse(text)


def test_a_query_has_a_bounded_number_of_facets() -> None:
    assert len(question.facets(" ".join(f"word{n}" for n in range(5_000)), LEXICON)) == question.MOST_FACETS


def test_what_nobody_has_seen_tells_the_most_and_what_all_have_the_least() -> None:
    unseen, rare, common = (scoring.weight(0.1, having, 1000) for having in (0, 100, 1000))

    assert unseen > rare > common >= scoring.LEAST_WEIGHT
    assert unseen <= scoring.MOST_WEIGHT


def _word(name: str) -> Facet:
    return Facet("", "", (name,), frozenset(), frozenset(), scoring.UNKNOWN_RATE)


def _met(condition: AnyOf, terms: set[str]) -> bool:
    return any(
        (not part.facet.terms.isdisjoint(terms) and _met(part.rest, terms)) if isinstance(part, AllOf) else not part.terms.isdisjoint(terms)
        for part in condition.parts
    )


@given(
    weights=st.lists(st.floats(scoring.LEAST_WEIGHT, scoring.MOST_WEIGHT), min_size=1, max_size=9),
    chosen=st.sets(st.integers(0, 8)),
    depth=st.integers(1, 5),
)
def test_the_index_is_asked_for_every_media_that_can_reach_the_threshold(weights: list[float], chosen: set[int], depth: int) -> None:
    facets = [WeightedFacet(_word(str(n)), weight) for n, weight in enumerate(weights)]
    terms = {str(n) for n in chosen}

    if Scorer(facets).score([terms]) >= scoring.THRESHOLD:
        assert _met(scoring.necessary(facets, depth), terms)


_SENTENCES = [
    "a person in red walks to the right", "one in blue walks to the left", "two dogs run",
    "no person is seen", "夜晚有人", "a zebra stands",
    "a man leaves the shop",
    "an animal", "白色的车",
]  # fmt: skip


@given(
    asked=st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=2),
    said=st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=4),
)
def test_the_necessary_condition_holds_for_sentences_too_and_scores_stay_within_0_and_1(asked: list[str], said: list[str]) -> None:
    facets = [WeightedFacet(facet, scoring.weight(facet.rate, 0, 0)) for facet in question.facets(". ".join(asked), LEXICON)]
    passages = analysis.passages(". ".join(said), LEXICON)

    score = Scorer(facets).score(passages)

    assert 0 <= score <= 1
    if score >= scoring.THRESHOLD:
        assert _met(scoring.necessary(facets), set().union(*passages))
