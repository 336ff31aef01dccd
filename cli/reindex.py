"""Media put back into the search library, one after the other, without new jobs: `sightline reindex`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cli.errors import CommandError
from cli.output import Output
from cli.pace import Pace
from cli.patience import GivenUp, Patience, Unavailable
from cli.resume import Progress
from cli.tally import counted, show_failed, show_nothing
from sightline.errors import SightlineError
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.reindex import Wanted, confirm, media_ids, reindex


@dataclass
class Reindexed:
    """What became of the media: `indexing` are inserted, and the sweep sees them to their end."""

    seen: int = 0
    searchable: int = 0
    indexing: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False
    waits_for: str = ""

    def add(self, identity: str, outcome: str) -> bool:
        """Whether anything was done."""
        verb, _, reason = outcome.partition(": ")
        if verb == "searchable":
            self.searchable += 1
        elif verb == "inserted":
            self.indexing.append(identity)
        elif verb == "failed":
            self.failed[identity] = reason
        else:  # left, ignored, removed: nothing is wrong with it, and it goes its own way
            self.left[reason or verb] += 1
            return False
        return True

    @property
    def words(self) -> str:
        """For the line of progress."""
        parts = {"searchable": self.searchable, "being indexed": len(self.indexing), "failed": len(self.failed)}
        return counted(parts, self.waits_for)

    def to_json(self) -> dict[str, Any]:
        return {
            "media": self.seen,
            "searchable": self.searchable,
            "being_indexed": len(self.indexing),
            "left": dict(self.left),
            "failed": [{"media_id": identity, "reason": reason} for identity, reason in self.failed.items()],
            "complete": self.is_complete,
        }


@dataclass
class Reindexing:
    """Every media of the state bucket that is one of the `wanted`, from where the last run ended."""

    pipeline: Pipeline
    wanted: Wanted
    progress: Progress
    pace: Pace
    show: Callable[[Reindexed], None] = show_nothing
    patience: Patience = field(default_factory=Patience)
    tally: Reindexed = field(default_factory=Reindexed)

    def run(self) -> None:
        """Raises CommandError where it can't go on; the progress is kept then, and when it is interrupted."""
        try:
            for identity in list(self.progress.failed):
                self._take(identity)
            for identity in self.patience.walk(self._identities, str, self.progress.after):
                self._take(identity)
                self.progress.reach(identity)
            self._look_again()
            self.tally.is_complete = True
        finally:
            self.progress.save()

    def _take(self, identity: str) -> None:
        if self.tally.add(identity, self._patiently(self._insert, identity)):
            self.pace.wait()
        self.tally.seen += 1
        self.progress.failed.pop(identity, None)
        if identity in self.tally.failed:
            self.progress.failed[identity] = self.tally.failed[identity]
        self.show(self.tally)

    def _patiently(self, call: Callable[[str], str], identity: str) -> str:
        try:
            return self.patience.with_(call, identity)
        except GivenUp as error:
            return f"failed: {error}"

    def _identities(self, after: str) -> Iterator[str]:
        with told():
            yield from media_ids(self.pipeline.state_bucket, after)

    def _insert(self, identity: str) -> str:
        """Without waiting for its index jobs: while they run, the next media are inserted."""
        with told():
            return reindex(self.pipeline, identity, self.wanted, self.pipeline.clock())

    def _look_again(self) -> None:
        """At those that were being indexed; all of them together wait as long as one callback may."""
        until = deadline(self.pipeline)
        waiting, self.tally.indexing = self.tally.indexing, []
        for identity in waiting:
            is_late = self.pipeline.clock() >= until
            self.tally.add(identity, "inserted" if is_late else self._patiently(partial(self._confirm, until), identity))
            self.show(self.tally)

    def _confirm(self, until: datetime, identity: str) -> str:
        with told():
            return confirm(self.pipeline, identity, until)


def reindex_one(pipeline: Pipeline, identity: str) -> Reindexed:
    """One media, waiting for its index jobs. Raises SightlineError."""
    tally = Reindexed(seen=1, is_complete=True)
    tally.add(identity, reindex(pipeline, identity, "all", deadline(pipeline)))
    return tally


def deadline(pipeline: Pipeline) -> datetime:
    return pipeline.clock() + timedelta(seconds=pipeline.settings.index_wait_seconds)


@contextmanager
def told() -> Iterator[None]:
    """Raises Unavailable for what may pass, and CommandError for what would stop every other media too."""
    try:
        yield
    except SightlineError as error:
        if error.retryable:
            raise Unavailable(str(error)) from error
        raise CommandError(str(error), "look at `sightline status`; the same command goes on there") from error


def show(output: Output, tally: Reindexed) -> None:
    output.say(f"{tally.seen:,} media")
    for count, words in ((tally.searchable, "searchable"), (len(tally.indexing), "being indexed; the sweep sees them to the end")):
        if count:
            output.say(f"  {count:,} {words}")
    for reason, count in tally.left.items():
        output.say(f"  {count:,} left: {reason}")
    show_failed(output, tally.failed)
