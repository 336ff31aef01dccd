"""A queue: receive its messages, and delete those that are dealt with."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import UNKNOWN_CODE, Permission, ServiceRefused, ServiceUnreachable
from sightline.host import Host
from sightline.http import Request
from sightline.mns.signature import sign
from sightline.transport import Answer, Call, Refusal, send
from sightline.value import Value

_NAMESPACE = "http://mns.aliyuncs.com/doc/v1/"
_IN = f"{{{_NAMESPACE}}}"
# 16 messages of 64 KB each, and what XML makes of them.
MOST_ANSWER_BYTES = 16 * 2**20


class Message(Value):
    """`body` as it was sent: a sender may have encoded it. `receipt` deletes it, for as long as it is hidden from others."""

    id: str
    receipt: str
    body: str


class MnsQueue:
    """`endpoint` is `https://<account>.mns.<region>.aliyuncs.com`, or one of a laptop. Calls raise as `transport.send` does."""

    def __init__(self, host: Host, credentials: CredentialsProvider, endpoint: str, name: str) -> None:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self._host = host
        self._credentials = credentials
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._target = f"/queues/{quote(name, safe='')}/messages"
        self._resource = f"acs:mns:*:*:/queues/{name}/messages"

    def receive(self, most: int) -> Sequence[Message]:
        """Up to `most` messages, 16 at most, which others don't see for a while; none where there is none, without waiting."""
        try:
            answer = self._call("BatchReceiveMessage", "GET", f"{self._target}?numOfMessages={most}")
        except ServiceRefused as error:
            if error.code == "MessageNotExist":
                return []
            raise
        return [_message(element) for element in _parsed(answer, "BatchReceiveMessage").iter(f"{_IN}Message")]

    def delete(self, receipts: Sequence[str]) -> None:
        """A message that has come back to the queue meanwhile stays there."""
        from html import escape  # mostly the queue is empty, and there is nothing to delete

        handles = "".join(f"<ReceiptHandle>{escape(receipt, quote=False)}</ReceiptHandle>" for receipt in receipts)
        body = f'<?xml version="1.0" encoding="utf-8"?><ReceiptHandles xmlns="{_NAMESPACE}">{handles}</ReceiptHandles>'
        try:
            self._call("BatchDeleteMessage", "DELETE", self._target, body.encode())
        except ServiceRefused as error:
            if error.code not in _GONE:
                raise

    def _call(self, operation: str, method: str, target: str, body: bytes = b"") -> Answer:
        def build(key: Credentials) -> Request:
            headers = sign(key, self._host.clock(), method, target, body)
            return Request(method, self._base + target, headers, body)

        permission = Permission(f"mns:{operation}", self._resource)
        # Received twice is hidden twice, and deleted twice is deleted: both may be repeated.
        call = Call("MNS", operation, permission, build, _refusal, MOST_ANSWER_BYTES, again=True)
        return send(self._host, self._credentials, call)


# Of a receipt whose time is up, or whose message another sweep has deleted.
_GONE = ("MessageNotExist", "ReceiptHandleError")
# Or in an encoding that is unknown, or one that the parser does not read.
_NO_XML = (ElementTree.ParseError, LookupError, ValueError)


def _message(element: ElementTree.Element) -> Message:
    return Message(*(element.findtext(f"{_IN}{name}") or "" for name in ("MessageId", "ReceiptHandle", "MessageBody")))


def _parsed(answer: Answer, operation: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer.content)
    except _NO_XML as error:
        raise ServiceUnreachable("MNS", operation, f"the answer can't be read: {type(error).__name__}") from error


def _refusal(answer: Answer) -> Refusal | None:
    """An error is one `Error`; a batch that failed in part lists one for each message, of which the first speaks for all."""
    if answer.is_success:
        return None
    request_id = str(answer.headers.get("x-mns-request-id", ""))
    try:
        root = ElementTree.fromstring(answer.content)
    except _NO_XML:
        return Refusal(UNKNOWN_CODE, "an error without XML, so perhaps not from the service itself", request_id)
    error = next(root.iter(f"{_IN}Error"), root)
    code = error.findtext(f"{_IN}Code") or error.findtext(f"{_IN}ErrorCode") or UNKNOWN_CODE
    return Refusal(code, error.findtext(f"{_IN}Message") or error.findtext(f"{_IN}ErrorMessage") or "", request_id)
