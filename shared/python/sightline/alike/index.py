"""What is kept in the state bucket so that near-duplicates are found.

similar/of/<media id>                                                   the embedding
similar/<dimensions>/<namespace>/<band>/<bits>/<signature>-<media id>   a place for each band; empty

Embeddings of different sizes never meet: an image's has 512 numbers and a film's 64. The folder's name sorts beyond every media id, where
the walk over media (`pipeline.orphans`) has ended: it never lists what is here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sightline.alike.embedding import Remembered, check, pack, unpack
from sightline.alike.signature import BANDS, BITS, bands, signature
from sightline.store.types import Bucket
from sightline.stored import Unreadable
from sightline.untrusted import visible

logger = logging.getLogger("sightline")

_FOLDER = "similar"
_DIGITS = BANDS * BITS // 4


def remember(bucket: Bucket, media_id: str, generation: str, namespace: str, embedding: Sequence[float]) -> None:
    """Keep a media's embedding in place of the one of other content. Done again, it mends what an interruption left.

    14 requests, one after the other. Raises BadInput for an embedding without a direction.
    """
    check(embedding)
    now = Remembered(media_id, generation, namespace, embedding)
    before, places = recall(bucket, media_id), _places(now)
    # Before the places: whoever forgets the media finds them by it, even half made.
    bucket.put(_embedding_key(media_id), pack(now))
    for key in places:
        bucket.put(key, b"")
    for key in _places(before) if before else ():
        if key not in places:
            bucket.delete(key)


def forget(bucket: Bucket, media_id: str) -> None:
    """Also where nothing is kept of it: one request then."""
    known = recall(bucket, media_id)
    if known is None:
        return
    for key in _places(known):
        bucket.delete(key)
    bucket.delete(_embedding_key(media_id))


def recall(bucket: Bucket, media_id: str) -> Remembered | None:
    """None where nothing is kept, or nothing that this version can read."""
    content = bucket.get(_embedding_key(media_id))
    if content is None:
        return None
    try:
        return unpack(content)
    except Unreadable as error:
        logger.error("the embedding of %s can't be read: %s", media_id, visible(str(error)))
        return None


def folders(namespace: str, dimensions: int, bits: int) -> Sequence[str]:
    """Where those lie that meet this signature, one folder for each band."""
    return [f"{_FOLDER}/{dimensions}/{namespace}/{band:02}/{value:0{BITS // 4}x}/" for band, value in enumerate(bands(bits))]


def read_place(key: str) -> tuple[str, int]:
    """The media id and the signature that a place names. Raises ValueError for a key that is none."""
    bits, _, media_id = key.rpartition("/")[2].partition("-")
    return media_id, int(bits, 16)


def _places(remembered: Remembered) -> Sequence[str]:
    # Of the numbers as they are kept: what is forgotten later is found from those.
    bits = signature(unpack(pack(remembered)).embedding)
    name = f"{bits:0{_DIGITS}x}-{remembered.media_id}"
    return [folder + name for folder in folders(remembered.namespace, len(remembered.embedding), bits)]


def _embedding_key(media_id: str) -> str:
    return f"{_FOLDER}/of/{media_id}"
