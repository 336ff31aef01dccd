"""Many media, one after the other, ended at any moment and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cli.errors import CommandError
from cli.pace import Pace
from cli.patience import PAUSES, TROUBLES, Patience
from cli.reindex import Reindexing
from cli.resume import Progress
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.search_library import IndexState
from sightline.pipeline.collect import collect
from sightline.pipeline.reindex import Wanted
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from tests.fakes.sightline import World, make_world

MEDIA = 3
PORTS = {
    "state": ("get", "head", "put", "append", "delete", "keys", "objects", "folders"),
    "media": ("head",),
    "library": ("insert", "index_states", "delete"),
}


def world_with_media() -> tuple[World, dict[str, dict[str, str]]]:
    """Searchable media whose library was lost, and the entries that it had."""
    world = make_world()
    for number in range(MEDIA):
        key = f"uploads/home/door/{number}.mp4"
        identity = world.upload(key, f"clip {number}".encode())
        submit(world.pipeline, key, f"put {number}")
        job = world.pipeline.ledger.read(identity).story.job_id
        world.tagging.succeed(job)
        collect(world.pipeline, job)
    entries = dict(world.library.entries)
    assert len(entries) == MEDIA
    world.library.entries.clear()
    return world, entries


def work(world: World, progress: Progress, wanted: Wanted = "missing") -> Reindexing:
    return Reindexing(world.pipeline, wanted, progress, Pace(1e9), patience=Patience(sleep=lambda seconds: None))


def raising(world: World, monkeypatch: pytest.MonkeyPatch, when: Callable[[str, bool], bool], error: BaseException) -> None:
    """Has every call to the outside raise before it is done, or after, where `when` says so."""

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if when(name, False):
                raise error
            answer = real(*arguments, **named)
            if when(name, True):
                raise error
            return answer

        return call

    for port, names in PORTS.items():
        owner = getattr(world, port)
        for name in names:
            monkeypatch.setattr(owner, name, wrap(name, getattr(owner, name)))


def check(world: World, entries: dict[str, dict[str, str]]) -> None:
    sweep(world.pipeline, lambda what, error: pytest.fail(f"{what}: {error}"))
    assert world.library.entries == entries
    assert {world.stage(identity) for identity in entries} == {"searchable"}
    assert len(world.tagging.jobs) == MEDIA
    assert not list(world.pipeline.ledger.pending())


def test_ended_at_any_call_the_next_run_and_the_sweep_bring_all_back(tmp_path: Path) -> None:
    for number in count(1):
        world, entries = world_with_media()
        calls = count(1)

        def is_it(name: str, after: bool, calls: count[int] = calls, number: int = number) -> bool:
            return next(calls) == number

        path = tmp_path / f"{number}.json"
        with pytest.MonkeyPatch.context() as patched:
            raising(world, patched, is_it, KeyboardInterrupt())
            try:
                work(world, Progress(path, "missing")).run()
                is_over = True
            except KeyboardInterrupt:
                is_over = False
        again = work(world, Progress(path, "missing"))
        again.run()
        assert again.tally.is_complete
        check(world, entries)
        if is_over:
            assert number > 50
            return


def test_a_service_that_stays_away_ends_the_run_and_the_next_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, entries = world_with_media()
    left = [TROUBLES * (len(PAUSES) + 1)]

    def is_away(name: str, after: bool) -> bool:
        if name == "index_states" and not after and left[0]:
            left[0] -= 1
            return True
        return False

    raising(world, monkeypatch, is_away, ServiceUnreachable("IMS", "QueryMediaIndexJob", "timeout"))
    progress = Progress(tmp_path / "p.json", "missing")
    with pytest.raises(CommandError, match="QueryMediaIndexJob: no answer"):
        work(world, progress).run()
    assert Progress(tmp_path / "p.json", "missing").failed.keys() == set(sorted(entries)[: TROUBLES - 1])
    again = work(world, Progress(tmp_path / "p.json", "missing"))
    again.run()
    assert (again.tally.searchable, again.tally.failed) == (MEDIA, {})
    check(world, entries)


def test_a_refusal_that_every_media_would_meet_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, entries = world_with_media()
    facts = {identity: world.facts(identity) for identity in entries}
    refusal = ServiceRefused("IMS", "QueryMediaIndexJob", 403, "Forbidden.RAM", "not authorized")
    raising(world, monkeypatch, lambda name, after: name == "index_states", refusal)
    with pytest.raises(CommandError, match=r"Forbidden\.RAM"):
        work(world, Progress(None, "")).run()
    assert {identity: world.facts(identity) for identity in entries} == facts


def test_what_the_library_will_not_take_is_told_and_stops_no_other(tmp_path: Path) -> None:
    world, entries = world_with_media()
    bad = sorted(entries)[1]
    real = world.library.insert

    def insert(identity: str, *arguments: str) -> None:
        if identity == bad:
            raise ServiceRefused("IMS", "InsertMediaToSearchLib", 400, "InvalidParameter", "too odd")
        real(identity, *arguments)

    world.library.insert = insert  # type: ignore[method-assign, assignment]
    done = work(world, Progress(None, ""))
    done.run()
    assert (done.tally.searchable, list(done.tally.failed)) == (MEDIA - 1, [bad])
    assert "too odd" in done.tally.failed[bad]
    world.library.insert = real  # type: ignore[method-assign]
    again = work(world, Progress(None, ""), "failed")
    again.run()
    assert (again.tally.searchable, dict(again.tally.left)) == (1, {"searchable": MEDIA - 1})
    check(world, entries)


def test_slow_index_jobs_do_not_hold_up_the_others() -> None:
    world, entries = world_with_media()
    running: Sequence[IndexState] = ["Running"]
    world.library.states = [*[running] * (MEDIA + 1), ["Success"]]
    done = work(world, Progress(None, ""))
    done.run()
    assert (done.tally.searchable, done.tally.indexing, done.tally.seen) == (MEDIA, [], MEDIA)
    check(world, entries)
