"""What other jobs found out, on the page: filters, near-duplicates, captions, what was made of a media, sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.page_site import Site, answer, hit
from tests.browser.watching import current_time, search, titles, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVIL = "<img src=x onerror=\"document.title='owned'\"></script> <b>bold</b> & \u202eevil"
CUES = [{"start": 2.0, "end": 3.5, "text": "Mind the gap."}, {"start": 8.0, "end": 9.0, "text": "1 < 2 & <b>so on</b>"}]


def asked(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def with_found(**found: Any) -> dict[str, Any]:
    return hit(found=found, cover_url="/media/thumb.jpg", has_embedding=True)


def opened(page: Page, site: Site, one: dict[str, Any]) -> None:
    page.emulate_media(reduced_motion="reduce")
    site.search = lambda _: answer([one])
    search(page, site, "x")
    page.click(".open")
    page.wait_for_selector("#player[open]")


def test_filters_are_in_the_address_and_come_back_from_it(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit()])
    page.goto(site.url)
    page.fill("#q", "a cat")
    page.fill("#min_quality", "62.5")
    page.fill("#tag", "Cat, garden")
    page.press("#tag", "Enter")
    page.wait_for_selector(".hits")
    wanted = {"q": "a cat", "min_quality": "62.5", "tag": "Cat, garden"}
    assert asked(page.url) == wanted
    assert site.asked == [{**wanted, "page": "1", "page_size": "10"}]
    page.goto("about:blank")
    page.go_back()
    page.wait_for_selector(".hits")
    assert (page.input_value("#min_quality"), page.input_value("#tag")) == ("62.5", "Cat, garden")


def test_a_quality_that_is_no_number_is_not_asked_for(page: Page, site: Site) -> None:
    page.goto(site.url)
    page.fill("#q", "a cat")
    page.fill("#min_quality", "good")
    page.press("#q", "Enter")
    assert page.evaluate("document.querySelector('#min_quality').matches(':invalid')")
    assert site.asked == []


def test_quality_and_tags_are_shown_and_a_tag_narrows_the_search(page: Page, site: Site) -> None:
    tags = [{"name": name, "score": 0.5} for name in ("Cat", "Garden", "person", "a, b", *(f"t{number}" for number in range(9)))]
    site.search = lambda _: answer([with_found(quality=83.4, tags=tags)])
    page.goto(f"{site.url}?q=a+cat&tag=cat&min_quality=50")
    page.wait_for_selector(".hits")
    facts = page.locator(".hit .facts").inner_text()
    assert "Quality 83" in facts
    assert page.locator(".hit .facts .label").all_inner_texts() == ["Person", "Cat", "Garden", "a, b", "t0", "t1", "t2"]
    page.click(".hit .tag >> text=Garden")
    until(page, "location.search.includes('Garden')")
    assert asked(page.url) == {"q": "a cat", "min_quality": "50", "tag": "cat,Garden"}


def test_what_was_not_looked_at_is_said(page: Page, site: Site) -> None:
    def sifted(parameters: dict[str, str]) -> Any:
        status, found = answer([hit()], total=11, page=int(parameters["page"]), hint="Only the first 200 of 230 were looked at.")
        return status, {**found, "sifted": {"looked_at": 200, "of": 230, "is_all": False}}

    site.search = sifted
    page.goto(f"{site.url}?q=x&min_quality=50")
    page.wait_for_selector(".hits")
    assert page.locator("#status").inner_text() == "At least 11 results in home"
    assert "first 200 of 230" in page.locator(".hint").inner_text()
    assert page.locator("#pages span").inner_text() == "Page 1"
    page.click("text=Next")
    until(page, "document.querySelector('#pages span')?.textContent === 'Page 2'")
    assert asked(page.url) == {"q": "x", "min_quality": "50", "page": "2"}


def test_similar_leads_to_what_looks_like_it_and_back(page: Page, site: Site) -> None:
    def by_likeness(parameters: dict[str, str]) -> Any:
        status, found = answer([hit(2, title="A copy", has_embedding=True)] if "similar" in parameters else [hit(has_embedding=True)])
        return status, {**found, **({"similar": {"media_id": "x", "title": EVIL, "key": "k"}} if "similar" in parameters else {})}

    site.search = by_likeness
    page.goto(f"{site.url}?q=a+cat&namespace=home&tag=cat")
    page.click(".like")
    page.wait_for_selector("text=A copy")
    assert asked(page.url) == {"similar": f"{1:032x}", "namespace": "home"}
    assert page.locator("#status").text_content() == f"1 result like {EVIL} in home"
    assert page.title().startswith("Like <img")
    page.fill("#tag", "dog")
    page.press("#tag", "Enter")
    until(page, "location.search.includes('dog')")
    assert asked(page.url)["similar"] == f"{1:032x}", "a filter beside it stays with it"
    page.go_back()
    page.go_back()
    page.wait_for_selector("text=walks past the door (1)")
    assert page.input_value("#q") == "a cat"


def test_a_hit_without_an_embedding_has_no_such_link(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(1), hit(2, has_embedding=False)])
    search(page, site, "x")
    assert len(titles(page)) == 2
    assert page.locator(".like").count() == 0


def test_where_nothing_is_like_a_media_it_is_named(page: Page, site: Site) -> None:
    about = {"similar": {"media_id": "x", "title": EVIL, "key": "k"}, "hint": "Nothing else looks like it."}
    site.search = lambda _: (200, {**answer([])[1], **about})
    page.goto(f"{site.url}?similar={1:032x}")
    page.wait_for_selector(".notice")
    assert page.locator(".notice h2").text_content() == f"Nothing like {EVIL}"
    assert page.locator(".notice p").text_content() == "Nothing else looks like it."


def test_a_media_that_has_nothing_similar_says_why(page: Page, site: Site) -> None:
    problem = {"code": "NoEmbedding", "message": "similar is 0, which has no embedding", "field": "similar", "fix": "give it a job"}
    site.search = lambda _: (404, {"error": problem})
    page.goto(f"{site.url}?similar={1:032x}")
    page.wait_for_selector(".error")
    assert "give it a job" in page.locator(".error").inner_text()


def test_words_lead_to_their_moment(page: Page, site: Site) -> None:
    opened(page, site, with_found(captions=CUES, captions_url="/media/thumb.jpg", captions_cut=True))
    page.wait_for_selector(".moments:not([hidden])")
    assert page.locator(".words li span").all_inner_texts() == [cue["text"] for cue in CUES]
    page.click(".words button[aria-label='Play from 0:08']")
    assert current_time(page) == pytest.approx(8.0, abs=0.05)
    until(page, "document.querySelector('.words [aria-current]')?.dataset.start === '8'")
    assert page.locator("#player b").count() == 0
    link = page.locator(".captions a")
    assert (link.inner_text(), link.get_attribute("rel")) == ("All of them, as a file (SRT)", "noopener noreferrer")


def test_a_film_in_which_nothing_was_read_has_no_words(page: Page, site: Site) -> None:
    opened(page, site, with_found(captions=[], captions_url="/media/thumb.jpg", quality=50.0))
    assert page.locator("#player .captions").count() == 0
    assert "SRT" not in page.locator("#player").inner_text()


def test_a_film_has_its_captions_in_the_player_too(page: Page, site: Site) -> None:
    opened(page, site, with_found(captions=[*CUES, {"start": 5.0, "end": 5.0, "text": "no time at all"}]))
    until(page, "document.querySelector('video').textTracks.length === 1")
    cues = page.evaluate(
        "[...document.querySelector('video').textTracks[0].cues].map((cue) => [cue.startTime, cue.getCueAsHTML().textContent])"
    )
    assert cues == [[2, "Mind the gap."], [8, "1 < 2 & <b>so on</b>"]], "text, not markup"
    assert page.locator("video").get_attribute("poster").endswith("/media/thumb.jpg")  # type: ignore[union-attr]


def test_what_was_made_of_it_plays_and_the_original_comes_back(page: Page, site: Site) -> None:
    made = [
        {"function": "VideoH2V", "key": "derived/x/tall.mp4", "url": "/media/clip.mp4?tall"},
        {"function": "SpeechDenoise", "key": "derived/x/clean.wav", "url": "/media/sound.wav"},
        {"function": "MusicDemix", "key": "derived/x/MusicDemix-vocal.wav", "url": "/media/sound.wav"},
        {"function": "MusicDemix", "key": "derived/x/MusicDemix-accompaniment.wav", "url": "/media/sound.wav"},
        {"function": "Unheard", "key": "derived/x/beats.json", "url": "/media/thumb.jpg"},
        {"function": "Evil", "key": "derived/x/evil.mp4", "url": "javascript:document.title='owned'"},
    ]
    opened(page, site, with_found(derived=made, captions=CUES))
    page.wait_for_selector(".moments:not([hidden])")
    assert page.locator(".versions button").all_inner_texts() == [
        *("Original", "Upright", "Without noise", "Music: vocal", "Music: accompaniment")
    ]
    assert page.locator(".versions a").all_inner_texts() == ["Unheard"]
    page.click("text=Upright")
    until(page, "document.querySelector('.stage video').src.endsWith('?tall') && document.querySelector('.stage video').readyState >= 1")
    assert page.locator(".moments").is_hidden(), "its moments are those of the original"
    page.click("text=Without noise")
    until(page, "document.querySelector('.stage audio')?.readyState >= 1")
    page.click(".words button >> nth=0")
    until(page, "document.querySelector('.stage video')?.dataset.original === ''")
    assert current_time(page) == pytest.approx(2.0, abs=0.05), "words are those of the original"


def test_a_sound_plays_and_says_what_was_heard(page: Page, site: Site) -> None:
    found = {
        "sound": {"score": 71.5, "codec": EVIL},
        "beats_per_minute": 119.8,
        "choruses": [{"start": 6.0, "end": 9.0, "text": "副歌"}],
        "gaps": [{"job": "production:MusicDemix", "reason": EVIL}],
    }
    sound = hit(kind="audio", media_url="/media/sound.wav", thumbnail_url=None, clips=[], starts_at=None, found=found)
    opened(page, site, sound)
    assert page.locator(".hit .badge").inner_text() == "Sound"
    until(page, "document.querySelector('.stage audio')?.readyState >= 1")
    text = page.locator(".found").inner_text()
    for part in ("120 beats a minute", "score: 71.5", "production:MusicDemix: <img"):
        assert part in text
    page.click("text=副歌 0:06–0:09")
    until(page, "Math.abs(document.querySelector('.stage audio').currentTime - 6) < 0.1")
    assert page.locator("#player img, #player b").count() == 0


@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
def test_nothing_scrolls_sideways(page: Page, site: Site, size: tuple[int, int]) -> None:
    long = "x" * 300
    found: dict[str, Any] = {
        "quality": 1,
        "tags": [{"name": long, "score": 1}] * 3,
        "captions": [{"start": 1, "end": 2, "text": long}] * 50,
        "choruses": [{"start": 1, "end": 2, "text": long}],
        "derived": [{"function": long, "key": "a.mp4", "url": "/media/clip.mp4"}],
        "sound": {long: long},
        "gaps": [{"job": long, "reason": long}],
    }
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, site, with_found(**found))
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate("document.querySelector('#player').scrollWidth - document.querySelector('#player').clientWidth") <= 0
