"""What a transcription answers. No cloud words here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Untranscribed(Exception):
    """Nothing was transcribed; the text says why, names the setting to look at where there is one, and never holds a key."""


class NoSound(Untranscribed):
    """The media has no sound at all."""


@dataclass(frozen=True)
class SpokenLine:
    """What was said between two times, in seconds from the start."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Transcript:
    """What was said, in order. `language` is what the endpoint took it for; `notes` says what else a reader must know."""

    lines: tuple[SpokenLine, ...]
    engine: str
    language: str | None = None
    notes: tuple[str, ...] = ()


Transcribe = Callable[[Path, "str | None"], Transcript]
"""The file, and the language of its speech as ISO 639-1 has it, where it is known."""
