"""The page for people, in a real browser, against a scripted /search with real media."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.page_site import Site, answer, hit
from tests.browser.watching import current_time, search, titles, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

PHONE = {"width": 360, "height": 740}
CLIP_START, NEXT_CLIP = 4.0, 9.0


def test_hits_are_shown_in_their_order_with_what_is_known_of_them(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(1, title="First", labels=["human", "package"]), hit(2, title="Second", kind="image", time=None)])
    search(page, site, "a person walks")
    assert titles(page) == ["First", "Second"]
    first = page.locator(".hit").first
    text = first.inner_text()
    for part in ("A person in red", "front-door", "Person", "Package", "0.87", "14 Mar 2026, 07:32"):
        assert part in text
    until(page, "document.querySelector('.hit img').naturalWidth > 0")
    assert site.asked == [{"q": "a person walks", "page": "1", "page_size": "10"}]


def test_a_caption_is_text_whatever_it_holds(page: Page, site: Site) -> None:
    evil = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & <b>bold</b>"
    site.search = lambda _: answer([hit(title=evil, caption=evil, brief=evil, device=evil, labels=[evil])], hint=evil)
    search(page, site, "attack")
    assert titles(page) == [evil]
    assert page.locator(".hit .caption").inner_text() == evil
    page.click(".open")
    page.wait_for_selector(".moments:not([hidden])")
    assert page.locator("#player-title").inner_text() == evil
    assert page.locator("#results b, #results script, #player b, #player script").count() == 0
    assert page.title() == "attack · Sightline"


@pytest.mark.parametrize("long", ["x" * 256 * 1024, "</script> <b>word</b> " * 12_000, "\u202e" * 256 * 1024])
def test_a_caption_of_256_kb_leaves_the_page_usable(page: Page, site: Site, long: str) -> None:
    site.search = lambda _: answer([hit(1, caption=long), hit(2, title="The next one")])
    search(page, site, "long")
    assert titles(page)[1] == "The next one"
    box = page.locator(".hit").first.bounding_box()
    assert box is not None
    assert box["height"] < 300
    page.click(".open >> nth=0")
    page.wait_for_selector(".moments:not([hidden])")
    assert page.locator("#player .caption").text_content() == long
    page.click(".close", timeout=5_000)
    page.wait_for_selector("#player", state="hidden")


def test_a_direction_override_ends_with_its_text(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(1, title="\u202eone", labels=["\u202etwo", "three"]), hit(2, title="four")])
    search(page, site, "x")
    page.wait_for_selector(".hits")
    for selector in (".hit h2 button", ".hit .caption", "#status bdi", "#player-title"):
        assert page.locator(selector).first.evaluate("element => getComputedStyle(element).unicodeBidi") in ("isolate", "plaintext"), (
            selector
        )


def test_an_address_that_is_none_costs_a_picture_and_no_more(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(1, thumbnail_url="http://[", media_url="http://["), hit(2, title="The next one")])
    search(page, site, "x")
    assert titles(page)[1] == "The next one"


def test_a_hit_whose_picture_has_gone_says_so_when_it_is_opened(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(kind="sequence", thumbnail_url=None, media_url=None)])
    search(page, site, "x")
    page.click(".open")
    assert "no picture" in page.locator(".stage").inner_text()


@pytest.mark.parametrize("scheme", ["javascript:document.title='owned'", "data:text/html,x", "file:///etc/hosts"])
def test_an_address_that_is_no_web_address_is_not_followed(page: Page, site: Site, scheme: str) -> None:
    site.search = lambda _: answer([hit(kind="image", media_url=scheme, thumbnail_url=scheme)])
    search(page, site, "attack")
    page.click(".open")
    assert "no picture" in page.locator(".stage").inner_text()


def test_the_player_starts_at_the_moment_and_jumps_to_another(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(starts_at=CLIP_START)])
    page.emulate_media(reduced_motion="reduce")
    search(page, site, "walks")
    page.click(".open")
    page.wait_for_selector(".moments:not([hidden])")
    assert current_time(page) == pytest.approx(CLIP_START, abs=0.05), "it waits there where motion is to be reduced"

    marks = page.locator(".mark")
    assert marks.count() == 2
    track = page.locator(".track").bounding_box()
    box = marks.first.bounding_box()
    assert track
    assert box
    assert (box["x"] - track["x"]) / track["width"] == pytest.approx(4 / 12, abs=0.02)
    marks.nth(1).click()
    assert current_time(page) == pytest.approx(NEXT_CLIP, abs=0.05)

    page.keyboard.press("Escape")
    page.wait_for_selector("#player", state="hidden")
    page.wait_for_selector("video", state="detached")


def test_the_player_plays_by_itself_from_the_moment(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit()])
    search(page, site, "walks")
    page.click("button[aria-label='Play from 0:09']")
    page.wait_for_selector(".moments:not([hidden])")
    assert NEXT_CLIP - 0.05 <= current_time(page) < NEXT_CLIP + 2, "not played up to there"
    until(page, "document.querySelector('video').currentTime > 9.1 && !document.querySelector('video').paused")


def test_moments_within_one_second_are_one_button(page: Page, site: Site) -> None:
    """Each says a second; the player's list and its track have them all."""
    clips = [{"from": start, "to": start + 0.5, "score": 0.9} for start in (4.0, 4.4, 9.0)]
    site.search = lambda _: answer([hit(clips=clips), hit(2, clips=clips[:2])])
    search(page, site, "walks")
    assert page.locator(".clips").all_inner_texts() == ["0:04\n0:09", ""]


def test_the_whole_film_is_no_moment_of_it(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(clips=[{"from": 0.0, "to": 11.96, "score": 0.9}], starts_at=0.0)])
    search(page, site, "walks")
    page.click(".open")
    until(page, "document.querySelector('video').readyState >= 1")
    until(page, "Math.abs(document.querySelector('video').duration - 12) < 0.1")
    assert page.locator(".moments").is_hidden()


def test_a_picture_opens(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(kind="sequence", media_url="/media/thumb.jpg", clips=[], starts_at=None)])
    search(page, site, "walks")
    page.click(".open")
    until(page, "document.querySelector('.stage img').naturalWidth === 640")
    assert page.locator(".moments").is_hidden()
    page.click(".close")
    page.wait_for_selector("#player", state="hidden")


def test_media_that_is_gone_says_so(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit(media_url="/media/gone.mp4", thumbnail_url="/media/gone.jpg")])
    search(page, site, "walks")
    page.click(".open")
    page.wait_for_selector(".unplayable")
    assert "search again" in page.locator(".unplayable").inner_text()


@pytest.mark.parametrize("kind", ["video", "image"])
def test_a_phone_scrolls_in_one_direction_only(page: Page, site: Site, kind: str) -> None:
    long = "https://example.com/" + "x" * 300
    site.search = lambda _: answer([hit(kind=kind, title=long, caption=long, device=long, labels=[long])] * 3, total=99, hint=long)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for state in ("", "?q=walks"):
        page.goto(site.url + state)
        if state:
            page.wait_for_selector(".hits")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.click(".open >> nth=0")
    page.wait_for_selector("#player[open]")
    assert page.evaluate("document.querySelector('#player').scrollWidth") <= PHONE["width"]


def test_the_address_is_the_state_and_back_restores_it(page: Page, site: Site) -> None:
    def by_query(asked: dict[str, str]) -> Any:
        number = int(asked["page"])
        return answer([hit(title=f"{asked['q']} {asked.get('namespace', '')} {number}")], total=25, page=number)

    site.search = by_query
    page.goto(f"{site.url}?q=first&namespace=garden")
    assert titles(page) == ["first garden 1"]
    assert page.input_value("#namespace") == "garden"
    page.click("text=Next")
    page.wait_for_selector("text=first garden 2")
    assert page.url.endswith("?q=first&namespace=garden&page=2")
    page.fill("#q", "second")
    page.press("#q", "Enter")
    page.wait_for_selector("text=second garden 1")

    page.go_back()
    page.wait_for_selector("text=first garden 2")
    assert page.input_value("#q") == "first"
    page.go_back()
    page.wait_for_selector("text=first garden 1")
    page.go_forward()
    page.wait_for_selector("text=first garden 2")
    page.reload()
    assert titles(page) == ["first garden 2"]


def test_examples_search(page: Page, site: Site) -> None:
    site.search = lambda asked: answer([hit(title=asked["q"])])
    page.goto(site.url)
    page.click("text=晚上有人从右往左走")
    assert titles(page) == ["晚上有人从右往左走"]
    assert page.input_value("#q") == "晚上有人从右往左走"
    page.click("a.brand")
    page.wait_for_selector("h1")
    assert page.url == site.url


def test_nothing_found_gives_advice(page: Page, site: Site) -> None:
    search(page, site, "qwerty")
    page.wait_for_selector(".advice")
    text = page.locator("#results").inner_text()
    assert "full sentence" in text
    assert "one or two things" in text


def test_an_error_shows_its_fix(page: Page, site: Site) -> None:
    problem = {"code": "BadInput", "message": "q is 1,200 characters long", "field": "q", "fix": "Use at most 500 <b>characters</b>."}
    site.search = lambda _: (400, {"error": problem})
    search(page, site, "too long")
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text().startswith("q is 1,200 characters long")
    assert page.locator(".fix").inner_text() == "Use at most 500 <b>characters</b>."

    site.search = lambda _: answer([hit(title="now it works")])
    page.click("text=Try again")
    assert titles(page) == ["now it works"]


def test_a_very_long_sentence_is_sent_whole(page: Page, site: Site) -> None:
    site.search = lambda asked: (
        400,
        {"error": {"code": "BadInput", "message": f"q has {len(asked['q'])} characters", "field": "q", "fix": "Fewer."}},
    )
    search(page, site, "x" * 10_000)
    page.wait_for_selector("[role=alert]")
    assert "10000 characters" in page.locator("[role=alert]").inner_text()


def test_an_answer_that_is_late_does_not_replace_a_newer_one(page: Page, site: Site) -> None:
    gate = threading.Event()

    def slow_first(asked: dict[str, str]) -> Any:
        if asked["q"] == "slow":
            gate.wait(10)
        return answer([hit(title=asked["q"])])

    site.search = slow_first
    search(page, site, "slow")
    page.wait_for_selector(".ghost")
    assert page.locator("#status").inner_text() == "Searching…"
    page.fill("#q", "quick")
    page.press("#q", "Enter")
    assert titles(page) == ["quick"]
    gate.set()
    page.wait_for_load_state("networkidle")
    assert titles(page) == ["quick"]


def test_the_keyboard_is_enough(page: Page, site: Site) -> None:
    site.search = lambda _: answer([hit()])
    page.goto(f"{site.url}?q=walks")
    page.wait_for_selector(".hits")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a/b")
    assert page.input_value("#q") == "a/b"
    page.focus(".open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#player[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#player", state="hidden")
    assert page.evaluate("document.activeElement.className") == "open"
