"""MNS over HTTP: a genuine request is answered by its operation, and everything by a reply with MNS's headers.

What the replies must hold: the decoders of the official SDK (mns_xml_handler), which refuse an answer that lacks a field.
"""

from __future__ import annotations

import logging
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from localcloud.http import Later, Reply, Request, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.mns import documents
from localcloud.mns.calls import Call, reply
from localcloud.mns.errors import InternalError, MnsError, out_of_range
from localcloud.mns.limits import DOCUMENT_BYTES
from localcloud.mns.rights import check_role
from localcloud.mns.routes import Routes
from localcloud.mns.signature import VERSION, authenticate
from localcloud.place import Place

log = logging.getLogger("localcloud.mns")


class Wire:
    """Answers a request, or says in MNS's words why not."""

    def __init__(self, routes: Routes, keyring: Keyring, clock: Callable[[], float], place: Place) -> None:
        self._routes = routes
        self._place = place
        self._keyring = keyring
        self._clock = clock

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return Terms(longest=DOCUMENT_BYTES)

    def serve(self, request: Request) -> Reply | Later:
        return _answered(lambda: self._answer(request), *_own(request))

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        reply = _answered(lambda: _raise(trouble), *_own(request))
        assert isinstance(reply, Reply)
        return replace(reply, status=trouble.status)

    def _answer(self, request: Request) -> Reply | Later:
        host = _host(request)
        principal = authenticate(request, self._keyring, self._clock())
        found, names = self._routes.find(request)
        call = Call(request, host, names)
        if principal.role:
            check_role(call, principal, found.operations, self._place)
        return found.answer(call)


def _own(request: Request) -> tuple[Mapping[str, str], str]:
    """The headers of every reply, and the host."""
    # The SDK looks this header up in lower case only (mns_client.check_status).
    return {"x-mns-request-id": uuid.uuid4().hex[:24].upper(), "x-mns-version": VERSION}, _host(request)


def _host(request: Request) -> str:
    return "http://" + request.headers.get("host", "localhost")


def _raise(trouble: Trouble) -> Reply:
    """The code is our assumption: MNS documents none for what no client should do."""
    if trouble is Trouble.BODY_TOO_LARGE:
        raise out_of_range("the length of the request's body", 0, DOCUMENT_BYTES, "bytes")
    raise MnsError("ServiceUnavailable" if trouble is Trouble.TOO_MANY_CONNECTIONS else "InvalidArgument", trouble.value)


def _answered(answer: Callable[[], Reply | Later], own: Mapping[str, str], host: str) -> Reply | Later:
    try:
        made = answer()
    except MnsError as error:
        made = _error(error, own["x-mns-request-id"], host)
    except sqlite3.Error:  # a full disk, a file that can't be read: nothing of the request is kept
        log.exception("request %s can't be answered", own["x-mns-request-id"])
        made = _error(InternalError(), own["x-mns-request-id"], host)
    if isinstance(made, Later):
        later = made
        return Later(later.ready, lambda: _answered(later.reply, own, host))
    return replace(made, headers={**own, **made.headers})


def _error(error: MnsError, request_id: str, host: str) -> Reply:
    values = {"Code": error.code, "Message": error.message, "RequestId": request_id, "HostId": host}
    return reply(error.status, documents.document("Error", documents.fields(values)))
