"""The label results of a smart tag job: VideoLabel and ImageLabel (tagging v1.0), CPVLabel (v2.0).

Shapes as QuerySmarttagJob documents them. Keys of tags are the Chinese words of Alibaba's own samples, since clients compare them; names
are the engine's words. What no engine here knows (categories of a video, celebrities, hot words) stays an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from engines.understanding.types import Description, Occurrence, Position
from localcloud.ims.jobs.cognition import MediaLabel, people, ratio

Shape = dict[str, object]

MAIN_TAGS = {"object": "物体", "action": "动作", "person": "人物"}
KEYWORD = "关键词"
UNSURE = -1.0
"""The score of somebody unknown, in Alibaba's own sample."""

# Of the frame's height, that the head of a person fills in each shot: from the field's own words for shots (close-up: the head fills the
# frame; medium close-up: head and chest; medium: down to the waist), a head being an eighth of a body.
_SHOTS = ((0.33, "closeUp"), (0.16, "medium-closeUp"), (0.1, "medium"), (0.0, "medium-long"))
_HEADS = 8


def video_label(description: Description) -> Shape:
    """Those who are known and those whose face was seen are persons; somebody without a face is the tag "person"."""
    return {
        "persons": [_video_person(person, description) for person in people(description)],
        "tags": [_video_tag(tag.kind, tag.name, tag.occurrences, description) for tag in description.tags],
        "classifications": [],
    }


def image_label(description: Description) -> Shape:
    """The same of a picture, which has no times: of a sequence the best sight of each."""
    persons = []
    for person in people(description):
        best = _best(person.occurrences)
        persons.append(
            {"name": person.name, "category": person.category, "score": _score(person, best)} | _place(best, person, description)
        )
    tags = [
        {"mainTagName": MAIN_TAGS[tag.kind], "subTagName": tag.name, "score": _rounded(_best(tag.occurrences).score)}
        for tag in description.tags
    ]
    return {"persons": persons, "tags": tags}


def cpv_label(description: Description, keywords: Sequence[str]) -> Shape:
    entities = [
        _cpv(MAIN_TAGS["person"], label.name, label.occurrences, description)
        | {"knowledgeInfo": json.dumps({"name": label.name}, ensure_ascii=False)}
        for label in people(description)
        if label.category != "unknown"
    ]
    tags = [_cpv(MAIN_TAGS[tag.kind], tag.name, tag.occurrences, description) for tag in description.tags]
    words = [_cpv(KEYWORD, word, (), description) for word in keywords]
    return {"type": "auto", "cates": [], "entities": entities, "hotwords": [], "freeTags": [*tags, *words]}


def _video_person(label: MediaLabel, description: Description) -> Shape:
    return {
        "name": label.name,
        "category": label.category,
        "ratio": _rounded(ratio(label.occurrences, description.seconds)),
        "occurrences": [
            {"score": _score(label, each), "from": _rounded(each.start), "to": _rounded(each.end), "timestamp": _rounded(each.timestamp)}
            | _place(each, label, description)
            for each in label.occurrences
        ],
    }


def _video_tag(kind: str, name: str, occurrences: Iterable[Occurrence], description: Description) -> Shape:
    seen = tuple(occurrences)
    return {
        "mainTagName": MAIN_TAGS[kind],
        "subTagName": name,
        "ratio": _rounded(ratio(seen, description.seconds)),
        "occurrences": [{"score": _rounded(each.score), "from": _rounded(each.start), "to": _rounded(each.end)} for each in seen],
    }


def _cpv(main: str, name: str, occurrences: Sequence[Occurrence], description: Description) -> Shape:
    details = []
    for each in occurrences:
        detail: Shape = {"score": _rounded(each.score), "startTime": _rounded(each.start), "endTime": _rounded(each.end)}
        if each.position is not None:
            track = {"score": _rounded(each.score), "bbox": list(each.position), "timestamp": _rounded(each.timestamp)}
            detail["trackData"] = [track]
        details.append(detail)
    share = _rounded(ratio(occurrences, description.seconds))
    return {"labelLevel1": main, "labelLevel2": "", "label": name, "appearanceProbability": share, "detailInfo": details}


def _score(label: MediaLabel, occurrence: Occurrence) -> float:
    return UNSURE if label.category == "unknown" else _rounded(occurrence.score)


def _place(occurrence: Occurrence, label: MediaLabel, description: Description) -> Shape:
    if occurrence.position is None:
        return {}
    position = occurrence.position
    return {"position": corners(position), "scene": shot(position, description.height, whole_body=not label.by_face)}


def corners(position: Position) -> Shape:
    return {"leftTop": [position.left, position.top], "rightBottom": [position.right, position.bottom]}


def shot(position: Position, height: int, whole_body: bool) -> str:
    """How near the camera is, from the part of the frame that a head fills."""
    head = (position.bottom - position.top) / (_HEADS if whole_body else 1)
    return next(name for least, name in _SHOTS if head >= least * max(1, height))


def _best(occurrences: Sequence[Occurrence]) -> Occurrence:
    return max(occurrences, key=lambda each: each.score)


def _rounded(value: float) -> float:
    return round(float(value), 3)
