"""What was understood of one media, laid out in time: people, tags, spoken lines and read lines.

This is what the results of smart tag jobs are written from and what a search by label (`SearchMediaByAILabel`, index type aiLabel) finds:
call `labels_of` with the description of the media, where it has pictures, and with the transcript, where its sound was transcribed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engines.speech.types import Transcript
from engines.understanding.types import Description, Occurrence, PersonSeen, Reading

UNKNOWN_FACE = "未知人脸"
"""The name of somebody whom nobody knows, with a number behind it, as in the published samples."""

LabelKind = Literal["person", "object", "action"]


@dataclass(frozen=True)
class MediaLabel:
    """Somebody, something or an act. `category` is "unknown" or a recognition library's id for a person, "" for all else.

    `by_face`: the positions of a person are those of the face, not of the body.
    """

    kind: LabelKind
    name: str
    category: str
    occurrences: tuple[Occurrence, ...]
    by_face: bool = False


@dataclass(frozen=True)
class LabelLine:
    """A line that was said or read, in seconds from the start of the media."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class MediaLabels:
    """In each, in the order of time."""

    labels: tuple[MediaLabel, ...]
    speech: tuple[LabelLine, ...]
    writing: tuple[LabelLine, ...]


def labels_of(description: Description | None, transcript: Transcript | None = None) -> MediaLabels:
    """Everybody and everything once, with all times; somebody unknown counts from 1 in the order of appearance.

    A media that has no pictures has no description, and of labels none.
    """
    speech = spoken_lines(transcript)
    if description is None:
        return MediaLabels((), speech, ())
    tags = [MediaLabel(tag.kind, tag.name, "", tag.occurrences) for tag in description.tags]
    return MediaLabels(
        labels=(*people(description), *tags),
        speech=speech,
        writing=tuple(written_lines(description.readings, description.seconds or 0.0)),
    )


def spoken_lines(transcript: Transcript | None) -> tuple[LabelLine, ...]:
    return tuple(LabelLine(line.start, line.end, line.text) for line in transcript.lines) if transcript else ()


def people(description: Description) -> list[MediaLabel]:
    """Named people once under their name; of the others those whose face was seen, under a number, which says nothing of who they are."""
    named: dict[tuple[str, str], list[PersonSeen]] = {}
    unknown: list[MediaLabel] = []
    for person in description.people:
        if person.name:
            named.setdefault((person.name, person.group or ""), []).append(person)
        elif person.faces:
            unknown.append(MediaLabel("person", f"{UNKNOWN_FACE}{len(unknown) + 1}", "unknown", person.faces, by_face=True))
    known = [
        MediaLabel("person", name, group, tuple(each for person in seen for each in person.occurrences))
        for (name, group), seen in named.items()
    ]
    return [*known, *unknown]


def ratio(occurrences: Iterable[Occurrence], seconds: float | None) -> float:
    """The part of the media, 0 to 1, in which at least one of them is seen; 1 of what has no length."""
    seen = sorted((each.start, each.end) for each in occurrences)
    if not seconds:
        return 1.0 if seen else 0.0
    covered, reached = 0.0, 0.0
    for start, end in seen:
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return min(1.0, covered / seconds)


def written_lines(readings: Sequence[Reading], end: float) -> list[LabelLine]:
    """The same text in successive readings is one line, from its first sight until a reading no longer has it."""
    done: list[LabelLine] = []
    open_lines: dict[str, float] = {}
    for reading in readings:
        seen = list(dict.fromkeys(line.text for line in reading.lines))
        gone = [text for text in open_lines if text not in seen]
        done += [LabelLine(open_lines.pop(text), reading.time, text) for text in gone]
        for text in seen:
            open_lines.setdefault(text, reading.time)
    last = max((reading.time for reading in readings), default=0.0)
    done += [LabelLine(start, max(end, last), text) for text, start in open_lines.items()]
    return sorted(done, key=lambda line: (line.start, line.end))
