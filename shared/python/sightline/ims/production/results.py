"""What a finished job found, typed by what its function does. What can't be read is left out, and raises nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sightline.ims.answers import Json, as_text, decode_data, number, objects
from sightline.ims.production.answers import object_key
from sightline.ims.production.client import ProductionJob
from sightline.untrusted import plain
from sightline.value import Value

MOST_IMAGES = 100
MOST_SEGMENTS = 1_000
MOST_BEATS = 100_000
MOST_MEASURES = 100
MOST_CHANNELS = 100
LONGEST_TITLE = 200
LONGEST_SECONDS = 7 * 24 * 3600.0


class CoverImage(Value):
    """`seconds` is when it is seen, None where that was not told; scores have no documented bounds."""

    score: float
    seconds: float | None
    key: str


class MusicSegment(Value):
    """A chorus, in seconds from the start."""

    start: float
    end: float
    title: str = ""


class Beats(Value):
    """In seconds from the start; a bar begins with each of the `downbeats`."""

    beats: Sequence[float] = ()
    downbeats: Sequence[float] = ()


def cover_images(job: ProductionJob) -> Sequence[CoverImage]:
    """Of a Cover: the best first. An image of which nothing is told counts with score 0."""
    told = {image.key: image for image in map(_image, objects(job.details)[:MOST_IMAGES]) if image is not None}
    images = [told.get(key, CoverImage(0.0, None, key)) for key in job.outputs[:MOST_IMAGES]]
    return sorted(images, key=lambda image: -image.score)


def music_segments(job: ProductionJob) -> Sequence[MusicSegment]:
    """Of a MusicSegmentDetect, in order; none where there is no chorus."""
    found = (_segment(item) for item in objects(_listed(job.details))[:MOST_SEGMENTS])
    return sorted((segment for segment in found if segment is not None), key=lambda segment: segment.start)


def quality_scores(job: ProductionJob) -> Mapping[str, float]:
    """Of an AudioQualityAssessment: every number that it tells, by name; of several channels those of the one with the least score.

    No document says which numbers there are, nor whether there is an entry for each channel.
    """
    channels = filter(None, map(_measures, objects(_listed(job.details))[:MOST_CHANNELS]))
    return min(channels, key=_score, default={})


def read_beats(content: bytes) -> Beats | None:
    """The file that AudioBeatDetection writes; None where it is none."""
    document = decode_data(content.decode(errors="replace"))
    if not isinstance(document, dict) or not document.keys() & {"BeatList", "DownBeatList"}:
        return None
    return Beats(_seconds(document.get("BeatList")), _seconds(document.get("DownBeatList")))


def _image(told: Json) -> CoverImage | None:
    key, score, milliseconds = object_key(told.get("Url")), number(told.get("Score")), number(told.get("Time"))
    if key is None:
        return None
    if milliseconds is None or not 0 <= milliseconds <= LONGEST_SECONDS * 1000:
        return CoverImage(score or 0.0, None, key)
    return CoverImage(score or 0.0, milliseconds / 1000, key)


def _segment(told: Json) -> MusicSegment | None:
    start, end = number(told.get("start")), number(told.get("end"))
    if start is None or end is None or not 0 <= start <= end <= LONGEST_SECONDS:
        return None
    return MusicSegment(start, end, plain(as_text(told.get("title")), LONGEST_TITLE))


def _measures(told: Json) -> Mapping[str, float]:
    read = {plain(name, LONGEST_TITLE): number(value) for name, value in list(told.items())[:MOST_MEASURES]}
    return {name: value for name, value in read.items() if value is not None}


def _score(measures: Mapping[str, float]) -> float:
    return min((value for name, value in measures.items() if name.casefold() == "score"), default=float("inf"))


def _listed(details: Any) -> Any:
    """What stands in `result`, where there is one."""
    return details.get("result", details) if isinstance(details, dict) else details


def _seconds(told: Any) -> Sequence[float]:
    read = [number(value) for value in told[:MOST_BEATS]] if isinstance(told, list) else []
    return sorted(value for value in read if value is not None and 0 <= value <= LONGEST_SECONDS)
