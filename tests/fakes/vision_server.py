"""A server on this machine that speaks the chat/completions protocol, with the refusals that the vendors document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.fakes.model_server import Answered, ModelServer

GOOD = {
    "title": "A red box on a table",
    "brief": "A red box stands on a table.",
    "caption": "A red box stands on a grey table; a label reads “FRAGILE”.",
    "events": ["a box appears"],
    "objects": ["box", "table"],
    "actions": [],
    "human": False,
    "vehicle": False,
    "pet": True,
    "package": True,
    "moments": [{"start": 0.5, "end": 1.5, "text": "a box appears"}],
}


Behaviour = Callable[[dict[str, Any]], Answered]
"""From the request's JSON to the answer."""


def says(text: str | None) -> Answered:
    """A completion, as OpenAI's API reference shows it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Answered(200, json.dumps({"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}).encode())


def refuses(status: int, message: str, headers: dict[str, str] | None = None) -> Answered:
    return Answered(status, json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode(), headers or {})


def in_turn(*answers: Answered) -> Behaviour:
    """The answers one after the other; the last one again and again."""
    left = list(answers)
    return lambda _request: left.pop(0) if len(left) > 1 else left[0]


class VisionServer(ModelServer):
    """`requests` are the bodies that came."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = in_turn(says(json.dumps(GOOD)))
        self.requests: list[dict[str, Any]] = []
        super().__init__()

    @property
    def formats(self) -> list[str | None]:
        return [request["response_format"]["type"] if "response_format" in request else None for request in self.requests]

    def answer(self, path: str, content_type: str, body: bytes) -> Answered:
        request = json.loads(body)
        self.requests.append(request)
        return self.behaviour(request)
