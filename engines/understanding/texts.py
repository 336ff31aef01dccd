"""Text seen at several times, put together: the same line once, with the stretch of time in which it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from engines.understanding.facts import TextSeen
from engines.understanding.geometry import overlap
from engines.understanding.reading import TextLine

_SURE_ALONE = 0.95
_SAME = 0.8
_SAME_PLACE = 0.5
_MOST = 20


@dataclass
class _Seen:
    line: TextLine
    start: float
    end: float
    open: bool = True
    times: list[float] = field(default_factory=list)


class TextCollector:
    def __init__(self) -> None:
        self._seen: list[_Seen] = []

    def add(self, time: float, lines: Sequence[TextLine]) -> None:
        """The lines of one frame. A line that is gone was there until now at the most."""
        for seen in self._seen:
            if seen.open:
                seen.end = time
        present = [self._note(time, line) for line in lines]
        for seen in self._seen:
            seen.open = any(seen is each for each in present)

    def agreed(self, end: float) -> tuple[TextSeen, ...]:
        """What was read twice, or once and surely, in the order of its first sight. What the last reading saw lasts until `end`."""
        kept = [each for each in self._seen if len(each.times) > 1 or (each.line.score >= _SURE_ALONE and len(each.line.text) >= 3)]
        return tuple(
            TextSeen(each.line.text, each.start, max(each.start, end if each.open else each.end), each.line.score) for each in kept[:_MOST]
        )

    def _note(self, time: float, line: TextLine) -> _Seen:
        for seen in self._seen:
            if _same_line(seen.line, line):
                seen.times.append(time)
                seen.end = time
                if line.score > seen.line.score:
                    seen.line = line
                return seen
        seen = _Seen(line, time, time, times=[time])
        self._seen.append(seen)
        return seen


def _same_line(a: TextLine, b: TextLine) -> bool:
    """The same words, or a line at the same place that differs in a few signs: a clock that runs."""
    if a.text.casefold() == b.text.casefold():
        return True
    alike = SequenceMatcher(None, a.text.casefold(), b.text.casefold()).ratio()
    return overlap(a.box, b.box) > _SAME_PLACE and alike >= _SAME
