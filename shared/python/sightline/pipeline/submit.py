"""An upload: its job is started at once where there is room, or it waits in line."""

from __future__ import annotations

from sightline.clock import to_iso
from sightline.ledger.ledger import until_unchanged
from sightline.pipeline.advance import advance
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.start import join, start
from sightline.pipeline.work import Work, find_work


def submit(pipeline: Pipeline, key: str, event_id: str | None) -> str:
    """See to whatever content the object has now. Says what was done, in a phrase.

    `event_id` is the upload's, None where no event told of it; it is noted for whoever reads the ledger. Raises retryable errors only.
    """

    def try_once() -> str:
        work = find_work(pipeline, key, event_id)
        return work if isinstance(work, str) else _take_on(pipeline, work)

    return until_unchanged(try_once)


def _take_on(pipeline: Pipeline, work: Work) -> str:
    outlook = pipeline.line.look()
    if not work.is_tagged or (not outlook.anyone_waits and pipeline.line.has_room(outlook)):
        return start(pipeline, work, outlook)
    join(pipeline, work)
    return advance(pipeline).get(work.media.id) or _why(pipeline)


def _why(pipeline: Pipeline) -> str:
    outlook = pipeline.line.look()
    if outlook.pause is not None and pipeline.line.is_paused(outlook):
        return f"waiting: until {to_iso(outlook.pause.until)}, because {outlook.pause.reason}"
    return "waiting: for others to finish"
