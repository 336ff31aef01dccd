"""Uploads whose event was lost: the media bucket against the ledgers, some keys in each sweep.

A round looks at what was modified in its window of time, [from, to), and the next round's window begins where it ends: so each upload
costs one reading of its ledger, and a listing of 1,000 keys one request, whatever was ever uploaded. The window ends some time before the
round began; whoever was modified later is left to his own event, and falls into a later window.

All times here are OSS's own, that of the round's beginning too: our clock may be as wrong as it likes. OSS lists whatever was written
before the listing began (it is strongly consistent), so nothing slips between two windows but what claims to be older than it is, with
`x-oss-user-last-modified`, or because an older version was brought back. For these there are the walk over the known media (`orphans`),
and `sightline backfill`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from sightline.media import Ignored, media_id
from sightline.pipeline.cursor import Attempt, Bookmark, Cursor, stretch
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit
from sightline.store import ListedObject, ObjectInfo

MOST_AGAIN = 100
"""With so many that could not be attended to, a sweep goes no further: something is wrong that the next keys would meet as well."""


class AuditCursor(Cursor):
    """`begin` and `end` are the window of the round under way. `again` are keys passed by that could not be attended to."""

    begin: datetime | None = None
    end: datetime | None = None
    again: tuple[str, ...] = ()

    def covers(self, modified: datetime) -> bool:
        return self.begin is not None and self.end is not None and self.begin <= modified < self.end


def find_lost_uploads(pipeline: Pipeline, attempt: Attempt, until: datetime) -> None:
    """Look at the next keys of the media bucket, and submit those that their ledger does not know.

    Bounded by `audit_keys_per_sweep` and `until`. Raises retryable errors only, and then the next sweep begins where this one did.
    """
    settings = pipeline.settings
    bookmark = Bookmark(pipeline.state_bucket, "audit", AuditCursor)
    cursor = _with_window(pipeline, bookmark)
    again: list[str] = []

    def is_enough() -> bool:
        return pipeline.clock() >= until or len(again) >= MOST_AGAIN

    def attend(key: str, act: Callable[[], str]) -> None:
        if not attempt(key, act):
            again.append(key)

    def look(listed: ListedObject) -> str:
        if cursor.covers(listed.info.modified):
            attend(listed.key, partial(_compare, pipeline, listed.key, listed.info))
        return listed.key

    for key in cursor.again:
        if pipeline.clock() < until:
            attend(key, partial(_look_again, pipeline, key))
        else:
            again.append(key)
    objects = pipeline.media_bucket.objects(settings.upload_prefix, cursor.after)
    last, is_complete = stretch(objects, settings.audit_keys_per_sweep, is_enough, look)
    if is_complete:
        bookmark.write(AuditCursor(begin=cursor.end, again=tuple(again)))
    else:
        bookmark.write(cursor.model_copy(update={"after": last or cursor.after, "again": tuple(again)}))


def _with_window(pipeline: Pipeline, bookmark: Bookmark[AuditCursor]) -> AuditCursor:
    """The cursor of the round under way, or of one that begins now."""
    cursor = bookmark.read()
    if cursor.end is not None:
        return cursor
    began = bookmark.write_and_ask_when(cursor)
    begin = cursor.begin or began - timedelta(seconds=pipeline.settings.audit_back_seconds)
    end = began - timedelta(seconds=pipeline.settings.audit_grace_seconds)
    return cursor.model_copy(update={"begin": begin, "end": max(begin, end)})


def _look_again(pipeline: Pipeline, key: str) -> str:
    found = pipeline.media_bucket.head(key)
    return "" if found is None else _compare(pipeline, key, found)


def _compare(pipeline: Pipeline, key: str, found: ObjectInfo) -> str:
    """What was done, or nothing where the ledger knows this content."""
    if isinstance(pipeline.admit(key, found), Ignored):
        return ""
    story = pipeline.ledger.read(media_id(pipeline.media_bucket.name, key)).story
    if story.generation == found.etag and story.stage not in ("removed", "forgotten"):
        return ""
    return f"its event was lost; {submit(pipeline, key, None)}"
