"""Each media's way, read from its ledger while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.output import Output
from cli.upload import Uploaded
from sightline.ledger.ledger import Ledger
from sightline.ledger.story import Stage, Story
from sightline.untrusted import visible

WAY: tuple[Stage, ...] = ("uploaded", "submitted", "understood", "inserted", "searchable")
NAMES = {"inserted": "indexed", "claimed": "uploaded", "unknown": "uploaded"}
LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class Arrival:
    """Where a media ended, or where it was when time ran out. `seconds` from the start of following."""

    upload: Uploaded
    story: Story
    seconds: float

    @property
    def is_searchable(self) -> bool:
        return self.story.stage == "searchable"

    @property
    def reason(self) -> str:
        """Why it ended as it did, or why it has no smart tags; empty where there is nothing to say."""
        return self.story.reason or self.story.tags_failed

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.upload.key,
            "media_id": self.upload.media_id,
            "stage": stage_name(self.story.stage),
            "reason": self.reason or None,
            "seconds": round(self.seconds, 2),
        }


def follow(ledger: Ledger, uploads: Sequence[Uploaded], output: Output, seconds: float) -> list[Arrival]:
    """Show the way of every upload until each has ended or `seconds` are over."""
    if output.console.is_terminal and not output.as_json:
        with Live(console=output.console, refresh_per_second=8) as live:
            return _watch(ledger, uploads, seconds, lambda arrivals: live.update(_picture(arrivals)))
    lines = _Lines(output)
    return _watch(ledger, uploads, seconds, lines.show)


Show = Callable[[Sequence[Arrival]], None]


def _watch(ledger: Ledger, uploads: Sequence[Uploaded], seconds: float, show: Show) -> list[Arrival]:
    start = time.monotonic()
    arrivals = {upload.media_id: Arrival(upload, Story(), 0.0) for upload in uploads}
    while True:
        for identity, arrival in arrivals.items():
            if not _is_over(arrival):
                arrivals[identity] = _look(ledger, arrival.upload, time.monotonic() - start)
        show(list(arrivals.values()))
        if all(_is_over(arrival) for arrival in arrivals.values()) or time.monotonic() - start > seconds:
            return list(arrivals.values())
        time.sleep(LOOK_EVERY_SECONDS)


def _look(ledger: Ledger, upload: Uploaded, seconds: float) -> Arrival:
    story = ledger.read(upload.media_id).story
    return Arrival(upload, story if _tells_of(story, upload) else Story(), seconds)


def _tells_of(story: Story, upload: Uploaded) -> bool:
    """Before the upload's event arrives, the ledger tells of earlier content, or of the end of an earlier try with the same one."""
    if story.generation != upload.generation:
        return False
    may_be_of_another_try = story.stage == "removed" or story.may_be_tried_again
    return not may_be_of_another_try or (story.modified is not None and story.modified >= upload.modified)


def _is_over(arrival: Arrival) -> bool:
    return arrival.story.is_final


def stage_name(stage: Stage) -> str:
    return NAMES.get(stage, stage)


def _picture(arrivals: Sequence[Arrival]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("media", "way", "seconds"):
        table.add_column(column)
    for arrival in arrivals:
        table.add_row(Text(visible(arrival.upload.name)), _way(arrival.story), f"{arrival.seconds:.1f}")
    return table


def _way(story: Story) -> Text:
    if story.stage in ("failed", "refused", "removed"):
        return Text.assemble((story.stage, "red"), " ", visible(story.reason))
    stage = "uploaded" if story.stage in ("unknown", "claimed") else story.stage
    reached = WAY.index(stage) if stage in WAY else 0
    return Text(" > ").join(Text(stage_name(step), "green" if place <= reached else "dim") for place, step in enumerate(WAY))


class _Lines:
    """A line whenever a media reaches another stage."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said: dict[str, str] = {}

    def show(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            stage = stage_name(arrival.story.stage)
            if self._said.get(arrival.upload.media_id) != stage:
                self._said[arrival.upload.media_id] = stage
                reason = f": {arrival.reason}" if arrival.reason else ""
                self._output.say(f"{arrival.seconds:6.1f} s  {arrival.upload.name}  {stage}{reason}")
