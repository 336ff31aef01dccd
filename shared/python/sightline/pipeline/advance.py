"""The waiting line moves on: whoever frees a slot, or finds one free, starts who is next."""

from __future__ import annotations

from sightline.ledger.ledger import until_unchanged
from sightline.line.line import Outlook
from sightline.line.waiting import Place
from sightline.pipeline.ports import Pipeline


def advance(pipeline: Pipeline, *, after_a_job: bool = False) -> dict[str, str]:
    """Start waiting media while there is room. What was done, by media id; one media's trouble does not hold up those behind it.

    `after_a_job` tells that one has just ended: the best news that a busy service has room again, so one is tried in spite of a pause.
    """
    outcomes: dict[str, str] = {}
    seen: set[Place] = set()
    outlook = pipeline.line.look()
    while outlook.anyone_waits and (pipeline.line.has_room(outlook) or (after_a_job and not seen and pipeline.line.has_slot(outlook))):
        place = pipeline.line.next(seen)
        if place is None:
            break
        seen.add(place)
        outcomes[place.media_id] = _guarded(pipeline, place, outlook)
        outlook = pipeline.line.look()
    return outcomes


def _guarded(pipeline: Pipeline, place: Place, outlook: Outlook) -> str:
    try:
        return until_unchanged(lambda: _serve(pipeline, place, outlook))
    except Exception as error:  # noqa: BLE001 - whoever stands behind it must not be held up, nor the caller's own work
        pipeline.report(f"media {place.media_id} in the waiting line", error)
        return f"error: {type(error).__name__}: {error}"


def _serve(pipeline: Pipeline, place: Place, outlook: Outlook) -> str:
    # Mostly nobody waits, and then whoever has collected a job needs no part of starting one.
    from sightline.pipeline.start import start
    from sightline.pipeline.work import find_work

    key = pipeline.line.waiting.object_key(place)
    if key is None:
        return "nothing to do: it has left the line"
    work = find_work(pipeline, key, None)
    if isinstance(work, str):
        pipeline.line.waiting.leave(place)
        return work
    return start(pipeline, work, outlook, place)
