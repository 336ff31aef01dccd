"""What PAI's services find, typed. Numbers may come as text, lists as one object; what can't be read is left out, and raises nothing.

`notes` are the laptop cloud's: what of a request it did not do, and why. PAI sends nothing of the kind.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from sightline.ims.answers import Json, as_text, decode_data, number, objects
from sightline.untrusted import plain
from sightline.value import Value

LONGEST_NAME = 200
LONGEST_CAPTION = 4_000
MOST_TAGS = 100
MOST_FACES = 1_000
MOST_NUMBERS = 4_096
MOST_NOTES = 20
LONGEST_NOTE = 300


class Tag(Value):
    """`score` is a probability."""

    name: str
    score: float


class ImageQuality(Value):
    """`score` is from 0 to 100; pixels are None where they were not told."""

    score: float
    width: int | None = None
    height: int | None = None
    notes: Sequence[str] = ()


class Face(Value):
    """`box` is left, top, right and bottom in pixels; `attributes` are shares by name, as the service nests them."""

    box: tuple[float, float, float, float]
    index: int
    score: float | None = None
    attributes: Mapping[str, Any] = {}
    notes: Sequence[str] = ()


class Age(Value):
    """Of the main face: a range such as `3-9` or `70+`, and its probability."""

    years: str
    probability: float | None = None
    notes: Sequence[str] = ()


class ImageLabels(Value):
    """The likeliest first. `embedding` has 512 numbers, or none where it was not asked for."""

    tags: Sequence[Tag]
    embedding: Sequence[float] = ()
    width: int | None = None
    height: int | None = None
    notes: Sequence[str] = ()


class PaintingLabels(Value):
    """`tags` are the words of the caption, `scores` those of all words that the model knows, in its order."""

    caption: str
    tags: Sequence[str] = ()
    scores: Sequence[float] = ()
    notes: Sequence[str] = ()


class Picture(Value):
    """`content` is an image file."""

    content: bytes
    notes: Sequence[str] = ()


class VideoQuality(Value):
    """`score` is from 0 to 100.

    `motion` is the service's single_img, from 0 to 1: "Lower values indicate the video consists mostly of static images". The same sentence
    calls it a similarity of frames, which would be the other way round; what low values mean is believed.
    """

    score: float
    frames_a_second: float | None = None
    seconds: float | None = None
    motion: float | None = None
    width: int | None = None
    height: int | None = None
    notes: Sequence[str] = ()


class VideoLabels(Value):
    """Of a video, or of a post, which may have none: then it has neither length nor size. `embedding` has 64 numbers, a post's 32."""

    classes: Sequence[Tag] = ()
    tags: Sequence[Tag] = ()
    embedding: Sequence[float] = ()
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    notes: Sequence[str] = ()


def image_quality(data: Any) -> ImageQuality | None:
    """None where there is no score. So do the others answer what lacks what it is for."""
    told = _object(data)
    score = number(told.get("iqa_result"))
    return None if score is None else ImageQuality(score, _pixels(told, "image_width"), _pixels(told, "image_height"), _notes(told))


def faces(data: Any) -> Sequence[Face] | None:
    told = _object(data)
    if told.get("attr") is None:
        return None
    notes = _notes(told)
    found = (_face(place, face, notes) for place, face in enumerate(objects(told["attr"])[:MOST_FACES]))
    return [face for face in found if face is not None]


def age(data: Any) -> Age | None:
    told = _object(data)
    years = plain(as_text(told.get("age_range")), LONGEST_NAME)
    return Age(years, number(told.get("age_range_prob")), _notes(told)) if years else None


def image_labels(data: Any) -> ImageLabels | None:
    told = _object(data)
    if "tag_result" not in told:
        return None
    tags, embedding = _tags(told.get("tag_result"), "tag"), _numbers(told.get("embedding_result"))
    return ImageLabels(tags, embedding, _pixels(told, "image_width"), _pixels(told, "image_height"), _notes(told))


def painting_labels(data: Any) -> PaintingLabels | None:
    told = _object(data)
    if "caption" not in told:
        return None
    caption = plain(as_text(told.get("caption")), LONGEST_CAPTION)
    tags = [tag.strip() for tag in caption.split(",") if tag.strip()]
    return PaintingLabels(caption, tags[:MOST_TAGS], _numbers(told.get("probs")), _notes(told))


def picture(answer: Json) -> Picture | None:
    """From base64, which is the answer's `data` whole, so that notes stand beside it."""
    data = answer.get("data")
    try:
        content = base64.b64decode("".join(data.split()), validate=True) if isinstance(data, str) else b""
    except ValueError:
        return None
    return Picture(content, _notes(answer)) if content else None


def of_video(told: Any) -> VideoQuality | VideoLabels | None:
    """From a job's `Result`, which is JSON in a text; None where it says nothing that is known."""
    result = _object(told)
    seconds = _seconds(result.get("duration"))
    score = number(result.get("video_score"))
    if score is not None:
        rate, motion = number(result.get("avg_fps")), number(result.get("single_img"))
        return VideoQuality(score, rate, seconds, motion, _pixels(result, "width"), _pixels(result, "height"), _notes(result))
    if not result.keys() & {"classification_result", "tag_result", "embedding_result"}:
        return None
    return VideoLabels(
        _tags(result.get("classification_result"), "class"),
        _tags(result.get("tag_result"), "tag"),
        _numbers(result.get("embedding_result")),
        seconds,
        _pixels(result, "video_width"),
        _pixels(result, "video_height"),
        _notes(result),
    )


def _object(data: Any) -> Json:
    value = decode_data(data)
    return value if isinstance(value, dict) else {}


def _face(place: int, told: Json, notes: Sequence[str]) -> Face | None:
    sides = [number(side) for side in told["bbox"]] if isinstance(told.get("bbox"), list) else []
    if len(sides) != 4 or None in sides:
        return None
    left, top, right, bottom = (side or 0.0 for side in sides)
    index = number(told.get("index"))
    attributes = {name: value for name, value in told.items() if name not in ("bbox", "index", "face_score")}
    box = (left, top, right, bottom)
    return Face(box, place if index is None else int(index), number(told.get("face_score")), attributes, notes)


def _tags(told: Any, name: str) -> Sequence[Tag]:
    found = [(plain(as_text(item.get(name)), LONGEST_NAME), number(item.get("score"))) for item in objects(told)[:MOST_TAGS]]
    tags = [Tag(word, score) for word, score in found if word and score is not None]
    return sorted(tags, key=lambda tag: -tag.score)


def _numbers(told: Any) -> Sequence[float]:
    """From a text with commas between, or a list; none at all where one can't be read, since each has its place."""
    parts = told[: MOST_NUMBERS * 40].split(",") if isinstance(told, str) and told else told
    if not isinstance(parts, list) or len(parts) > MOST_NUMBERS:
        return ()
    read = [number(part) for part in parts]
    return () if None in read else [value for value in read if value is not None]


def _notes(told: Json) -> Sequence[str]:
    notes = told.get("notes")
    return [plain(note, LONGEST_NOTE) for note in notes[:MOST_NOTES] if isinstance(note, str)] if isinstance(notes, list) else ()


def _seconds(told: Any) -> float | None:
    value = number(told)
    return value if value is not None and value > 0 else None


def _pixels(told: Json, name: str) -> int | None:
    value = number(told.get(name))
    return int(value) if value is not None and 0 < value < 10**6 else None
