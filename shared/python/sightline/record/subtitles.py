"""SubRip subtitles (SRT), as the caption functions write them: a number, a line of times, lines of text, an empty line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice

from sightline.record.findings import LONGEST_CUE, MOST_CUES, Cue
from sightline.untrusted import plain


def read_subtitles(content: bytes) -> Sequence[Cue]:
    """The cues in the order of the file; what is none is passed over, since a part of the captions is better than none."""
    text = content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    blocks = groupby((line.strip() for line in text.split("\n")), key=bool)  # a line of nothing but spaces is an empty one
    cues = (_cue(list(lines)) for is_told, lines in blocks if is_told)
    return list(islice((cue for cue in cues if cue is not None), MOST_CUES))


def _cue(lines: Sequence[str]) -> Cue | None:
    times = next((number for number, line in enumerate(lines[:2]) if "-->" in line), None)
    if times is None:
        return None
    start, _, end = lines[times].partition("-->")
    begins, ends = _seconds(start), _seconds(end)
    words = plain(" ".join(lines[times + 1 :]), LONGEST_CUE)
    return Cue(begins, ends, words) if begins is not None and ends is not None and begins <= ends and words else None


def _seconds(told: str) -> float | None:
    """Of `00:01:02,345`; what stands behind it, a position, is passed over."""
    words = told.split()
    parts = words[0].replace(",", ".").split(":") if words else []
    try:
        hours, minutes, seconds = ([0.0] * 3 + [float(part) for part in parts])[-3:]
    except ValueError:
        return None
    total = hours * 3600 + minutes * 60 + seconds
    return total if parts and len(parts) <= 3 and 0 <= total < 1e7 else None
