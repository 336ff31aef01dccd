"""What has come apart: media whose object is gone, and traces that belong to nothing. Some media in each sweep, in the order of their ids.

What can't be found: an entry of the search library whose media has neither ledger nor record, since IMS lists no entries; a search
leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from sightline.ledger.ledger import Journal, ledger_key
from sightline.ledger.story import Story
from sightline.media.identity import is_media_id
from sightline.pipeline.audit import knows
from sightline.pipeline.cursor import Attempt, Bookmark, stretch
from sightline.pipeline.derivatives import forget_those_of_others
from sightline.pipeline.endings import close, forget, remove
from sightline.pipeline.index import index_states_of, reopen
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.retention import forget_facts
from sightline.pipeline.submit import submit
from sightline.store.types import Bucket
from sightline.value import Value


class Folder(Value):
    """What the state bucket holds of one media, as it was listed."""

    media_id: str
    keys: Sequence[str]

    def parts_of_others(self, generation: str) -> Sequence[str]:
        parts = [key for key in self.keys if key.startswith(f"{self.media_id}/parts/")]
        return [key for key in parts if key.split("/")[2] != generation]

    @property
    def has_ledger(self) -> bool:
        return ledger_key(self.media_id) in self.keys

    @property
    def has_more(self) -> bool:
        """Than a ledger."""
        return len(self.keys) > self.has_ledger


def find_orphans(pipeline: Pipeline, attempt: Attempt, until: datetime) -> None:
    """Check the next media, and put right what is not. Bounded by `media_checked_per_sweep` and `until`. Raises retryable errors only.

    What can't be attended to now is left to the next round.
    """
    bookmark = Bookmark(pipeline.state_bucket, "orphans")
    cursor = bookmark.read()

    def check(folder: Folder) -> str:
        attempt(folder.media_id, partial(_check, pipeline, folder))
        return folder.media_id

    folders = _folders(pipeline.state_bucket, cursor.after)
    last, is_complete = stretch(folders, pipeline.settings.media_checked_per_sweep, lambda: pipeline.clock() >= until, check)
    bookmark.write(cursor.moved(last, is_complete))


def _folders(bucket: Bucket, after: str) -> Iterator[Folder]:
    # "0" follows the slash: beyond everything in that folder.
    keys = bucket.keys("", f"{after}0" if after else "")
    for name, group in groupby(keys, key=lambda key: key.partition("/")[0]):
        if name > "g":
            return  # media ids are hexadecimal
        if is_media_id(name):
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
        return _without_object(pipeline, folder, journal)
    if not knows(story, found):
        return f"its event was lost; {submit(pipeline, story.key, None)}"
    if story.is_unfinished or story.open_jobs:
        return _unfinished(pipeline, folder.media_id, story)
    _delete(pipeline, folder.parts_of_others(story.generation))
    forget_those_of_others(pipeline, journal)
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
    if record is not None:
        pipeline.library.delete(folder.media_id, record.namespace)
    _delete(pipeline, folder.keys)
    return "deleted: a record without a ledger"


def _without_object(pipeline: Pipeline, folder: Folder, journal: Journal) -> str:
    story = journal.story
    if story.stage not in ("removed", "forgotten"):
        return remove(pipeline, story.key)
    forget_those_of_others(pipeline, journal)
    if story.stage == "removed" and folder.has_more:
        forget(pipeline, journal)
        _delete(pipeline, [key for key in folder.keys if key != ledger_key(folder.media_id)])
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
    # Where its parts are lost too, the index says so, and it has failed: then an upload of the same content is another try.
    return reopen(pipeline, folder.media_id, story, lost) if lost else ""


def _what_is_lost(pipeline: Pipeline, identity: str, story: Story) -> str:
    record = pipeline.records.get(identity)
    if record is None or record.generation != story.generation:
        return "its record is lost"
    if frozenset(record.jobs) != story.ended_jobs:
        return "its record lacks what a job told"
    states = index_states_of(pipeline, identity)
    if not states:
        return "its library entry is lost"
    return "its index job failed later" if "Fail" in states else ""


def _delete(pipeline: Pipeline, keys: Iterable[str]) -> None:
    for key in keys:
        pipeline.state_bucket.delete(key)
