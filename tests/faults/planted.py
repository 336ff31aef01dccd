"""Bugs that are planted into the wired functions, so that the harness shows that it finds their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType

from cli.up import NAMES
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal, Ledger
from sightline.ledger.story import Story
from sightline.media.identity import media_id
from sightline.media.types import Media
from sightline.pipeline.ports import Pipeline
from sightline.record.findings import Findings
from sightline.record.model import Record
from sightline.record.shelf import RecordShelf
from sightline.store.oss import OssBucket
from sightline.store.types import ObjectInfo, PositionConflict
from sightline.wiring import Wiring

TAKEN_ON = ("unknown", "uploaded", "claimed")


def no_bug(_function: str, _module: ModuleType, _wiring: Wiring) -> None:
    """What is loaded is what runs."""


def claims_off(_function: str, _module: ModuleType, wiring: Wiring) -> None:
    """An append to a ledger goes through wherever it meant to begin: of two who claim, both do."""
    _replace_bucket(wiring, NAMES.state_bucket, _appending_anywhere)


def generation_check_off(function: str, _module: ModuleType, wiring: Wiring) -> None:
    """Whoever collects or searches takes the ledger's word for what is in the bucket."""
    if function in ("collect", "search"):
        ledger = Ledger(wiring.bucket(NAMES.state_bucket))
        _replace_bucket(wiring, NAMES.media_bucket, lambda bucket: _answering_from(bucket, ledger))


def dedupe_off(function: str, _module: ModuleType, wiring: Wiring) -> None:
    """An upload that has been submitted is not known to have been."""
    if function == "submit":
        build = wiring.pipeline

        def pipeline() -> Pipeline:
            return build()._replace(ledger=_Forgetful(wiring.bucket(NAMES.state_bucket)))

        wiring.pipeline = pipeline  # type: ignore[method-assign]


def record_made_once(_function: str, _module: ModuleType, wiring: Wiring) -> None:
    """A record that is there is good enough: what jobs told that ended since is left out of it."""
    build = wiring.pipeline

    def pipeline() -> Pipeline:
        return build()._replace(records=_LazyShelf(wiring.bucket(NAMES.state_bucket)))

    wiring.pipeline = pipeline  # type: ignore[method-assign]


def part_after_the_fact(_function: str, _module: ModuleType, wiring: Wiring) -> None:
    """The ledger says that a job has told all before that is stored: whoever is ended in between loses it."""
    build = wiring.pipeline

    def pipeline() -> Pipeline:
        bucket = wiring.bucket(NAMES.state_bucket)
        shelf = _LateShelf(bucket)
        return build()._replace(records=shelf, ledger=_Ahead(bucket, shelf))

    wiring.pipeline = pipeline  # type: ignore[method-assign]


def sweep_off(function: str, module: ModuleType, _wiring: Wiring) -> None:
    if function == "sweep":
        module.handler = lambda _event, _context: {}  # type: ignore[attr-defined]


def _replace_bucket(wiring: Wiring, name: str, change: Callable[[OssBucket], OssBucket]) -> None:
    build = wiring.bucket

    def bucket(name_wanted: str) -> OssBucket:
        return change(build(name_wanted)) if name_wanted == name else build(name_wanted)

    wiring.bucket = bucket  # type: ignore[assignment, method-assign]


def _appending_anywhere(bucket: OssBucket) -> OssBucket:
    append = bucket.append

    def append_anywhere(key: str, position: int, content: bytes) -> None:
        try:
            append(key, position, content)
        except PositionConflict:
            found = bucket.head(key) if key.endswith("ledger.jsonl") else None
            if found is None:
                raise
            append(key, found.size, content)

    bucket.append = append_anywhere  # type: ignore[method-assign]
    return bucket


def _answering_from(bucket: OssBucket, ledger: Ledger) -> OssBucket:
    ask = bucket.head

    def head(key: str) -> ObjectInfo | None:
        found = ask(key)
        believed = ledger.read(media_id(bucket.name, key)).story.generation
        return found._replace(etag=believed) if found and believed else found

    bucket.head = head  # type: ignore[method-assign]
    return bucket


class _Forgetful(Ledger):
    def read(self, media_id: str) -> Journal:
        journal = super().read(media_id)
        return journal if journal.story.stage in TAKEN_ON else Journal(journal.media_id, journal.position, [], journal.end)


class _LazyShelf(RecordShelf):
    def compose(self, media: Media, preview_key: str, story: Story) -> Record:
        kept = self.get(media.id)
        return kept if kept is not None and kept.generation == media.etag else super().compose(media, preview_key, story)


class _LateShelf(RecordShelf):
    """Stores findings when it is told to."""

    def __init__(self, bucket: OssBucket) -> None:
        super().__init__(bucket)
        self._late: list[Callable[[], None]] = []

    def put_findings(self, media_id: str, generation: str, job: str, found: Findings) -> None:
        self._late.append(partial(super().put_findings, media_id, generation, job, found))

    def catch_up(self) -> None:
        while self._late:
            self._late.pop(0)()


class _Ahead(Ledger):
    def __init__(self, bucket: OssBucket, shelf: _LateShelf) -> None:
        super().__init__(bucket)
        self._shelf = shelf

    def append(self, journal: Journal, facts: Sequence[Fact]) -> Journal:
        after = super().append(journal, facts)
        self._shelf.catch_up()
        return after
