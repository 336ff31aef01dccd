"""The key frames that a camera's video comes with (ImagesInput of InsertMediaToSearchLib), looked at one by one.

What they show is searched together with what the video shows. Nobody says when in the video they were taken, so nothing is made up of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines.understanding.types import Description, UnreadableMedia
from localcloud.ims.inputs import InputError, Inputs
from localcloud.ims.libraries.parameters import KeyFrames
from localcloud.ims.understanding.engine import AnalysisFailed


@dataclass(frozen=True)
class SeenFrames:
    """`notes` says of each picture that could not be had, or not be seen, why."""

    descriptions: tuple[Description, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def captions(self) -> tuple[str, ...]:
        """Each once: successive key frames often show the same."""
        return tuple(dict.fromkeys(each.caption for each in self.descriptions if each.caption))


class KeyFrameLooker:
    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def look(self, media: sqlite3.Row, describe: Callable[[Sequence[Path]], Description]) -> SeenFrames:
        """What `describe` says of each picture. One that fails is noted and fails nothing else. Raises Stopped."""
        descriptions, notes = [], []
        addresses = KeyFrames.model_validate_json(media["images"]).images if media["images"] else []
        for number, address in enumerate(addresses, start=1):
            try:
                with self._inputs.files([address]) as files:
                    descriptions.append(describe(files))
            except (InputError, UnreadableMedia, AnalysisFailed) as reason:
                notes.append(f"key frame {number} of {len(addresses)} is left out: {reason}")
        return SeenFrames(tuple(descriptions), tuple(notes))
