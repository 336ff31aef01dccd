"""A fake: a server on this machine that speaks OpenAI's audio/transcriptions protocol. It hears nothing; it says what a test tells it to.

It reads the multipart form as such servers do, and keeps what was sent, so that a test sees which sound went out with which fields.
"""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.fakes.model_server import Answered, ModelServer


@dataclass(frozen=True)
class Asked:
    fields: dict[str, str]
    sound: bytes

    @property
    def samples(self) -> npt.NDArray[np.int16]:
        with wave.open(io.BytesIO(self.sound)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
            return np.frombuffer(file.readframes(file.getnframes()), np.int16)

    @property
    def seconds(self) -> float:
        return len(self.samples) / 16_000


Behaviour = Callable[[Asked], Answered]


def hears(*lines: tuple[float, float, str], language: str = "english", **of_each: float) -> Answered:
    """A verbose_json answer as OpenAI's API reference shows it: times in seconds from the start of the sound that was sent."""
    segments = [
        {"id": number, "seek": 0, "start": start, "end": end, "text": f" {text}", "tokens": [1], "no_speech_prob": 0.01, **of_each}
        for number, (start, end, text) in enumerate(lines)
    ]
    text = " ".join(text for _, _, text in lines)
    return answers({"task": "transcribe", "language": language, "duration": 1.0, "text": text, "segments": segments})


def answers(body: Any, status: int = 200) -> Answered:
    return Answered(status, json.dumps(body).encode())


class SpeechServer(ModelServer):
    """`asked` are the forms that came."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = lambda _asked: hears((0.5, 1.5, "hello there"))
        self.asked: list[Asked] = []
        super().__init__()

    def answer(self, path: str, content_type: str, body: bytes) -> Answered:
        asked = _form(content_type, body)
        self.asked.append(asked)
        if path != "/v1/audio/transcriptions":
            return answers({"error": {"message": "no such path"}}, 404)
        return self.behaviour(asked)


def _form(content_type: str, body: bytes) -> Asked:
    whole = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    sound = b""
    for part in whole.get_payload():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename():
            sound = content
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = content.decode()
    return Asked(fields, sound)
