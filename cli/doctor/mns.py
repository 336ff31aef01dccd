"""What MNS tells of a queue or topic.

Not with the official SDK: over HTTPS it waits for an answer without end, and over HTTP it asks for a minute.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urlsplit

import httpx

from sightline.credentials import Credentials
from sightline.errors import UNKNOWN_CODE, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.mns.signature import sign


class Messages:
    """`client` says how long an answer may take.

    Calls raise ServiceRefused (`missing` for what does not exist), ServiceUnreachable and UnusableAnswer.
    """

    def __init__(self, client: httpx.Client, credentials: Credentials, endpoint: str, clock: Callable[[], datetime]) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self._client = client
        self._credentials = credentials
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._clock = clock

    def topic(self, name: str) -> dict[str, str]:
        """GetTopicAttributes."""
        return self._attributes("GetTopicAttributes", f"/topics/{quote(name, safe='')}")

    def queue(self, name: str) -> dict[str, str]:
        """GetQueueAttributes."""
        return self._attributes("GetQueueAttributes", f"/queues/{quote(name, safe='')}")

    def _attributes(self, operation: str, target: str) -> dict[str, str]:
        headers = sign(self._credentials, self._clock(), "GET", target)
        try:
            response = self._client.get(self._base + target, headers=dict(headers))
        except httpx.RequestError as error:
            raise ServiceUnreachable("MNS", operation, type(error).__name__) from error
        values = _values(response.content)
        if not response.is_success:
            given = values or {"Message": "an error without XML, so perhaps not from the service itself"}
            said = given.get("Code") or UNKNOWN_CODE, given.get("Message", ""), given.get("RequestId", "")
            raise ServiceRefused("MNS", operation, response.status_code, *said)
        if values is None:
            raise UnusableAnswer("MNS", operation, "the body", "is no XML", retryable=True)
        return values


def _values(content: bytes) -> dict[str, str] | None:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return None
    return {element.tag.rpartition("}")[2]: element.text or "" for element in root}
