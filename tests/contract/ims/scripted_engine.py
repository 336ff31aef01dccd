"""An engine that does what the media says, so that a test decides how an analysis goes. Used in this process and in real workers.

A media is a few lines of text: `say WORDS` describes it so, `moment START END WORDS` adds a moment, `tag KIND START END NAME` a tag,
`person START END NAME of GROUP` somebody known, `read TIME LINE` a line of text; `started FILE` writes the process id there, `wait FILE`
waits until that file exists, `unreadable WHY`, `raise WHY`, `take MEGABYTES` of memory, `hang` never ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from engines.recognition.types import Algorithm, Enrolment, Features, NothingToEnrol, pack
from engines.understanding.types import (
    USUAL,
    Description,
    MediaKind,
    Moment,
    Occurrence,
    PersonSeen,
    Position,
    Reading,
    ReadLine,
    Tag,
    UnreadableMedia,
    Wishes,
)
from localcloud.ims import EngineSettings

NOTHING = Description(
    title="",
    brief="",
    caption="",
    events=("person walking",),
    objects=("person", "包裹"),
    actions=("walking",),
    human=True,
    vehicle=False,
    pet=False,
    package=True,
    moments=(),
    texts=(),
    width=64,
    height=48,
    seconds=None,
    engine="scripted",
    cannot_see=("anything",),
)


class ScriptedEngine:
    name = "scripted"

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL) -> Description:
        description = replace(NOTHING, seconds=10.0 if kind == "video" else None, notes=(f"{kind} of {len(files)}",))
        for file in files:
            for line in file.read_text().splitlines():
                description = _do(line, description)
        return description

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        """Text too: `nobody WHY`, `lacking WHAT`, or whatever else, which is enrolled; `away DISTANCE`, so far from the others."""
        verb, _, rest = picture.read_text().partition(" ")
        if verb == "nobody":
            raise NothingToEnrol(rest)
        if verb == "lacking":
            return Enrolment(None, rest)
        vector = np.ones(4, np.float32)
        vector[0] += float(rest) if verb == "away" else 0.0
        return Enrolment(Features("scripted", algorithm, pack(vector)))


def build(settings: EngineSettings) -> ScriptedEngine:
    return ScriptedEngine()


def _do(line: str, description: Description) -> Description:
    verb, _, rest = line.partition(" ")
    if verb == "say":
        return replace(description, title=rest, brief=rest, caption=rest)
    if verb == "moment":
        start, end, text = rest.split(" ", 2)
        return replace(description, moments=(*description.moments, Moment(float(start), float(end), text, 0.9)))
    if verb in ("tag", "person", "read"):
        return _see(verb, rest, description)
    if verb == "started":
        Path(rest).write_text(str(os.getpid()))
    elif verb == "unreadable":
        raise UnreadableMedia(rest)
    elif verb == "raise":
        raise ZeroDivisionError(rest)
    elif verb == "take":
        hoard = b"x" * (int(rest) << 20)
        _wait(lambda: not hoard)
    elif verb == "wait":
        _wait(Path(rest).exists)
    elif verb == "hang":
        _wait(lambda: False)
    return description


def _see(verb: str, rest: str, description: Description) -> Description:
    if verb == "read":
        time_read, text = rest.split(" ", 1)
        reading = Reading(float(time_read), (ReadLine(text, 0.9, Position(0, 0, 10, 10)),))
        return replace(description, readings=(*description.readings, reading))
    *kind, start, end, name = rest.split(" ", 3 if verb == "tag" else 2)
    occurrence = Occurrence(float(start), float(end), 0.9, float(start), Position(1, 2, 11, 22))
    if verb == "person":
        name, _, group = name.partition(" of ")
        return replace(description, people=(*description.people, PersonSeen((occurrence,), name=name, group=group or "lib-1")))
    tag = Tag("action" if kind == ["action"] else "object", name, (occurrence,))
    return replace(description, tags=(*description.tags, tag))


def _wait(done: object) -> None:
    assert callable(done)
    while not done():
        time.sleep(0.01)
