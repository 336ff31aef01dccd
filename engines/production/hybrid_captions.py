"""HybridCaptionExtraction: what is written in a film and what is said in it, as one track of captions."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from engines.production.captions import BOTTOM_QUARTER, captions_file, read_captions
from engines.production.cues import Cue
from engines.production.types import Box, Produced
from engines.speech.types import SpokenLine, Transcribe, Untranscribed

_NO_ENDPOINT = (
    "speech was left out, only what is written was read: no endpoint for transcription is set"
    " (SIGHTLINE_SPEECH_BASE_URL and SIGHTLINE_SPEECH_MODEL name one)"
)
_SAID_ALREADY = 0.6
"""Of a spoken line's letters, in the captions beside it: speech recognition errs, and a caption shortens what is said."""
_BESIDE = 1.0
"""Seconds by which a caption may stand before or after what is said."""


def extract_hybrid_captions(
    source: Path,
    folder: Path,
    *,
    fps: int = 5,
    region: Box = BOTTOM_QUARTER,
    language: str = "zh",
    main_track_only: bool = False,
    transcribe: Transcribe | None = None,
) -> Produced:
    """As `extract_captions`, and with what is said where nothing of it is written. `language` is "zh" or "en".

    Where speech can't be had, the notes say why. Raises UnreadableMedia and Unfit.
    """
    written = read_captions(source, fps=fps, region=region, language=language, main_track_only=main_track_only)
    spoken, notes = _speech(source, language, transcribe)
    cues = merged(written, spoken)
    return captions_file(folder, cues, [*notes, *([] if cues else ["no caption was found, written or spoken"])])


def merged(written: Sequence[Cue], spoken: Sequence[SpokenLine]) -> list[Cue]:
    """All that is written, and each spoken line of which the captions beside it do not hold most."""
    said = [Cue(line.start, line.end, line.text) for line in spoken if not _is_written(line, written)]
    return sorted([*written, *said], key=lambda cue: (cue.start, cue.end))


def _is_written(line: SpokenLine, written: Sequence[Cue]) -> bool:
    said = _letters(line.text)
    beside = _letters("".join(cue.text for cue in written if cue.start < line.end + _BESIDE and line.start - _BESIDE < cue.end))
    matching = SequenceMatcher(None, said, beside, autojunk=False).get_matching_blocks()
    return sum(block.size for block in matching) >= _SAID_ALREADY * len(said)


def _letters(text: str) -> str:
    """Without the punctuation, spaces and cases that a transcription sets as it likes."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())


def _speech(source: Path, language: str, transcribe: Transcribe | None) -> tuple[Sequence[SpokenLine], Sequence[str]]:
    if transcribe is None:
        return (), (_NO_ENDPOINT,)
    try:
        transcript = transcribe(source, language)
    except Untranscribed as reason:
        return (), (f"speech was left out, only what is written was read: {reason}",)
    return transcript.lines, transcript.notes
