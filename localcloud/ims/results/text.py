"""The results that are made of words: ASR, OCR, TextLabel, and subtitles as files. Shapes as QuerySmarttagJob documents them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from engines.speech.types import Transcript
from engines.understanding.types import Description, Reading, ReadLine
from localcloud.ims.jobs.cognition import LabelLine, spoken_lines, written_lines
from localcloud.ims.results.labels import KEYWORD, Shape, corners

_KEYWORDS = 20
_SHORT_LINE = 4  # words, or twelve signs of a script without spaces: a sign, a name, a brand
_SHORT_SIGNS = 12
_REPEATED = 2
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W\d_]{4,}")
_FILLER_WORDS = """
    about after again also been before being both cannot could does down each even ever every from going have here into just know like made
    make many more most much only other over really said same should some such than that their them then there these they thing this those
    through time very want well were what when where which while will with would your
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_LOWER_PART = 0.6  # of the frame, from where on a line can be a caption
_SHORTEST, _LONGEST = 0.4, 15.0  # seconds that a caption stays; a sign in the scene stays longer


def asr(transcript: Transcript) -> Shape:
    return {"details": [{"from": line.start, "to": line.end, "content": line.text} for line in transcript.lines]}


def ocr(readings: Sequence[Reading]) -> Shape:
    """Frames without text are left out."""
    return {
        "details": [{"timestamp": round(at.time, 3), "info": [_read(line) for line in at.lines]} for at in readings if at.lines],
    }


def text_label(keywords: Sequence[str]) -> Shape:
    """Keywords alone: which of them is a person, a place or an organisation no engine here knows."""
    return {"tags": [{"name": KEYWORD, "value": ",".join(keywords)}] if keywords else []}


def keywords_of(readings: Sequence[Reading], transcript: Transcript | None) -> tuple[str, ...]:
    """Short lines that were read, whole; and long words that were read or said more than once."""
    written = [line.text for line in dict.fromkeys(line for at in readings for line in at.lines)]
    spoken = [line.text for line in transcript.lines] if transcript else []
    short = [_plain(text) for text in written if _is_short(text)]
    counted = Counter(word.lower() for text in [*dict.fromkeys(written), *spoken] for word in _WORD.findall(text) if not _HAN.search(word))
    repeated = [word for word, count in counted.most_common() if count >= _REPEATED and word not in _FILLERS]
    distinct = dict.fromkeys(word for word in [*short, *repeated] if word)
    seen: dict[str, str] = {}
    for word in distinct:
        seen.setdefault(word.casefold(), word)
    return tuple(seen.values())[:_KEYWORDS]


def subtitle_lines(description: Description | None, transcript: Transcript | None) -> tuple[tuple[LabelLine, ...], str]:
    """The captions that are burnt into the picture, or where there are none, what was said; and which of the two it is."""
    burnt = captions(description) if description else ()
    if burnt:
        return burnt, "the captions in the picture"
    said = spoken_lines(transcript)
    if said:
        return said, "what is said"
    return (), "nothing: no captions were read and no speech was transcribed"


def captions(description: Description) -> tuple[LabelLine, ...]:
    """Lines in the lower part of the frame that come and go; what stays is a sign or a station's mark."""
    low = [
        Reading(at.time, tuple(line for line in at.lines if line.position.top >= _LOWER_PART * description.height))
        for at in description.readings
    ]
    lines = written_lines(low, description.seconds or 0.0)
    return tuple(line for line in lines if _SHORTEST <= line.end - line.start <= _LONGEST)


def subtitle_files(lines: Sequence[LabelLine]) -> dict[str, str]:
    """All lines, the Chinese ones and the English ones, each as SubRip: a number, a time range, a line."""
    chinese = [line for line in lines if _HAN.search(line.text)]
    return {"all": _subrip(lines), "ch": _subrip(chinese), "eng": _subrip([line for line in lines if line not in chinese])}


def _subrip(lines: Iterable[LabelLine]) -> str:
    return "\n".join(f"{number}\n{_clock(line.start)} --> {_clock(line.end)}\n{line.text}\n" for number, line in enumerate(lines, start=1))


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"


def _read(line: ReadLine) -> Shape:
    return {"score": round(line.score, 3), "position": corners(line.position), "content": line.text}


def _is_short(text: str) -> bool:
    if _HAN.search(text):
        return len(text) <= _SHORT_SIGNS
    return len(text.split()) <= _SHORT_LINE and any(map(str.isalpha, text))


def _plain(text: str) -> str:
    """Without the comma that separates the values."""
    return " ".join(text.replace(",", " ").replace("，", " ").split())
