"""Who meets an embedding, ranked by the real angle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sightline.alike.embedding import cosine
from sightline.alike.index import folders, read_place, recall
from sightline.alike.signature import signature
from sightline.media.identity import is_media_id
from sightline.search.side_by_side import side_by_side
from sightline.store.types import Bucket
from sightline.value import Value

# Below it a pair meets no more often than not (`alike.signature`), so that the list would be a lottery.
LEAST_COSINE = 0.8
# Of 144 bits, 30 differ at that cosine on average, with a standard deviation of 5: whoever differs in more than this is a stranger.
MOST_DIFFERING = 45
# One page of a listing for each band: with more, nobody would wait for the answer.
LISTED_PER_BAND = 1000
# Embeddings that are read for one answer, the likeliest first.
MOST_WEIGHED = 64
SIDE_BY_SIDE = 4


_Place = tuple[str, str]
"""A media id and a generation."""


class Alike(Value):
    """A media whose embedding is near; `generation` is the content that it is of."""

    media_id: str
    generation: str
    cosine: float


def find(bucket: Bucket, namespace: str, embedding: Sequence[float], most: int, without: str = "") -> Sequence[Alike]:
    """At most `most`, the nearest first; the media `without` is left out. 12 listings, and a request for each that is weighed.

    A media may be among them with more than one generation, until somebody has tidied up.
    """
    likely = _likely(bucket, namespace, embedding)
    others = [place for place in likely if place[0] != without]
    weighed = sorted(others, key=lambda place: (likely[place], place))[:MOST_WEIGHED]
    found = side_by_side(lambda place: _weigh(bucket, place, namespace, embedding), weighed, SIDE_BY_SIDE)
    near = [one for one in found if one is not None and one.cosine >= LEAST_COSINE]
    return sorted(near, key=lambda one: (-one.cosine, one.media_id, one.generation))[:most]


def _likely(bucket: Bucket, namespace: str, embedding: Sequence[float]) -> dict[_Place, int]:
    """In how many bits those differ that meet in a band."""
    bits = signature(embedding)
    wanted = folders(namespace, len(embedding), bits)
    listed = side_by_side(lambda folder: list(islice(bucket.keys(folder, page=LISTED_PER_BAND), LISTED_PER_BAND)), wanted, SIDE_BY_SIDE)
    places = {place for keys in listed for place in _read(keys)}
    differing = {(media_id, generation): (bits ^ other).bit_count() for media_id, generation, other in places}
    return {place: number for place, number in differing.items() if number <= MOST_DIFFERING}


def _read(keys: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    for key in keys:
        try:
            media_id, generation, bits = read_place(key)
        except ValueError:
            continue  # something that others have put there
        if is_media_id(media_id):
            yield media_id, generation, bits


def _weigh(bucket: Bucket, place: _Place, namespace: str, embedding: Sequence[float]) -> Alike | None:
    """None for one that has been forgotten meanwhile, or has moved."""
    known = recall(bucket, *place)
    if known is None or known.namespace != namespace or len(known.embedding) != len(embedding):
        return None
    return Alike(*place, cosine(embedding, known.embedding))
