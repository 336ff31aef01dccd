"""What jobs make of a media: objects of the media bucket, below the folder of all outputs, that go when it goes.

<folder of all outputs><the rule's own><media id>/<generation>/<function>…
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sightline.alike.index import forget, recall
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.pipeline.endings import GONE
from sightline.pipeline.ports import Pipeline
from sightline.store.types import ListedObject


def is_output(pipeline: Pipeline, key: str, media_id: str, generation: str) -> bool:
    """Whether an object can be an output of this content's: nothing else that a service names is read, shown or deleted."""
    return key.startswith(pipeline.settings.derived_prefix) and f"/{media_id}/{generation}/" in f"/{key}" and ".." not in key.split("/")


def delete_outputs(pipeline: Pipeline, media_id: str, generation: str, keys: Iterable[str]) -> None:
    """Those of a job that ended too late."""
    for key in keys:
        if is_output(pipeline, key, media_id, generation):
            pipeline.media_bucket.delete(key)


def forget_derivatives(pipeline: Pipeline, journal: Journal, generations: Collection[str]) -> None:
    """Everything that was made of these generations, as far as the ledger knows where it lies, and what its likeness is known by.

    A media that no job beside the smart tags was begun for costs no request.
    """
    if not _begun(journal):
        return
    remembered = recall(pipeline.state_bucket, journal.media_id)
    if remembered is not None and remembered.generation in generations:
        forget(pipeline.state_bucket, journal.media_id)
    for generation, made in list(_outputs(pipeline, journal)):
        if generation in generations:
            pipeline.media_bucket.delete(made.key)


def forget_those_of_others(pipeline: Pipeline, journal: Journal) -> None:
    """What was made of content that is no longer there; a job whose end nobody heard of may have made it long after."""
    story = journal.story
    others = {fact.generation for fact in _begun(journal) if fact.generation != story.generation or story.stage in GONE}
    if others:
        forget_derivatives(pipeline, journal, others)
    for generation, made in list(_outputs(pipeline, journal)):
        # Of content before the recent facts. What is newer than those may be made of content that came since.
        if generation != story.generation and story.since is not None and made.info.modified < story.since:
            pipeline.media_bucket.delete(made.key)


def _outputs(pipeline: Pipeline, journal: Journal) -> Iterator[tuple[str, ListedObject]]:
    """What lies in the folders of its jobs, each with the generation that it is of."""
    for folder in {f"{pipeline.settings.derived_prefix}{fact.details.get('output', '')}{journal.media_id}/" for fact in _begun(journal)}:
        for made in pipeline.media_bucket.objects(folder):
            yield made.key.removeprefix(folder).partition("/")[0], made


def _begun(journal: Journal) -> Sequence[Fact]:
    return [fact for fact in journal.facts if fact.kind == "job_claimed"]
