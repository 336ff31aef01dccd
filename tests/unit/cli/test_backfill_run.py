"""What becomes of each object, whatever happens on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.backfill.address import Address
from cli.backfill.problems import ObjectRefused
from cli.backfill.target import Existing
from cli.errors import CommandError
from cli.patience import PAUSES, Unavailable
from cli.resume import Progress, UploadNote, progress_of
from sightline.ledger.story import Story
from sightline.media.identity import media_id
from tests.fakes.backfill import BASE, FakeSource, FakeTarget, backfill, hash_of

CLIPS = {f"cameras/door/{number}.mp4": f"clip {number}".encode() for number in range(5)}


def made(contents: dict[str, bytes] | None = None) -> tuple[FakeSource, FakeTarget]:
    source = FakeSource(dict(CLIPS if contents is None else contents))
    return source, FakeTarget(source)


def raises(wanted: str, error: BaseException, times: int = 1) -> Callable[[str, str], None]:
    """Raises at the first calls whose name and key begin with `wanted`."""
    left = [times]

    def before(call: str, key: str) -> None:
        if f"{call} {key}".startswith(wanted) and left[0]:
            left[0] -= 1
            raise error

    return before


def test_every_object_is_brought_once_and_a_second_run_repeats_nothing(tmp_path: Path) -> None:
    source, target = made()
    for _ in range(2):
        progress = Progress(tmp_path / "progress.json", "work")
        work = backfill(source, target, progress)
        work.run()
        progress.finish()
        assert work.tally.is_complete
        for key, existing in target.there.items():
            target.stories[media_id("media", key)] = Story("submitted", existing.etag)
    assert target.brought == [f"{BASE}door/{number}.mp4" for number in range(5)]
    assert work.tally.to_json()["already"] == {"submitted": 5}
    assert work.tally.to_json()["jobs"] == {}


def test_jobs_refusals_and_bytes_are_counted() -> None:
    source, target = made(
        {
            "cameras/1.mp4": b"123",
            "cameras/2.jpg": b"12345",
            "cameras/visit.event/1.jpg": b"1",
            "cameras/visit.event/manifest.json": b"{}",
            "cameras/empty.mp4": b"",
            "cameras/large.jpg": bytes(1001),
            "cameras/notes.txt": b"x",
            "cameras/voice.wav": b"x",
            "cameras/folder/": b"",
            f"cameras/{'x' * 1020}.mp4": b"x",
        }
    )
    tally = (work := backfill(source, target, Progress(None, ""))).tally
    work.run()
    told = tally.to_json()
    assert (told["objects"], told["copied"], told["copied_bytes"], told["ignored"]) == (10, 4, 11, 1)
    assert told["jobs"] == {"video": 1, "image": 1, "sequence": 1}
    assert {row["example"]: row["objects"] for row in told["refused"]} == {
        "cameras/empty.mp4": 1,
        "cameras/large.jpg": 1,
        "cameras/notes.txt": 1,
        "cameras/voice.wav": 1,
    }
    assert ["1,037 bytes" in row["reason"] for row in told["failed"]] == [True]


def test_one_bad_object_stops_none_and_is_tried_first_next_time(tmp_path: Path) -> None:
    source, target = made()
    source.before = raises("read cameras/door/1", ObjectRefused("403 AccessDenied"))
    work = backfill(source, target, Progress(tmp_path / "p.json", "work"), limit=3)
    work.run()
    assert work.tally.failed == {"cameras/door/1.mp4": "403 AccessDenied"}
    again = backfill(source, target, Progress(tmp_path / "p.json", "work"))
    again.run()
    assert target.brought[3:] == [f"{BASE}door/1.mp4", f"{BASE}door/4.mp4"]
    assert (again.tally.failed, again.progress.failed) == ({}, {})


def test_a_source_that_throttles_is_waited_for(tmp_path: Path) -> None:
    source, target = made()
    slept: list[float] = []
    source.before = raises("read cameras/door/2", Unavailable("503 SlowDown"), times=3)
    work = backfill(source, target, Progress(None, ""))
    work.patience.sleep = slept.append
    work.run()
    assert len(target.brought) == 5
    assert len(slept) == 3
    assert slept == sorted(slept)


TRIES = len(PAUSES) + 1


@pytest.mark.parametrize(
    ("call", "times"),
    [("list cameras/door/3", TRIES), ("look", 3 * TRIES), ("read", 3 * TRIES), ("write", 3 * TRIES)],
)
def test_a_service_that_stays_away_ends_the_run_and_loses_nothing(tmp_path: Path, call: str, times: int) -> None:
    source, target = made()
    source.before = target.before = raises(call, Unavailable("no answer"), times)
    with pytest.raises(CommandError, match="no answer"):
        backfill(source, target, Progress(tmp_path / "p.json", "work")).run()
    work = backfill(source, target, Progress(tmp_path / "p.json", "work"))
    work.run()
    assert sorted(target.brought) == [f"{BASE}door/{number}.mp4" for number in range(5)]
    assert work.progress.failed == {}


def test_an_object_that_is_never_answered_for_stops_no_other() -> None:
    source, target = made()
    source.before = raises("read cameras/door/1", Unavailable("500 InternalError"), 10**6)
    work = backfill(source, target, Progress(None, ""))
    work.run()
    assert work.tally.failed == {"cameras/door/1.mp4": "500 InternalError"}
    assert (work.tally.copied, work.tally.is_complete) == (4, True)


def test_an_object_that_changes_meanwhile_is_brought_as_it_is_now() -> None:
    source, target = made()

    def replace_it(call: str, key: str) -> None:
        if (call, key) == ("read", "cameras/door/2.mp4") and source.contents[key] == b"clip 2":
            source.contents[key] = b"new content"

    source.before = replace_it
    backfill(source, target, Progress(None, "")).run()
    assert target.there[f"{BASE}door/2.mp4"].source_etag == hash_of(b"new content")
    assert len(target.brought) == 5


def test_an_object_that_is_deleted_meanwhile_is_no_failure() -> None:
    source, target = made()

    def delete_it(call: str, key: str) -> None:
        if (call, key) == ("read", "cameras/door/2.mp4"):
            source.contents.pop(key, None)

    source.before = delete_it
    work = backfill(source, target, Progress(None, ""))
    work.run()
    assert (work.tally.gone, work.tally.failed, work.tally.copied) == (1, {}, 4)


def test_an_object_that_never_stands_still_is_given_up_with_a_reason() -> None:
    source, target = made()
    count = iter(range(1000))

    def change(call: str, key: str) -> None:
        if (call, key) == ("read", "cameras/door/2.mp4"):
            source.contents[key] = f"content {next(count)}".encode()

    source.before = change
    work = backfill(source, target, Progress(None, ""))
    work.run()
    assert "kept changing" in work.tally.failed["cameras/door/2.mp4"]
    assert work.tally.copied == 4


def test_content_that_changed_in_the_source_replaces_its_own_copy_and_nobody_else_s() -> None:
    source, target = made()
    backfill(source, target, Progress(None, "")).run()
    source.contents["cameras/door/1.mp4"] = b"new"
    source.contents["cameras/door/2.mp4"] = b"new too"
    # Somebody uploaded something of his own over the copy.
    target.there[f"{BASE}door/2.mp4"] = Existing(hash_of(b"his").upper())
    work = backfill(source, target, Progress(None, ""))
    work.run()
    assert target.there[f"{BASE}door/1.mp4"].source_etag == hash_of(b"new")
    assert target.there[f"{BASE}door/2.mp4"].etag == hash_of(b"his").upper()
    assert "another object is at uploads/home/door/2.mp4" in work.tally.failed["cameras/door/2.mp4"]


def test_a_sequence_whose_image_is_missing_waits_for_it(tmp_path: Path) -> None:
    source, target = made({f"cameras/visit.event/{name}": name.encode() for name in ("manifest.json", "x1.jpg", "x2.jpg")})
    source.before = raises("read cameras/visit.event/x1.jpg", ObjectRefused("no right to read it"))
    path = tmp_path / "p.json"
    work = backfill(source, target, Progress(path, "work"))
    work.run()
    assert target.brought == [f"{BASE}visit.event/x2.jpg"]
    assert set(work.tally.failed) == {"cameras/visit.event/x1.jpg", "cameras/visit.event/manifest.json"}
    backfill(source, target, Progress(path, "work")).run()
    assert target.brought[1:] == [f"{BASE}visit.event/x1.jpg", f"{BASE}visit.event/manifest.json"]


@pytest.mark.parametrize("kept", [True, False], ids=["interrupted", "killed before anything was saved"])
@pytest.mark.parametrize("number", range(7 * 5))
def test_ended_at_any_call_the_next_run_loses_nothing_and_doubles_nothing(tmp_path: Path, number: int, kept: bool) -> None:
    """The calls are before and after each side effect."""
    source, target = made({**CLIPS, "cameras/v.event/1.jpg": b"1", "cameras/v.event/manifest.json": b"{}"})
    calls = iter(range(1000))

    def count(call: str, key: str) -> None:
        if next(calls) == number:
            raise KeyboardInterrupt

    source.before = target.before = count
    path = tmp_path / "p.json"
    with pytest.raises(KeyboardInterrupt):
        backfill(source, target, Progress(path if kept else None, "work")).run()
    source.before = target.before = lambda call, key: None
    for key, existing in target.there.items():
        target.stories[media_id("media", key)] = Story("submitted", existing.etag)
    work = backfill(source, target, Progress(path, "work"))
    work.run()
    assert sorted(target.brought) == sorted(f"{BASE}{key.removeprefix('cameras/')}" for key in source.contents)
    assert target.brought.index(f"{BASE}v.event/1.jpg") < target.brought.index(f"{BASE}v.event/manifest.json")
    assert (work.tally.failed, work.tally.is_complete) == ({}, True)


def test_in_place_only_what_the_pipeline_has_not_heard_of_is_submitted() -> None:
    source = FakeSource({"uploads/home/1.mp4": b"1", "uploads/home/2.mp4": b"2", "uploads/home/3.mp4": b"3"})
    source.address = Address("oss", "media", "uploads/")
    target = FakeTarget(source)
    target.stories[media_id("media", "uploads/home/1.mp4")] = Story("searchable", hash_of(b"1"))
    target.stories[media_id("media", "uploads/home/2.mp4")] = Story("searchable", hash_of(b"earlier content"))
    work = backfill(source, target, Progress(None, ""), in_place=True)
    work.run()
    assert target.submitted == ["uploads/home/2.mp4", "uploads/home/3.mp4"]
    assert (target.brought, dict(work.tally.already)) == ([], {"searchable": 1})


def test_what_was_refused_is_submitted_again_since_rules_and_limits_change() -> None:
    source = FakeSource({"uploads/home/1.mp4": b"1"})
    source.address = Address("oss", "media", "uploads/")
    target = FakeTarget(source)
    target.stories[media_id("media", "uploads/home/1.mp4")] = Story("refused", hash_of(b"1"))
    backfill(source, target, Progress(None, ""), in_place=True).run()
    assert target.submitted == ["uploads/home/1.mp4"]


def test_the_progress_file_is_replaced_as_a_whole_and_a_broken_one_counts_for_nothing(tmp_path: Path) -> None:
    with progress_of(tmp_path, "work") as progress:
        progress.reach("cameras/a")
        progress.note_upload("key", UploadNote(upload_id="1", etag="e", part_bytes=5))
    (file,) = tmp_path.glob("*.json")
    assert json.loads(file.read_text())["uploads"]["key"]["upload_id"] == "1"
    with progress_of(tmp_path, "work") as progress:
        assert (progress.after, progress.is_begun) == ("cameras/a", True)
    for broken in (b"", b"{", b'{"v":1,"name":"other work"}', b"\xff"):
        file.write_bytes(broken)
        with progress_of(tmp_path, "work") as progress:
            assert not progress.is_begun


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with progress_of(tmp_path, "work"):
        with pytest.raises(CommandError, match="running already"), progress_of(tmp_path, "work"):
            pass
        with progress_of(tmp_path, "other work"):
            pass
