"""A fake: a server on this machine that speaks OpenAI's audio/transcriptions protocol. It hears nothing; it says what a test tells it to.

It reads the multipart form as such servers do, and keeps what was sent, so that a test sees which sound went out with which fields.
"""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.fakes.vision_server import Answered


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


class SpeechServer:
    """`asked` are the forms that came, `authorizations` their keys. A behaviour that waits for `release` makes a server that hangs."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = lambda _asked: hears((0.5, 1.5, "hello there"))
        self.asked: list[Asked] = []
        self.authorizations: list[str | None] = []
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = _form(self.headers["Content-Type"], body)
                server.authorizations.append(self.headers["Authorization"])
                server.asked.append(asked)
                right = self.path == "/v1/audio/transcriptions"
                answer = server.behaviour(asked) if right else answers({"error": {"message": "no such path"}}, 404)
                # A client that has given up is no fault of the server's.
                with suppress(ConnectionError):
                    self.send_response(answer.status)
                    for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        return Handler


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
