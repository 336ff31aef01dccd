"""One signed call, and its answer or error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import UNKNOWN_CODE, Permission, ServiceUnreachable, UnusableAnswer
from sightline.host import Host
from sightline.http import Request
from sightline.ims.answers import Json, as_text
from sightline.ims.signature import canonical_query, sign
from sightline.transport import Answer, Call, Refusal, json_object, send

ICE_VERSION = "2020-11-09"
# Whose API it is, and the part before the colon of its RAM actions; the command asks all three, the functions IMS alone.
_SERVICES = {ICE_VERSION: ("IMS", "ice"), "2014-06-18": ("MPS", "mts"), "2015-05-01": ("RAM", "ram")}
MOST_ANSWER_BYTES = 16 * 2**20


class ImsTransport:
    """Calls operations of one endpoint; `endpoint` may name its scheme, https otherwise."""

    def __init__(self, host: Host, credentials: CredentialsProvider, endpoint: str) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self._host = host
        self._credentials = credentials
        self._base = f"{parts.scheme}://{parts.netloc}/"
        self._name = parts.netloc

    def call(self, action: str, parameters: Mapping[str, str | int | None], *, again: bool = True, version: str = ICE_VERSION) -> Json:
        """The answer's JSON. Parameters that are None are left out. Pass `again=False` for a call that may not happen twice.

        Raises as `transport.send` does.
        """
        query = canonical_query({name: str(value) for name, value in parameters.items() if value is not None})

        def build(key: Credentials) -> Request:
            headers = sign(key, self._host.clock(), os.urandom(16).hex(), "POST", self._name, action, version, query)
            return Request("POST", f"{self._base}?{query}", {**headers, "accept": "application/json"})

        service, code = _SERVICES.get(version, _SERVICES[ICE_VERSION])
        permission = Permission(f"{code}:{action}", "*")
        call = Call(service, action, permission, build, lambda answer: _refusal(action, answer, again), MOST_ANSWER_BYTES, again)
        return json_object(send(self._host, self._credentials, call))


def _unreadable(action: str, again: bool) -> ServiceUnreachable | UnusableAnswer:
    """A success without JSON. Of what may not happen twice the answer is lost, and its callback may yet tell; a question gets another."""
    if again:
        return UnusableAnswer("IMS", action, "the body", "is no JSON object", retryable=True)
    return ServiceUnreachable("IMS", action, "what came is no JSON object")


def _refusal(action: str, answer: Answer, again: bool) -> Refusal | None:
    try:
        document = json_object(answer)
    except ValueError as error:
        if answer.is_success:
            raise _unreadable(action, again) from error
        return Refusal(UNKNOWN_CODE, "an error without JSON, so perhaps not from the service itself")
    if answer.is_success and _succeeded(document):
        return None
    denied = document.get("AccessDeniedDetail")
    return Refusal(
        as_text(document.get("Code")) or UNKNOWN_CODE,
        as_text(document.get("Message")),
        as_text(document.get("RequestId")),
        as_text(denied.get("AuthAction")) if isinstance(denied, dict) else "",
    )


def _succeeded(document: Json) -> bool:
    """Search operations may fail with status 200; `Success` is declared a string and shown as a boolean."""
    return as_text(document.get("Success")).strip().lower() != "false"
