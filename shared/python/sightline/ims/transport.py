"""One signed call, and its answer or error."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from sightline.clock import Clock, utc_now
from sightline.credentials import CredentialsProvider
from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.ims.signature import canonical_query, sign
from sightline.transport import Sleep, send

ICE_VERSION = "2020-11-09"

Json = dict[str, Any]


class ImsTransport:
    """Calls operations of one endpoint; `endpoint` may name its scheme, https otherwise."""

    def __init__(
        self,
        client: httpx.Client,
        credentials: CredentialsProvider,
        endpoint: str,
        clock: Clock = utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self._client = client
        self._credentials = credentials
        self._base = f"{parts.scheme}://{parts.netloc}/"
        self._host = parts.netloc
        self._clock = clock
        self._sleep = sleep

    def call(self, action: str, parameters: Mapping[str, str | int | None], *, again: bool = True, version: str = ICE_VERSION) -> Json:
        """The answer's JSON. Parameters that are None are left out. Pass `again=False` for a call that may not happen twice.

        Raises ServiceRefused and ServiceUnreachable.
        """
        query = {name: str(value) for name, value in parameters.items() if value is not None}

        def build() -> httpx.Request:
            headers = sign(self._credentials(), self._clock(), secrets.token_hex(16), "POST", self._host, action, version, query)
            return self._client.build_request(
                "POST", f"{self._base}?{canonical_query(query)}", headers={**headers, "accept": "application/json"}
            )

        response = send(self._client, build, "IMS", action, again=again, sleep=self._sleep)
        document = _json(response, action)
        if response.is_success and _succeeded(document):
            return document
        code, message = str(document.get("Code", "Unknown")), str(document.get("Message", ""))
        raise ServiceRefused("IMS", action, response.status_code, code, message, str(document.get("RequestId", "")))


def _json(response: httpx.Response, action: str) -> Json:
    try:
        document = response.json()
    except ValueError as error:
        raise ServiceUnreachable("IMS", action, f"status {response.status_code} without JSON") from error
    return document if isinstance(document, dict) else {}


def _succeeded(document: Json) -> bool:
    """Search operations may fail with status 200; `Success` is declared a string and shown as a boolean."""
    return str(document.get("Success", True)).lower() != "false"
