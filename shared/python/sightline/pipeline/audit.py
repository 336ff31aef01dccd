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

from sightline.ledger.story import Story
from sightline.media.admission import Ignored
from sightline.media.identity import media_id
from sightline.pipeline.cursor import Attempt, Bookmark, Cursor, stretch
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit
from sightline.store.types import ListedObject, ObjectInfo

MOST_AGAIN = 100
"""With so many that could not be attended to, a sweep goes no further: something is wrong that the next keys would meet as well."""


def find_lost_uploads(pipeline: Pipeline, attempt: Attempt, until: datetime) -> None:
    """Look at the next keys of the media bucket, and submit those that their ledger does not know.

    Bounded by `audit_keys_per_sweep` and `until`. Raises retryable errors only, and then the next sweep begins where this one did.
    """
    settings = pipeline.settings
    bookmark = Bookmark(pipeline.state_bucket, "audit")
    cursor = _with_window(pipeline, bookmark)
    auditor = _Auditor(pipeline, attempt, until, cursor)
    auditor.look_again()
    objects = pipeline.media_bucket.objects(settings.upload_prefix, cursor.after)
    last, is_complete = stretch(objects, settings.audit_keys_per_sweep, auditor.has_enough, auditor.look)
    bookmark.write(cursor.moved(last, is_complete, auditor.again))


class _Auditor:
    """One sweep's look; `again` collects what could not be attended to."""

    def __init__(self, pipeline: Pipeline, attempt: Attempt, until: datetime, cursor: Cursor) -> None:
        self._pipeline = pipeline
        self._attempt = attempt
        self._until = until
        self._cursor = cursor
        self.again: list[str] = []

    def has_enough(self) -> bool:
        return self._pipeline.clock() >= self._until or len(self.again) >= MOST_AGAIN

    def look_again(self) -> None:
        for key in self._cursor.again:
            if self.has_enough():
                self.again.append(key)
            else:
                self._attend(key, partial(_look_again, self._pipeline, key))

    def look(self, listed: ListedObject) -> str:
        if self._cursor.covers(listed.info.modified):
            self._attend(listed.key, partial(_compare, self._pipeline, listed.key, listed.info))
        return listed.key

    def _attend(self, key: str, act: Callable[[], str]) -> None:
        if not self._attempt(key, act):
            self.again.append(key)


def _with_window(pipeline: Pipeline, bookmark: Bookmark) -> Cursor:
    """The cursor of the round under way, or of one that begins now."""
    cursor = bookmark.read()
    if cursor.end is not None:
        return cursor
    began = bookmark.write_and_ask_when(cursor)
    begin = cursor.begin or began - timedelta(seconds=pipeline.settings.audit_back_seconds)
    end = began - timedelta(seconds=pipeline.settings.audit_grace_seconds)
    return cursor._replace(begin=begin, end=max(begin, end))


def _look_again(pipeline: Pipeline, key: str) -> str:
    found = pipeline.media_bucket.head(key)
    return "" if found is None else _compare(pipeline, key, found)


def knows(story: Story, found: ObjectInfo) -> bool:
    """Whether a ledger knows this upload. Content of which something failed and that was uploaded again is to be tried again."""
    if story.generation != found.etag or story.stage in ("removed", "forgotten"):
        return False
    may_be_another = story.stage == "refused" or story.may_be_tried_again
    return not may_be_another or story.modified in (None, found.modified)


def _compare(pipeline: Pipeline, key: str, found: ObjectInfo) -> str:
    """What was done, or nothing where the ledger knows this upload."""
    if isinstance(pipeline.admit(key, found), Ignored):
        return ""
    story = pipeline.ledger.read(media_id(pipeline.media_bucket.name, key)).story
    return "" if knows(story, found) else f"its event was lost; {submit(pipeline, key, None)}"
