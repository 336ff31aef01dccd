"""The chat/completions of an OpenAI-compatible endpoint: one question with pictures, one text back.

Endpoints differ in the `response_format` that they accept, so the strictest is tried first and the next after a refusal; what was accepted
is remembered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import httpx
from pydantic import BaseModel, Field, ValidationError

from engines.endpoint import Caller, EndpointFailed, EndpointSettings, RequestRefused
from engines.understanding.vision_answer import InvalidAnswer

__all__ = ["Endpoint", "EndpointFailed", "VisionSettings"]

_LONGEST_QUOTE = 20_000
Read = TypeVar("Read")


@dataclass(frozen=True)
class VisionSettings(EndpointSettings):
    """`base_url` is that up to and without /chat/completions. Raises ValueError."""

    purpose: str = field(default="vision", init=False)


class Endpoint:
    """`timeout` is that of one request from beginning to end, in seconds."""

    def __init__(
        self,
        settings: VisionSettings,
        schema: Mapping[str, Any],
        *,
        transport: httpx.BaseTransport | None = None,
        timeout: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model = settings.model
        self._caller = Caller(settings, transport=transport, timeout=timeout, sleep=sleep)
        # Pages of the vendors disagree whether `strict` sits inside or beside `json_schema`; this is OpenAI's own place for it.
        described = {"name": "description", "strict": True, "schema": dict(schema)}
        self._formats: list[dict[str, Any]] = [
            {"response_format": {"type": "json_schema", "json_schema": described}},
            {"response_format": {"type": "json_object"}},
            {},
        ]

    def ask(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """The text of the answer. Raises EndpointFailed."""
        question = {"model": self._model, "temperature": 0, "messages": list(messages)}
        *stricter, loosest = self._formats
        for response_format in stricter:
            try:
                text = self._post({**question, **response_format})
            except RequestRefused:
                continue
            self._accepted(response_format)
            return text
        text = self._post({**question, **loosest})
        self._accepted(loosest)
        return text

    def ask_for(self, messages: Sequence[Mapping[str, Any]], read: Callable[[str], Read]) -> Read:
        """What `read` makes of the answer, or where that raises InvalidAnswer, of a second one. Raises EndpointFailed, InvalidAnswer."""
        text = self.ask(messages)
        try:
            return read(text)
        except InvalidAnswer as invalid:
            complaint = f"That was not the JSON object that was asked for: {invalid}. Answer again, with that JSON object alone."
            said = {"role": "assistant", "content": text[:_LONGEST_QUOTE]}
            return read(self.ask([*messages, said, {"role": "user", "content": complaint}]))

    def _post(self, question: Mapping[str, Any]) -> str:
        return _content(self._caller.post("chat/completions", json=question))

    def _accepted(self, response_format: dict[str, Any]) -> None:
        """From now on no stricter format is tried."""
        self._formats = self._formats[self._formats.index(response_format) :]


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]


def _content(answer: bytes) -> str:
    """The model's text, empty where it said nothing (a reasoning model may run out of room while it thinks)."""
    try:
        return _Completion.model_validate_json(answer).choices[0].message.content or ""
    except ValidationError:
        raise EndpointFailed("its answer is not that of chat/completions: check vision.base_url") from None
