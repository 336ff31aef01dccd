"""CaptionExtraction: the captions that are burnt into a film, as cues and as a SubRip file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from engines.imaging import Image, frames
from engines.production.cues import Cue, subrip
from engines.production.lettering import SAME_PLACE, Line, StripReader, is_same, text_reader
from engines.production.regions import region_pixels
from engines.production.types import Box, Output, Produced
from engines.understanding import geometry
from engines.understanding.geometry import overlap

BOTTOM_QUARTER: Box = (0.0, 0.75, 1.0, 0.25)
"""The region where seed 004 looks when none is given."""

_LONGEST = 1280
"""Pixels of the longer side at which captions are read: letters of a larger film are larger."""
_EVERY_FRAME = 1000.0
_SURE_ALONE = 0.95
_TOGETHER = 0.15  # seconds by which lines of one caption may come and go apart
_BLINK = 0.25  # seconds for which a caption may be gone and be the same caption
_SAME_SIZE = 0.3  # by which the height of the main track's letters varies
_NEXT_ROW = 2.0  # heights between the rows of one caption


@dataclass
class Shown:
    """A line while it is shown, in seconds; `texts` are the readings of it, with the best score of each."""

    line: Line
    start: float
    end: float
    texts: Counter[str] = field(default_factory=Counter)
    scores: dict[str, float] = field(default_factory=dict)

    def read(self, line: Line) -> None:
        self.line = line
        self.texts[line.text] += 1
        self.scores[line.text] = max(line.score, self.scores.get(line.text, 0.0))

    @property
    def text(self) -> str:
        """What was read most often, and of that what was read most surely."""
        return max(self.texts, key=lambda each: (self.texts[each], self.scores[each]))

    @property
    def is_sure(self) -> bool:
        return self.texts.total() > 1 or max(self.scores.values()) >= _SURE_ALONE


def extract_captions(
    source: Path, folder: Path, *, fps: int = 5, region: Box = BOTTOM_QUARTER, language: str = "ch", main_track_only: bool = False
) -> Produced:
    """`fps` is how often a second the region is looked at; when a caption comes and goes is told by the frame.

    The finding `cues` holds {"start", "end", "text"}, in seconds. Where `language` is "en", lines in Chinese are left out; the reader
    knows both. `main_track_only` leaves out what is not of the row, and the size, of most captions. Raises UnreadableMedia, and Unfit for
    a region outside the picture and where OCR is not installed.
    """
    cues = read_captions(source, fps=fps, region=region, language=language, main_track_only=main_track_only)
    return captions_file(folder, cues, () if cues else ("no caption was found in the region",))


def captions_file(folder: Path, cues: Sequence[Cue], notes: Sequence[str]) -> Produced:
    path = folder / "captions.srt"
    path.write_text(subrip(cues), encoding="utf-8", newline="")
    return Produced((Output(path),), {"cues": [cue.as_json() for cue in cues]}, tuple(notes))


def read_captions(source: Path, *, fps: int, region: Box, language: str, main_track_only: bool) -> list[Cue]:
    """What is written in the region, in the order of its beginning."""
    reader = StripReader(text_reader())
    tracker = _Tracker(reader, 1.0 / fps)
    for time, strip in _strips(source, region):
        tracker.see(time, strip)
    shown = [each for each in tracker.finish() if each.is_sure and _is_in(language, each.text)]
    whole = _joined(shown)
    return _cues(_main_track(whole) if main_track_only else whole)


def _strips(source: Path, region: Box) -> Iterator[tuple[float, Image]]:
    for frame in frames(source, _EVERY_FRAME, _LONGEST):
        yield frame.time, frame.image[region_pixels(region, frame.image.shape[1], frame.image.shape[0], "JobParams.roi")]


class _Tracker:
    """Follows the lines of a strip; between two looks it keeps the frames in grey, to find the one in which a line came or went."""

    def __init__(self, reader: StripReader, interval: float) -> None:
        self._reader = reader
        self._interval = interval
        self._due = 0.0
        self._open: list[Shown] = []
        self._closed: list[Shown] = []
        self._between: list[tuple[float, Image]] = []
        self._strip: Image | None = None

    def see(self, time: float, strip: Image) -> None:
        self._between.append((time, cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY)))
        self._strip = strip
        if time + 1e-6 >= self._due:
            self._look()
            self._due = time + self._interval - 1e-3

    def finish(self) -> list[Shown]:
        """All lines. What is still shown lasts to the end of the last frame."""
        if len(self._between) > 1:
            self._look(final=True)
        return sorted(self._closed + self._open, key=lambda each: (each.start, each.line.box.y))

    def _look(self, final: bool = False) -> None:
        assert self._strip is not None
        times = [time for time, _ in self._between]
        now, grey = self._between[-1]
        lines = self._reader.lines(self._strip, grey)
        continued = [self._continued(line) for line in lines]
        for shown in [each for each in self._open if all(each is not other for other in continued)]:
            if not shown.line.unchanged_in(grey):
                shown.end = next((time for time, seen in self._between[1:] if not shown.line.unchanged_in(seen)), now)
                self._open.remove(shown)
                self._closed.append(shown)
        frame = now - times[-2] if len(times) > 1 else 0.0
        for shown in self._open:
            shown.end = now + frame if final else now
        self._between = self._between[-1:]

    def _continued(self, line: Line) -> Shown:
        for shown in self._open:
            if is_same(shown.line, line) or (
                overlap(shown.line.box, line.box) > SAME_PLACE and shown.line.unchanged_in(self._between[-1][1])
            ):
                shown.read(line)
                return shown
        start = self._between[-1][0]
        for time, seen in reversed(self._between[:-1]):
            if not line.unchanged_in(seen):
                break
            start = time
        shown = Shown(line, start, start)
        shown.read(line)
        self._open.append(shown)
        return shown


def _is_in(language: str, text: str) -> bool:
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    return language != "en" or chinese * 2 < len(text)


def _joined(shown: Iterable[Shown]) -> list[Shown]:
    """A line that was lost for a blink is one line."""
    joined: list[Shown] = []
    for each in shown:
        before = next(
            (other for other in reversed(joined) if other.text == each.text and -_BLINK <= each.start - other.end <= _BLINK), None
        )
        if before is None:
            joined.append(each)
        else:
            before.end = max(before.end, each.end)
    return joined


def _main_track(shown: Sequence[Shown]) -> list[Shown]:
    """The lines of the row that shows most different texts, and what comes and goes with them in the next row, in letters of their size."""
    if not shown:
        return []
    main = max((each.line.box for each in shown), key=lambda box: len({each.text for each in shown if _in_row(each.line.box, box, 0.5)}))
    row = [each for each in shown if _in_row(each.line.box, main, 0.5)]
    return [each for each in shown if any(each is other for other in row) or _is_second_row(each, row, main)]


def _is_second_row(shown: Shown, row: Sequence[Shown], main: geometry.Box) -> bool:
    """Not what stays on while captions come and go: a logo, a clock."""
    beside = [each for each in row if each.start < shown.end - _TOGETHER and shown.start + _TOGETHER < each.end]
    box = shown.line.box
    return len(beside) == 1 and _in_row(box, main, _NEXT_ROW) and abs(box.height / main.height - 1) < _SAME_SIZE


def _in_row(one: geometry.Box, other: geometry.Box, heights: float) -> bool:
    return abs(one.centre[1] - other.centre[1]) < heights * other.height


def _cues(shown: Sequence[Shown]) -> list[Cue]:
    """Lines that come and go together are one cue, the upper line first."""
    cues: list[Cue] = []
    for each in sorted(shown, key=lambda each: (round(each.start / _TOGETHER), each.line.box.y)):
        last = cues[-1] if cues else None
        if last and abs(last.start - each.start) < _TOGETHER and abs(last.end - each.end) < _TOGETHER:
            cues[-1] = replace(last, text=f"{last.text}\n{each.text}")
        else:
            cues.append(Cue(each.start, each.end, each.text))
    return sorted(cues, key=lambda cue: (cue.start, cue.end))
