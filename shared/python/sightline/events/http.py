"""Requests of FC's HTTP trigger on a built-in runtime (event format v1), and what a function answers.

Format: "HTTP trigger: invoking a function" in the Function Compute documentation, and `events/http.go` of aliyun/fc-runtime-go-sdk.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sightline.errors import BadInput
from sightline.events.records import Json
from sightline.value import Value


class HttpRequest(Value):
    """`path` is decoded; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class HttpResponse(Value):
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = MappingProxyType({})

    def to_event(self) -> Json:
        """The full structure: what FC assumes for missing fields is documented nowhere we could read."""
        try:
            body, encoded = self.body.decode(), False
        except UnicodeDecodeError:
            body, encoded = base64.b64encode(self.body).decode(), True
        headers = {"Content-Type": self.content_type, **self.headers}
        return {"statusCode": self.status, "headers": headers, "isBase64Encoded": encoded, "body": body}


def parse_http(event: bytes) -> HttpRequest:
    """Raises BadInput where the event is no HTTP event."""
    try:
        document: Any = json.loads(event)
        http = document["requestContext"]["http"]
        headers = {name.lower(): value for name, value in (document.get("headers") or {}).items()}
        return HttpRequest(http["method"].upper(), http["path"], dict(document.get("queryParameters") or {}), headers)
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise BadInput(
            "event", f"is no HTTP event ({type(error).__name__}: {error})", "call this function through its HTTP trigger"
        ) from error
