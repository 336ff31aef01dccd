"""What is kept in the state bucket so that near-duplicates are found.

similar/of/<media id>/<generation>                                                    the embedding
similar/<dimensions>/<namespace>/<band>/<bits>/<signature>-<media id>-<generation>    a place for each band; empty

Each generation has objects of its own, so that whoever is late with earlier content takes nothing from the newer. Which of them counts is
not known here: the ledger says it to whoever tidies up, and the record to whoever searches. Where one is forgotten in the very moment in
which it is remembered, places may stay that lead to no embedding; those are passed over.

Embeddings of different sizes never meet: an image's has 512 numbers and a film's 64. The folder's name sorts beyond every media id, where
the walk over media (`pipeline.orphans`) has ended: it never lists what is here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from sightline.alike.embedding import Remembered, check, pack, unpack
from sightline.alike.signature import BANDS, BITS, bands, signature
from sightline.store.types import Bucket, ListedObject
from sightline.stored import Unreadable
from sightline.untrusted import visible

logger = logging.getLogger("sightline")

_FOLDER = "similar"
_DIGITS = BANDS * BITS // 4


def remember(bucket: Bucket, media_id: str, generation: str, namespace: str, embedding: Sequence[float]) -> None:
    """Keep the embedding of one generation of a media. Done again, it mends what an interruption left.

    13 requests, one after the other. Raises BadInput for an embedding without a direction.
    """
    check(embedding)
    kept = Remembered(media_id, generation, namespace, embedding)
    # Before the places: whoever forgets the media finds them by it, even half made.
    bucket.put(_embedding_key(media_id, generation), pack(kept))
    for key in _places(kept):
        bucket.put(key, b"")


def forget(bucket: Bucket, media_id: str, generation: str) -> None:
    """Also where nothing is kept of it: one request then."""
    known = recall(bucket, media_id, generation)
    for key in _places(known) if known else ():
        bucket.delete(key)
    if known:
        bucket.delete(_embedding_key(media_id, generation))


def recall(bucket: Bucket, media_id: str, generation: str) -> Remembered | None:
    """None where nothing is kept, or nothing that this version can read."""
    content = bucket.get(_embedding_key(media_id, generation))
    if content is None:
        return None
    try:
        return unpack(content)
    except Unreadable as error:
        logger.error("the embedding of %s can't be read: %s", media_id, visible(str(error)))
        return None


def remembered(bucket: Bucket, media_id: str) -> Iterator[tuple[str, ListedObject]]:
    """The generations of a media of which an embedding is kept, each with its object. One request."""
    folder = _embedding_key(media_id, "")
    for kept in bucket.objects(folder):
        yield kept.key.removeprefix(folder), kept


def folders(namespace: str, dimensions: int, bits: int) -> Sequence[str]:
    """Where those lie that meet this signature, one folder for each band."""
    return [f"{_FOLDER}/{dimensions}/{namespace}/{band:02}/{value:0{BITS // 4}x}/" for band, value in enumerate(bands(bits))]


def read_place(key: str) -> tuple[str, str, int]:
    """The media id, the generation and the signature that a place names. Raises ValueError for a key that is none."""
    bits, media_id, generation = key.rpartition("/")[2].split("-", 2)
    return media_id, generation, int(bits, 16)


def _places(kept: Remembered) -> Sequence[str]:
    # Of the numbers as they are kept: what is forgotten later is found from those.
    bits = signature(unpack(pack(kept)).embedding)
    name = f"{bits:0{_DIGITS}x}-{kept.media_id}-{kept.generation}"
    return [folder + name for folder in folders(kept.namespace, len(kept.embedding), bits)]


def _embedding_key(media_id: str, generation: str) -> str:
    return f"{_FOLDER}/of/{media_id}/{generation}"
