"""What jobs make of a media: objects of the media bucket, below the folder of all outputs, that go when it goes.

<folder of all outputs><the rule's own><media id>/<generation>/<function>…
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sightline.alike.index import forget, recall
from sightline.ledger.ledger import Journal
from sightline.pipeline.ports import Pipeline


def is_output(pipeline: Pipeline, key: str, media_id: str, generation: str) -> bool:
    """Whether an object can be an output of this content's: nothing else that a service names is read, shown or deleted."""
    return key.startswith(pipeline.settings.derived_prefix) and f"/{media_id}/{generation}/" in f"/{key}" and ".." not in key.split("/")


def delete_outputs(pipeline: Pipeline, media_id: str, generation: str, keys: Iterable[str]) -> None:
    """Those of a job that ended too late."""
    for key in keys:
        if is_output(pipeline, key, media_id, generation):
            pipeline.media_bucket.delete(key)


def forget_derivatives(pipeline: Pipeline, journal: Journal, generations: Collection[str]) -> None:
    """Everything that was made of these generations, as far as the ledger knows where it lies, and what its likeness is known by."""
    remembered = recall(pipeline.state_bucket, journal.media_id)
    if remembered is not None and remembered.generation in generations:
        forget(pipeline.state_bucket, journal.media_id)
    for folder in _folders(pipeline, journal):
        for key in list(pipeline.media_bucket.keys(f"{folder}{journal.media_id}/")):
            if key.removeprefix(f"{folder}{journal.media_id}/").partition("/")[0] in generations:
                pipeline.media_bucket.delete(key)


def _folders(pipeline: Pipeline, journal: Journal) -> Collection[str]:
    """A media that no production job was begun for costs no request."""
    begun = [fact for fact in journal.facts if fact.kind == "job_claimed" and str(fact.details.get("job")).startswith("production:")]
    return {f"{pipeline.settings.derived_prefix}{fact.details.get('output', '')}" for fact in begun}
