"""Speech to text through the audio/transcriptions of any OpenAI-compatible endpoint: OpenAI, vLLM, whisper servers.

`verbose_json` is asked for, since it alone carries times; where a model has only `json` (the gpt-4o ones), the text of a part is one line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from engines.endpoint import Caller, EndpointFailed, EndpointSettings, RequestRefused, clean
from engines.speech.sound import PART_SECONDS, Part, parts
from engines.speech.types import SpokenLine, Transcript, Untranscribed

_LONGEST_LINE = 2000
_MOST_LINES = 20_000
_LARGEST_ANSWER = 16 << 20
# The thresholds by which Whisper itself leaves a segment out (openai/whisper, transcribe.py).
_NO_SPEECH, _LOG_PROBABILITY = 0.6, -1.0
_WITHOUT_TIMES = "the endpoint tells no times; each line lasts as long as the part of the sound that was sent"


@dataclass(frozen=True)
class SpeechSettings(EndpointSettings):
    """`base_url` is that up to and without /audio/transcriptions. Raises ValueError."""

    purpose: str = field(default="speech", init=False)


class Transcriber:
    """`timeout` in seconds for one request of at most `part_seconds` of sound; `limit_seconds` of sound in all."""

    def __init__(
        self,
        settings: SpeechSettings,
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 300.0,
        part_seconds: float = PART_SECONDS,
        limit_seconds: float = 4 * 3600,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caller = Caller(settings, transport=transport, timeout=timeout, largest=_LARGEST_ANSWER, sleep=sleep)
        self._model = settings.model
        self._part_seconds = part_seconds
        self._limit_seconds = limit_seconds
        self._verbose = True

    @property
    def name(self) -> str:
        return f"speech:{self._model}"

    def transcribe(self, file: Path, language: str | None = None) -> Transcript:
        """`language` is an ISO 639-1 code where it is known. Raises Untranscribed, NoSound and UnreadableMedia."""
        lines: list[SpokenLine] = []
        heard: str | None = None
        sent = 0
        for part in parts(file, self._limit_seconds, self._part_seconds):
            sent += 1
            try:
                answer = self._ask(part, language)
            except EndpointFailed as failure:
                raise Untranscribed(f"{self.name} was of no use: {failure}") from None
            heard = heard or answer.language
            lines += _lines(answer, part)
        notes = [] if sent else ["nothing was transcribed: the sound is silent"]
        notes += [] if self._verbose else [_WITHOUT_TIMES]
        notes += [f"only the first {_MOST_LINES} lines are given"] if len(lines) > _MOST_LINES else []
        return Transcript(tuple(lines[:_MOST_LINES]), self.name, heard and clean(heard, 40), tuple(notes))

    def _ask(self, part: Part, language: str | None) -> _Answer:
        if self._verbose:
            try:
                return self._post(part, language, {"response_format": "verbose_json", "timestamp_granularities[]": "segment"})
            except RequestRefused:
                answer = self._post(part, language, {"response_format": "json"})
                self._verbose = False
                return answer
        return self._post(part, language, {"response_format": "json"})

    def _post(self, part: Part, language: str | None, form: dict[str, Any]) -> _Answer:
        data = {"model": self._model, "temperature": "0", **form, **({"language": language} if language else {})}
        body = self._caller.post("audio/transcriptions", data=data, files={"file": ("sound.wav", part.wav, "audio/wav")})
        try:
            return _Answer.model_validate_json(body)
        except ValidationError:
            raise EndpointFailed("its answer is not that of audio/transcriptions: check speech.base_url") from None


class _Segment(BaseModel):
    start: Annotated[float, Field(allow_inf_nan=False)]
    end: Annotated[float, Field(allow_inf_nan=False)]
    text: str
    no_speech_prob: float | None = None
    avg_logprob: float | None = None

    @property
    def is_speech(self) -> bool:
        return (self.no_speech_prob or 0.0) <= _NO_SPEECH or (self.avg_logprob or 0.0) > _LOG_PROBABILITY


class _Answer(BaseModel):
    text: str
    language: str | None = None
    segments: list[_Segment] | None = None


def _lines(answer: _Answer, part: Part) -> list[SpokenLine]:
    """What of an answer is believed: times within the part, in order, and lines that hold words."""
    segments = answer.segments
    if segments is None:
        segments = [_Segment(start=0.0, end=part.seconds, text=answer.text)]
    lines = []
    for segment in segments:
        start, end = (round(part.start + min(max(0.0, each), part.seconds), 3) for each in (segment.start, segment.end))
        text = clean(segment.text, _LONGEST_LINE)
        if segment.is_speech and text and segment.start <= segment.end:
            lines.append(SpokenLine(start, end, text))
    return sorted(lines, key=lambda line: (line.start, line.end))
