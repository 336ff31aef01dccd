"""What is found by which sentence, and what isn't."""

from __future__ import annotations

import pytest

from engines.retrieval import Document, Library, Query, Segment

CAPTIONS = {
    "red-right": "A person in a red jacket walks from left to right. Daytime.",
    "blue-left": "A person in a blue jacket walks to the left. Daytime.",
    "green-night": "Night. Someone in green stands still at the gate.",
    "dog": "A white dog runs across the lawn.",
    "parcel": "A person puts a parcel at the door and leaves.",
    "page": 'A page of text that reads "INVOICE 4711".',
    "truck": "白天，一辆黑色卡车进入停车场。",
    "runner": "夜晚，一名穿红色衣服的男子从右向左跑过走廊。",
    "nobody": "No person or vehicle was seen in the corridor.",
}


@pytest.fixture
def street(library: Library) -> Library:
    library.put([Document(media_id, "home", "video", "", text) for media_id, text in CAPTIONS.items()])
    return library


def found(library: Library, text: str) -> list[str]:
    return [hit.media_id for hit in library.search(Query(text)).hits]


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        ("a person walks to the right", "red-right"),
        ("a pedestrian in blue", "blue-left"),
        ("somebody standing at the gate at night", "green-night"),
        ("puppy on the grass", "dog"),
        ("box left at the door", "parcel"),
        ("invoice 4711", "page"),
        ("卡车进入停车场", "truck"),
        ("跑步的男人", "runner"),
        # From one language to the other.
        ("a black lorry arrives at the parking lot", "truck"),
        ("a guy in red jogging at night", "runner"),
        ("草地上的狗", "dog"),
        ("穿蓝色衣服的人", "blue-left"),
        ("有人在门口放下包裹", "parcel"),
        # Both in one sentence.
        ("someone in 红色 walking 向右", "red-right"),
        ("nobody in the hallway", "nobody"),
        ("走廊里没有人", "nobody"),
    ],
)
def test_the_right_media_comes_first(street: Library, sentence: str, first: str) -> None:
    assert found(street, sentence)[:1] == [first]


@pytest.mark.parametrize(
    "sentence",
    [
        "two pandas are fighting",
        "a purple elephant playing the piano",
        "a cat on the sofa",
        "a person in pink",
        "a yellow bus",
        "quarterly revenue",
        "两只熊猫在打架",
        "粉色衣服的人",
        "咖啡机漏水",
    ],
)
def test_nothing_relevant_is_an_empty_answer(street: Library, sentence: str) -> None:
    answer = street.search(Query(sentence))

    assert (answer.total, answer.hits) == (0, ())


@pytest.mark.parametrize("sentence", ["the of and", "show me the video please", "的 了 在", "!!! … ???", "🐼🐼"])
def test_a_query_that_asks_for_nothing_gets_nothing(street: Library, sentence: str) -> None:
    assert street.search(Query(sentence)).total == 0


@pytest.mark.parametrize(
    ("sentence", "right", "wrong"),
    [
        ("someone in red", "red-right", "blue-left"),
        ("a person walks to the left", "blue-left", "red-right"),
        ("在夜里的人", "green-night", "red-right"),
        ("a man who is running", "runner", "green-night"),
        ("a person", "red-right", "nobody"),
    ],
)
def test_a_contradicted_attribute_is_clearly_worse(street: Library, sentence: str, right: str, wrong: str) -> None:
    scores = {hit.media_id: hit.score for hit in street.search(Query(sentence)).hits}

    assert scores[right] >= 0.6
    assert scores.get(wrong, 0.0) <= scores[right] - 0.3


def test_who_is_red_is_told_from_who_goes_right(library: Library) -> None:
    # GIVEN the same words, said of one person and said of two
    library.put(
        [
            Document("one", "home", "video", "", "A person in red walks to the right. A person in blue walks to the left."),
            Document("other", "home", "video", "", "A person in red walks to the left. A person in blue walks to the right."),
        ]
    )

    assert found(library, "a person in red walking right") == ["one", "other"]
    assert found(library, "a person in blue walking right") == ["other", "one"]


def test_a_narrower_word_answers_a_wider_question_in_full_and_the_other_way_in_part(library: Library) -> None:
    library.put(
        [
            Document("dog", "", "video", "", "A dog."),
            Document("animal", "", "video", "", "An animal."),
            Document("cat", "", "video", "", "A cat."),
        ]
    )

    wide = {hit.media_id: hit.score for hit in library.search(Query("an animal")).hits}
    narrow = {hit.media_id: hit.score for hit in library.search(Query("a dog")).hits}

    assert set(wide) == {"dog", "animal", "cat"}
    assert set(narrow) == {"dog", "animal"}
    assert narrow["dog"] > narrow["animal"]


def test_clips_are_the_segments_that_match_best(library: Library) -> None:
    segments = (
        Segment(0.0, 2.0, "A person in red enters."),
        Segment(2.0, 5.0, "The person walks to the right."),
        Segment(5.0, 9.0, "A white dog runs across the lawn."),
    )
    library.put([Document("m", "home", "video", "", "A person in red enters and walks to the right. A dog runs.", segments)])

    (hit,) = library.search(Query("a dog on the lawn")).hits
    (two,) = library.search(Query("somebody")).hits

    assert [(clip.start, clip.end) for clip in hit.clips] == [(5.0, 9.0)]
    assert [(clip.start, clip.end) for clip in two.clips] == [(0.0, 2.0), (2.0, 5.0)]
    assert all(0 < clip.score <= 1 for clip in hit.clips + two.clips)


def test_what_only_a_segment_says_is_found(library: Library) -> None:
    library.put([Document("m", "home", "video", "", "Daytime.", (Segment(1.0, 2.0, "A courier rings the doorbell."),))])

    assert found(library, "delivery man ringing the bell") == ["m"]


def test_without_segments_there_are_no_clips(street: Library) -> None:
    assert all(hit.clips == () for hit in street.search(Query("a person")).hits)


def test_scores_are_between_0_and_1_and_sorted(street: Library) -> None:
    scores = [hit.score for hit in street.search(Query("a person in red walks")).hits]

    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
