"""Finished media, put back into the search library from what is stored of them, because somebody asks for it. No job is submitted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from sightline.ledger.story import Story
from sightline.media.identity import is_media_id
from sightline.pipeline.index import index, index_states_of, reopen
from sightline.pipeline.ports import Pipeline
from sightline.store.types import Bucket

Wanted = Literal["all", "missing", "failed"]
"""`missing` are those that the ledger calls searchable and the library does not know, `failed` those that got as far as the index."""


def media_ids(state_bucket: Bucket, after: str = "") -> Iterator[str]:
    """Every media that has anything in the state bucket, in order, those beyond `after`."""
    for name in state_bucket.folders("", after):
        if name > "g":
            return  # media ids are hexadecimal
        if is_media_id(name):
            yield name


def reindex(pipeline: Pipeline, identity: str, wanted: Wanted, until: datetime) -> str:
    """Insert the media anew if it is one of the `wanted`, and wait for its index jobs `until` then. Says what was done, in a phrase.

    "left: …" where nothing was done. What is interrupted after the media was reopened is finished by the sweep. Raises retryable errors,
    and ServiceRefused where the library can't be asked.
    """
    story = pipeline.ledger.read(identity).story
    reason = _why_left(pipeline, identity, story, wanted)
    if reason:
        return f"left: {reason}"
    reopen(pipeline, identity, story, f"reindex of {wanted}")
    return index(pipeline, identity, story.generation, until)


def confirm(pipeline: Pipeline, identity: str, until: datetime) -> str:
    """Look again after a media that was still being indexed."""
    story = pipeline.ledger.read(identity).story
    return index(pipeline, identity, story.generation, until) if story.stage == "inserted" else story.stage


def _why_left(pipeline: Pipeline, identity: str, story: Story, wanted: Wanted) -> str:
    """Empty for a media that is to be indexed anew."""
    return _why_not_wanted(pipeline, identity, story, wanted) or _why_not_possible(pipeline, identity, story)


def _why_not_wanted(pipeline: Pipeline, identity: str, story: Story, wanted: Wanted) -> str:
    if story.is_unfinished:
        return "on its way already"
    failed_at_index = story.stage == "failed" and story.step == "index"
    if story.stage != "searchable" and not failed_at_index:
        return f"{story.stage} at {story.step}" if story.step else story.stage
    if wanted == "failed" and not failed_at_index:
        return story.stage
    if wanted == "missing" and (failed_at_index or index_states_of(pipeline, identity)):
        return "failed at index" if failed_at_index else "in the library"
    return ""


def _why_not_possible(pipeline: Pipeline, identity: str, story: Story) -> str:
    found = pipeline.media_bucket.head(story.key) if story.bucket == pipeline.media_bucket.name else None
    if found is None:
        return "its object is gone"
    if found.etag != story.generation:
        return "its content has changed, and goes its own way"
    if story.is_tagged and not any(True for _ in pipeline.state_bucket.keys(f"{identity}/parts/{story.generation}/")):
        return "nothing is stored of its job; upload it again"
    return ""
