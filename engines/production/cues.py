"""Cues of captions, and the SubRip file that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Cue:
    """What is shown, or said, between two times in seconds from the first frame; `text` may have several lines."""

    start: float
    end: float
    text: str

    def as_json(self) -> dict[str, Any]:
        return {"start": round(self.start, 3), "end": round(self.end, 3), "text": self.text}


def subrip(cues: Sequence[Cue]) -> str:
    """The text of an SRT file: numbered blocks, times as HH:MM:SS,mmm, an empty line after each."""
    blocks = (f"{number}\n{_clock(cue.start)} --> {_clock(cue.end)}\n{cue.text}\n" for number, cue in enumerate(cues, 1))
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    minutes, milliseconds = divmod(whole, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"
