"""What other jobs found out, as a hit shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sightline.ims.search_library import HitClip, SearchHit
from sightline.record import findings
from sightline.record.findings import Beats, Cue, Derived, Findings, FoundTag, Gap
from sightline.search.found import MOST_CAPTION_CHARACTERS, MOST_CAPTIONS
from sightline.search.query import LARGEST_PAGE
from tests.fakes.sightline import etag
from tests.unit.sightline.test_search import CONTENT, FakeFinds, document, get, hit, identity, record, site

PLACE = f"derived/{identity('m1')}/{etag(CONTENT)}"
COVER = f"{PLACE}/cover/00001.png"


def the_hit(found: Findings, *clips: HitClip, **more: Any) -> Any:
    answering = site(FakeFinds(SearchHit(identity("m1"), clips)), record(found=found, **more))
    (shown,) = document(get(answering, q="x"))["hits"]
    return shown


def test_a_media_of_which_nothing_more_is_known_is_shown_as_ever() -> None:
    assert not {"found", "cover_url", "has_embedding"} & set(the_hit(Findings(), HitClip(2.0, 4.0, 0.9)))


def test_a_cover_stands_for_a_film_that_was_found_without_a_moment() -> None:
    shown = the_hit(Findings(cover=COVER))
    assert COVER in shown["thumbnail_url"]
    assert "image/resize" in shown["thumbnail_url"]
    assert COVER in shown["cover_url"]


def test_who_asked_for_a_moment_sees_that_moment() -> None:
    shown = the_hit(Findings(cover=COVER), HitClip(2.0, 4.0, 0.9))
    assert "video/snapshot,t_3000," in shown["thumbnail_url"]
    assert COVER in shown["cover_url"]


@pytest.mark.parametrize(
    ("seconds", "start", "end"),
    [
        (8.0, 0.0, 8.0),
        (8.0, 0.0, 8.04),  # a frame longer by another's count
        (8.0, 0.1, 7.9),
        (None, 0.0, 4.0),  # kept before lengths were, or in a format that tells none
    ],
)
def test_a_moment_that_is_the_whole_film_shows_the_cover(seconds: float | None, start: float, end: float) -> None:
    shown = the_hit(Findings(cover=COVER, seconds=seconds), HitClip(start, end, 0.9))
    assert COVER in shown["thumbnail_url"]


@pytest.mark.parametrize(("seconds", "start", "end"), [(8.0, 0.0, 4.0), (8.0, 2.0, 8.0), (None, 2.0, 4.0)])
def test_a_moment_that_is_less_than_the_film_is_shown_itself(seconds: float | None, start: float, end: float) -> None:
    shown = the_hit(Findings(cover=COVER, seconds=seconds), HitClip(start, end, 0.9))
    assert f"video/snapshot,t_{(start + end) * 500:.0f}," in shown["thumbnail_url"]


@pytest.mark.parametrize(
    "key", ["uploads/next door/a.mp4", f"derived/{identity('m2')}/{etag(CONTENT)}/a.mp4", f"derived/{identity('m1')}/OLD/a.mp4"]
)
def test_an_output_that_is_not_of_this_content_is_not_shown(key: str) -> None:
    """Whatever a service names as its output, nobody reads another's media by it."""
    shown = the_hit(Findings(cover=key, captions_key=key, derived=[Derived("VideoH2V", key)], quality=50.0))
    assert key not in str(shown)
    assert shown["found"] == {"quality": 50.0}
    assert shown["cover_url"] is None


def test_everything_that_was_found_out_is_told() -> None:
    found = Findings(
        captions=[Cue(1.0, 2.5, "Stand clear.")],
        captions_key=f"{PLACE}/captions.srt",
        quality=0.0,
        sound={"score": 71.5, "codec": "pcm"},
        beats=Beats([0.5, 1.0, 1.5, 2.0], [0.5]),
        choruses=[Cue(39.32, 63.85, "副歌")],
        tags=[FoundTag("cat", 0.9)],
        derived=[Derived("VideoH2V", f"{PLACE}/tall.mp4")],
        gaps=[Gap("production:MusicDemix", "has no sound")],
        alike=64,
    )
    shown = the_hit(found)
    told = shown["found"]
    assert shown["has_embedding"] is True
    assert told["quality"] == 0.0
    assert told["tags"] == [{"name": "cat", "score": 0.9}]
    assert told["captions"] == [{"start": 1.0, "end": 2.5, "text": "Stand clear."}]
    assert "captions.srt" in told["captions_url"]
    assert (told["sound"], told["beats_per_minute"]) == ({"score": 71.5, "codec": "pcm"}, 120.0)
    assert told["choruses"] == [{"start": 39.32, "end": 63.85, "text": "副歌"}]
    assert (told["derived"][0]["function"], "tall.mp4?" in told["derived"][0]["url"]) == ("VideoH2V", True)
    assert told["gaps"] == [{"job": "production:MusicDemix", "reason": "has no sound"}]
    assert "captions_cut" not in told


@pytest.mark.parametrize(
    ("cues", "kept"),
    [
        ([Cue(float(number), number + 1.0, "word") for number in range(MOST_CAPTIONS + 5)], MOST_CAPTIONS),
        ([Cue(float(number), number + 1.0, "x" * 300) for number in range(50)], MOST_CAPTION_CHARACTERS // 300),
    ],
)
def test_captions_that_are_too_many_for_a_page_are_cut_and_it_is_said(cues: list[Cue], kept: int) -> None:
    told = the_hit(Findings(captions=cues, captions_key=f"{PLACE}/captions.srt"))["found"]
    assert (len(told["captions"]), told["captions_cut"]) == (kept, True)
    assert told["captions_url"]


@pytest.mark.parametrize("beats", [[], [1.0], [1.0, 1.0, 1.0, 1.0], [3.0, 2.0, 1.0]])
def test_beats_that_have_no_pace_have_none(beats: list[float]) -> None:
    found = the_hit(Findings(beats=Beats(beats), quality=1.0))["found"]
    assert "beats_per_minute" not in found


def test_a_sound_has_no_picture_but_its_cover() -> None:
    answering = site(FakeFinds(hit("m1")), record(kind="audio"))
    (shown,) = document(get(answering, q="x"))["hits"]
    assert shown["thumbnail_url"] is None
    assert shown["media_url"]


def test_a_page_of_hits_that_are_as_long_as_may_be_fits_an_answer() -> None:
    def text(length: int) -> str:
        return "\u526f" * length

    cue = Cue(1234567.123, 1234567.123, text(findings.LONGEST_CUE))
    place = f"derived/{identity('m1')}/{etag(CONTENT)}/".ljust(1_000, "x")
    found = Findings(
        captions=[cue] * findings.MOST_CUES,
        choruses=[cue] * findings.MOST_CHORUSES,
        sound={f"{number}{text(findings.LONGEST_TAG - 2)}": text(findings.LONGEST_TAG) for number in range(findings.MOST_MEASURES)},
        tags=[FoundTag(text(findings.LONGEST_TAG), 0.123)] * findings.MOST_TAGS,
        derived=[Derived("VideoH2V", f"{place}{number:04}.mp4") for number in range(findings.MOST_DERIVED)],
        beats=Beats([number / 7 for number in range(findings.MOST_BEATS)]),
        gaps=[Gap("production:VideoH2V", text(findings.LONGEST_REASON))] * findings.MOST_DERIVED,
    )
    longest = len(json.dumps(the_hit(found), ensure_ascii=False).encode())
    assert longest * LARGEST_PAGE < 16 * 2**20
