"""What jobs make of a media: objects of the media bucket, below the folder of all outputs, that go when it goes.

<folder of all outputs><the rule's own><media id>/<generation>/<function>…
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sightline.alike.index import forget, remember, remembered
from sightline.ledger.facts import Fact
from sightline.ledger.ledger import Journal
from sightline.media.types import Media
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
    """Everything that was made of these generations, as far as the ledger knows where it lies, and what their likeness is known by.

    A media that no job beside the smart tags was begun for costs no request.
    """
    _forget(pipeline, journal, lambda generation, _modified: generation in generations)


def forget_those_of_others(pipeline: Pipeline, journal: Journal) -> None:
    """What was made of content that is no longer there; a job whose end nobody heard of may have made it long after."""
    story, known = journal.story, {fact.generation for fact in _begun(journal)}

    def is_of_others(generation: str, modified: datetime) -> bool:
        if generation == story.generation:
            return story.stage in GONE
        # Else of content before the recent facts. What is newer than those may be made of content that came since.
        return generation in known or (story.since is not None and modified < story.since)

    _forget(pipeline, journal, is_of_others)


def remember_likeness(pipeline: Pipeline, media: Media, embedding: Sequence[float]) -> None:
    """Keep the embedding of a media, and those of its other content no longer: whoever is late with replaced content keeps none.

    What is kept of a media that was removed meanwhile goes at the walk over known media.
    """
    remember(pipeline.state_bucket, media.id, media.etag, media.namespace, embedding)
    kept = [generation for generation, _ in remembered(pipeline.state_bucket, media.id)]
    if kept == [media.etag]:
        return
    current = pipeline.ledger.read(media.id).story.generation
    for generation in kept:
        if generation != current:
            forget(pipeline.state_bucket, media.id, generation)


def _forget(pipeline: Pipeline, journal: Journal, is_over: Callable[[str, datetime], bool]) -> None:
    """`is_over` is told of which generation something is, and when it was written, by OSS's clock."""
    if any(_name(fact).startswith("pai:") for fact in _begun(journal)):  # nobody else tells an embedding
        for generation, kept in list(remembered(pipeline.state_bucket, journal.media_id)):
            if is_over(generation, kept.info.modified):
                forget(pipeline.state_bucket, journal.media_id, generation)
    for generation, made in list(_outputs(pipeline, journal)):
        if is_over(generation, made.info.modified):
            pipeline.media_bucket.delete(made.key)


def _outputs(pipeline: Pipeline, journal: Journal) -> Iterator[tuple[str, ListedObject]]:
    """What lies in the folders of its jobs, each with the generation that it is of."""
    for folder in {f"{pipeline.settings.derived_prefix}{fact.details.get('output', '')}{journal.media_id}/" for fact in _begun(journal)}:
        for made in pipeline.media_bucket.objects(folder):
            yield made.key.removeprefix(folder).partition("/")[0], made


def _begun(journal: Journal) -> Sequence[Fact]:
    return [fact for fact in journal.facts if fact.kind == "job_claimed"]


def _name(fact: Fact) -> str:
    return str(fact.details.get("job", ""))
