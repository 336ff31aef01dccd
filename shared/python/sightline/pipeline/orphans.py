"""What has come apart: media whose object is gone, and traces that belong to nothing. Some media in each sweep, in the order of their ids.

What can't be found: an entry of the search library whose media has neither ledger nor record, since IMS lists no entries; a search
leaves it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from sightline.errors import ServiceRefused
from sightline.ims.search_library import IndexState
from sightline.ledger import Fact, Story
from sightline.ledger.ledger import ledger_key
from sightline.pipeline.audit import knows
from sightline.pipeline.cursor import Attempt, Bookmark, Cursor, stretch
from sightline.pipeline.endings import close, forget, remove
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.retention import forget_facts
from sightline.pipeline.submit import submit
from sightline.store import Bucket

_MEDIA_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Folder:
    """What the state bucket holds of one media, as it was listed."""

    media_id: str
    keys: Sequence[str]

    def parts_of(self, generation: str) -> Sequence[str]:
        return [key for key in self._parts if key.split("/")[2] == generation]

    def parts_of_others(self, generation: str) -> Sequence[str]:
        return [key for key in self._parts if key.split("/")[2] != generation]

    @property
    def has_ledger(self) -> bool:
        return ledger_key(self.media_id) in self.keys

    @property
    def has_more(self) -> bool:
        """Than a ledger."""
        return len(self.keys) > self.has_ledger

    @property
    def _parts(self) -> Sequence[str]:
        return [key for key in self.keys if key.startswith(f"{self.media_id}/parts/")]


def find_orphans(pipeline: Pipeline, attempt: Attempt, until: datetime) -> None:
    """Check the next media, and put right what is not. Bounded by `media_checked_per_sweep` and `until`. Raises retryable errors only.

    What can't be attended to now is left to the next round.
    """
    bookmark = Bookmark(pipeline.state_bucket, "orphans", Cursor)
    cursor = bookmark.read()

    def check(folder: Folder) -> str:
        attempt(folder.media_id, partial(_check, pipeline, folder))
        return folder.media_id

    folders = _folders(pipeline.state_bucket, cursor.after)
    last, is_complete = stretch(folders, pipeline.settings.media_checked_per_sweep, lambda: pipeline.clock() >= until, check)
    bookmark.write(Cursor(after="" if is_complete else last or cursor.after))


def reopen(pipeline: Pipeline, identity: str, story: Story, reason: str) -> str:
    """Have a searchable or failed media indexed anew from the parts that are stored, without a new job."""
    reopened = Fact("reopened", pipeline.clock(), story.generation, {"reason": reason})
    address = f"{story.bucket}/{story.key}"
    pipeline.ledger.mark_pending(identity, address)
    pipeline.ledger.update(identity, lambda now: [reopened] if (now.generation, now.stage) == (story.generation, story.stage) else [])
    # Whoever saw it final may have taken the marker away before he could see that it is not.
    pipeline.ledger.mark_pending(identity, address)
    return f"reopened: {reason}"


def _folders(bucket: Bucket, after: str) -> Iterator[Folder]:
    # "0" follows the slash: beyond everything in that folder.
    keys = bucket.keys("", f"{after}0" if after else "")
    for name, group in groupby(keys, key=lambda key: key.partition("/")[0]):
        if name > "g":
            return  # media ids are hexadecimal
        if _MEDIA_ID.fullmatch(name):
            yield Folder(name, list(group))


def _check(pipeline: Pipeline, folder: Folder) -> str:
    """What was done, or nothing where all is well."""
    journal = pipeline.ledger.read(folder.media_id)
    story = journal.story
    if story.stage == "unknown":
        return _without_ledger(pipeline, folder)
    if story.bucket != pipeline.media_bucket.name or not _is_settled(pipeline, story):
        return ""
    found = pipeline.media_bucket.head(story.key)
    if found is None:
        return _without_object(pipeline, folder, story)
    if not knows(story, found):
        return f"its event was lost; {submit(pipeline, story.key, None)}"
    if story.is_unfinished:
        return _unfinished(pipeline, folder.media_id, story)
    _delete(pipeline, folder.parts_of_others(story.generation))
    if story.stage == "searchable":
        return _searchable(pipeline, folder, story)
    if folder.has_more:
        close(pipeline, journal)
    return ""


def _is_settled(pipeline: Pipeline, story: Story) -> bool:
    """Whatever moved a moment ago may be seen half done."""
    return story.since is not None and pipeline.clock() - story.since >= timedelta(seconds=pipeline.settings.audit_grace_seconds)


def _without_ledger(pipeline: Pipeline, folder: Folder) -> str:
    """Nothing is written of a media before its ledger, so somebody deleted that. What is left names the object, or nothing at all."""
    if folder.has_ledger:
        return ""  # its facts are of kinds that only a newer version knows
    record = pipeline.records.get(folder.media_id)
    if record is not None and record.bucket != pipeline.media_bucket.name:
        return ""
    if record is not None and pipeline.media_bucket.head(record.key) is not None:
        return f"it has no ledger; {submit(pipeline, record.key, None)}"
    forget(pipeline, folder.media_id)
    _delete(pipeline, folder.keys)
    return "deleted: a record without a ledger"


def _without_object(pipeline: Pipeline, folder: Folder, story: Story) -> str:
    if story.stage not in ("removed", "forgotten"):
        return remove(pipeline, story.key)
    if story.stage == "removed" and folder.has_more:
        forget(pipeline, folder.media_id)
        pipeline.records.remove(folder.media_id)
    return forget_facts(pipeline, folder.media_id)


def _unfinished(pipeline: Pipeline, identity: str, story: Story) -> str:
    """Its marker, pending or in the waiting line, may be lost. A second one costs a look."""
    if story.stage == "uploaded":
        submit(pipeline, story.key, None)
    else:
        pipeline.ledger.mark_pending(identity, f"{story.bucket}/{story.key}")
    return ""


def _searchable(pipeline: Pipeline, folder: Folder, story: Story) -> str:
    lost = _what_is_lost(pipeline, folder.media_id, story)
    if lost and not folder.parts_of(story.generation):
        return f"{lost}, and its parts too: upload {story.key} again"
    return reopen(pipeline, folder.media_id, story, lost) if lost else ""


def _what_is_lost(pipeline: Pipeline, identity: str, story: Story) -> str:
    record = pipeline.records.get(identity)
    if record is None or record.generation != story.generation:
        return "its record is lost"
    states = index_states_of(pipeline, identity)
    if not states:
        return "its library entry is lost"
    return "its index job failed later" if "Fail" in states else ""


def index_states_of(pipeline: Pipeline, identity: str) -> Sequence[IndexState]:
    """Empty for a media that the library does not know. Raises ServiceRefused and ServiceUnreachable."""
    try:
        return pipeline.library.index_states(identity)
    except ServiceRefused as error:
        # No code tells an unknown media from an unknown library, and for want of a library no media must be touched.
        if error.missing and pipeline.library.exists():
            return []
        raise


def _delete(pipeline: Pipeline, keys: Iterable[str]) -> None:
    for key in keys:
        pipeline.state_bucket.delete(key)
