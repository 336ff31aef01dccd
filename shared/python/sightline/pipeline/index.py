"""Into the search library, and seen there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sightline.errors import BadInput, PermissionMissing, ServiceRefused
from sightline.ims.search_library import IndexState
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.ledger.story import Story
from sightline.media.admission import Admitted
from sightline.media.types import Media
from sightline.pipeline.endings import CHANGED, GONE, close, fail, forget, remove
from sightline.pipeline.ports import Library, Pipeline
from sightline.pipeline.sources import image_keys
from sightline.record.model import Record
from sightline.value import Value

FIRST_LOOK_SECONDS = 0.05
LONGEST_LOOK_SECONDS = 2.0


def index(pipeline: Pipeline, identity: str, generation: str, until: datetime, known: Journal | None = None) -> str:
    """Insert an understood media, and wait for its index jobs `until` then; the sweep waits for the rest.

    `known` is its ledger as it was just read. Raises retryable errors, and PermissionMissing: nothing is wrong with the media then.
    """
    journal = known or pipeline.ledger.read(identity)
    story = journal.story
    found = pipeline.media_bucket.head(story.key)
    if found is None:
        return remove(pipeline, story.key)
    verdict = pipeline.admit(story.key, found)
    if not isinstance(verdict, Admitted) or found.etag != generation or story.generation != generation:
        return CHANGED
    if story.stage == "untagged":
        return "kept: nothing is told of it so far"
    try:
        vanished = story.stage == "inserted" and _has_vanished(pipeline, story, identity)
        if story.stage != "inserted" or vanished:
            inserted = _insert(pipeline, verdict.media, journal, known="" if vanished else story.told)
            if isinstance(inserted, str):
                return inserted
            journal = inserted
        return _confirm(pipeline, journal, until)
    except ServiceRefused as error:
        if error.retryable or isinstance(error, PermissionMissing):
            raise
        return fail(pipeline, identity, generation, "index", str(error))


def into_the_library(pipeline: Pipeline, journal: Journal, generation: str, until: datetime) -> str:
    """When a job beside the smart tags has ended: a media that is understood goes there, with what its jobs told so far.

    One that is not yet will take that along. As `index`.
    """
    story = journal.story
    if story.generation != generation or story.stage in GONE:
        return CHANGED
    if story.is_being_inserted:
        return index(pipeline, journal.media_id, generation, until, journal)
    if story.stage == "failed":  # perhaps by this very job, the last that might have told something
        close(pipeline, journal)
    return f"kept: the media is {story.stage}"


def reopen(pipeline: Pipeline, identity: str, story: Story, reason: str) -> str:
    """Have a searchable or failed media indexed anew from the parts that are stored, without a new job."""
    reopened = Fact("reopened", pipeline.clock(), story.generation, {"reason": reason})
    address = f"{story.bucket}/{story.key}"
    pipeline.ledger.mark_pending(identity, address)
    pipeline.ledger.update(identity, lambda now: [reopened] if (now.generation, now.stage) == (story.generation, story.stage) else [])
    # Whoever saw it final may have taken the marker away before he could see that it is not.
    pipeline.ledger.mark_pending(identity, address)
    return f"reopened: {reason}"


def index_states_of(pipeline: Pipeline, identity: str) -> Sequence[IndexState]:
    """Empty for a media that the library does not know. Raises ServiceRefused and ServiceUnreachable."""
    try:
        return pipeline.library.index_states(identity)
    except ServiceRefused as error:
        # No code tells an unknown media from an unknown library, and for want of a library no media must be touched.
        if error.missing and pipeline.library.exists():
            return []
        raise


def _has_vanished(pipeline: Pipeline, story: Story, identity: str) -> bool:
    """Whether the library knows nothing of an entry that was inserted a while ago: somebody late took it for an earlier one's."""
    age = pipeline.clock() - (story.since or pipeline.clock())
    return age >= timedelta(seconds=pipeline.settings.callback_seconds) and not index_states_of(pipeline, identity)


def _insert(pipeline: Pipeline, media: Media, journal: Journal, known: str = "") -> Journal | str:
    """The ledger afterwards, or why it went no further.

    `known` is the digest of what the library has: given the same it would only index the media once more, for money and for nothing.
    """
    try:
        preview = image_keys(pipeline, media)[0]
    except BadInput as error:
        return fail(pipeline, media.id, media.etag, "index", str(error))
    told: frozenset[str] | None = None
    # A job that ended meanwhile may have found our record in place of its own, and its entry: both are made anew.
    while told != journal.story.ended_jobs:
        entry = _Entry.of(media, pipeline.records.compose(media, preview, journal.story))
        if told is not None or entry.digest != known:
            entry.insert(pipeline.library, media)
        told = journal.story.ended_jobs
        details = {"library": pipeline.settings.search_library, "told": entry.digest}
        inserted = Fact("inserted", pipeline.clock(), media.etag, details)
        journal = _append(pipeline, journal, inserted, partial(_lacks_nothing, told))
        if journal.story.generation != media.etag:
            break
    if journal.story.generation == media.etag and journal.story.stage in ("inserted", "searchable"):
        return journal
    return _give_way(pipeline, journal)


def _give_way(pipeline: Pipeline, journal: Journal) -> str:
    """We inserted what had ended or been replaced by then: a deleted media is taken out again, and newer content put back in its place.

    Newer content that is still on its way does that by itself.
    """
    story = journal.story
    if story.is_final and story.stage != "searchable":
        forget(pipeline, journal)
    elif story.stage in ("inserted", "searchable"):
        found = pipeline.media_bucket.head(story.key)
        verdict = None if found is None else pipeline.admit(story.key, found)
        if isinstance(verdict, Admitted) and verdict.media.etag == story.generation:
            _insert(pipeline, verdict.media, journal)
    return CHANGED


class _Entry(Value):
    """What the library is given of a media."""

    address: str
    media_type: str
    title: str
    description: str
    key_frames: Sequence[str]

    @classmethod
    def of(cls, media: Media, record: Record) -> _Entry:
        # A sequence is found by the image that stands for it.
        media_type = "image" if media.kind == "sequence" else media.kind
        key_frames = [f"oss://{media.bucket}/{key}" for key in record.found.key_frames] if media.kind == "video" else []
        return cls(f"oss://{media.bucket}/{record.preview_key}", media_type, record.said.title, _description(record), key_frames)

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self._asdict()).encode()).hexdigest()[:16]

    def insert(self, library: Library, media: Media) -> None:
        library.insert(media.id, self.address, self.media_type, self.title, self.description, media.namespace, self.key_frames)


def _description(record: Record) -> str:
    """Everything that was said of the media, and in it, once; the captions last, since they are cut first where there is no room."""
    said, found = record.said, record.found
    sentences = [said.caption or said.brief]
    told = " ".join(sentences).lower()
    words = [*said.events, *said.objects, *said.actions, *(tag.name for tag in found.tags)]
    sentences += [word for word in words if word.lower() not in told]
    sentences += [cue.text for cue in found.captions]
    return ". ".join(part.rstrip(".") for part in dict.fromkeys(sentences) if part) + "."


def _confirm(pipeline: Pipeline, journal: Journal, until: datetime) -> str:
    identity, generation = journal.media_id, journal.story.generation
    pause = FIRST_LOOK_SECONDS
    while True:
        states = index_states_of(pipeline, identity)
        if "Fail" in states:
            return fail(pipeline, identity, generation, "index", "the search library could not index the media")
        if states and all(state == "Success" for state in states):
            # Understood anew by now, where another job has ended: then the record lacks what that told.
            journal = _append(pipeline, journal, Fact("searchable", pipeline.clock(), generation), _is_inserted)
            if journal.story.generation == generation and journal.story.stage == "understood":
                return "to be indexed anew: another of its jobs has ended"
            if journal.story.generation != generation or journal.story.stage != "searchable":
                return CHANGED
            close(pipeline, journal)
            return "searchable"
        if pipeline.clock() >= until:
            return "inserted: still being indexed"
        pipeline.sleep(pause)
        pause = min(pause * 2, LONGEST_LOOK_SECONDS)


def _append(pipeline: Pipeline, journal: Journal, fact: Fact, still: Callable[[Story], bool]) -> Journal:
    """The ledger afterwards; the fact is in it unless another generation came, this one ended, or what it says does not hold any more."""

    def decide(story: Story) -> Sequence[Fact]:
        is_open = story.generation == fact.generation and not story.is_final and story.stage != fact.kind
        return [fact] if is_open and still(story) else []

    return pipeline.ledger.update(journal.media_id, decide, journal)[0]


def _lacks_nothing(told: frozenset[str], story: Story) -> bool:
    """Whether the media still waits for its entry, and the record that was made of these jobs is whole."""
    return story.is_being_inserted and told == story.ended_jobs


def _is_inserted(story: Story) -> bool:
    return story.stage == "inserted"
