"""Into the search library, and seen there."""

from __future__ import annotations

from sightline.errors import BadInput
from sightline.ledger import Fact, FactKind
from sightline.media import Admitted, Media
from sightline.pipeline.endings import fail, remove
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.sources import image_keys
from sightline.record import Record

FIRST_LOOK_SECONDS = 0.05
LONGEST_LOOK_SECONDS = 2.0


def index(pipeline: Pipeline, identity: str, generation: str) -> str:
    """Insert an understood media, and wait for its index jobs as long as the settings allow; the sweep waits for the rest."""
    story = pipeline.ledger.read(identity).story
    found = pipeline.media_bucket.head(story.key)
    if found is None:
        return remove(pipeline, story.key)
    verdict = pipeline.admit(story.key, found)
    if not isinstance(verdict, Admitted) or found.etag != generation or story.generation != generation:
        return "ignored: the content has changed since"
    if story.stage != "inserted":
        refusal = _insert(pipeline, verdict.media)
        if refusal:
            return refusal
    return _confirm(pipeline, identity, generation)


def _insert(pipeline: Pipeline, media: Media) -> str:
    """Empty, or why it failed."""
    try:
        preview = image_keys(pipeline, media)[0]
    except BadInput as error:
        return fail(pipeline, media.id, media.etag, "index", str(error))
    record = pipeline.records.compose(media, preview)
    address = f"oss://{media.bucket}/{preview}"
    kind = "video" if media.kind == "video" else "image"
    pipeline.library.insert(media.id, address, kind, record.title, _description(record), media.namespace)
    _append(pipeline, media.id, media.etag, "inserted", {"library": pipeline.settings.search_library})
    return ""


def _description(record: Record) -> str:
    """Everything that was said of the media, once."""
    sentences = [record.caption or record.brief]
    said = " ".join(sentences).lower()
    sentences += [word for word in [*record.events, *record.objects, *record.actions] if word.lower() not in said]
    return ". ".join(part.rstrip(".") for part in dict.fromkeys(sentences) if part) + "."


def _confirm(pipeline: Pipeline, identity: str, generation: str) -> str:
    waited, pause = 0.0, FIRST_LOOK_SECONDS
    while True:
        states = pipeline.library.index_states(identity)
        if "Fail" in states:
            return fail(pipeline, identity, generation, "index", "the search library could not index the media")
        if states and all(state == "Success" for state in states):
            _append(pipeline, identity, generation, "searchable", {})
            pipeline.ledger.clear_pending(identity)
            return "searchable"
        if waited >= pipeline.settings.index_wait_seconds:
            return "inserted: still being indexed"
        pipeline.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, LONGEST_LOOK_SECONDS)


def _append(pipeline: Pipeline, identity: str, generation: str, kind: FactKind, details: dict[str, str]) -> None:
    fact = Fact(kind, pipeline.clock(), generation, details)
    pipeline.ledger.update(
        identity, lambda story: [fact] if story.generation == generation and story.stage not in (kind, "searchable", "removed") else []
    )
