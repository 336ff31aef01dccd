"""Intelligent Media Services behind the door: routing, signatures, and the life of its threads."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from localcloud.acs import TERMS, AcsError, acs_error_reply, acs_refusal, authenticate, json_reply, not_allowed, parameters
from localcloud.http import Reply, Request, Terms, Trouble
from localcloud.identity import Keyring, NotAllowed
from localcloud.ims import operations
from localcloud.ims.answers import Answer
from localcloud.ims.assembly import Parts, Settings, Surroundings
from localcloud.ims.errors import internal_error, unsupported_method
from localcloud.ims.libraries.shelf import OpenLibrary
from localcloud.ims.operation import ICE, MPS
from localcloud.ims.production.producing import Production
from localcloud.ims.results.subtitles import is_subtitle, serve_subtitle
from localcloud.ims.understanding.engine import Understanding
from localcloud.place import Place
from localcloud.ports import CallbackQueues, WritableObjects

__all__ = ["IntelligentMediaServices", "Settings"]

log = logging.getLogger("localcloud.ims")

STOP_SECONDS = 5.0
"""For all threads together. One that waits for a silent server is left to end with the process, or with its time limit."""


class IntelligentMediaServices:
    """A `Service`: IMS (product ICE, 2020-11-09), and of MPS (2014-06-18) the one operation that binds callbacks.

    `data` is its own folder; `endpoint` the address under which clients reach it; `understanding` is started and closed with it, and
    `production` closed. What was under way when the process ended is done again after `start`.
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        keyring: Keyring,
        queues: CallbackQueues,
        objects: WritableObjects,
        understanding: Understanding,
        open_library: OpenLibrary,
        endpoint: Callable[[], str],
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
        *,
        production: Production,
    ) -> None:
        self._place = place
        self._keyring = keyring
        self._clock = clock
        self._understanding = understanding
        self._production = production
        self._stopping = threading.Event()
        around = Surroundings(place, queues, objects, understanding, production, open_library, endpoint, clock)
        self._parts = Parts(data, around, settings or Settings(), self._stopping)

    def start(self) -> None:
        self._understanding.start()
        for runner in self._parts.runners:
            runner.start()

    def stop(self) -> None:
        self._stopping.set()
        for runner in self._parts.runners:
            runner.stop()
        self._understanding.close()
        self._production.close()
        deadline = time.monotonic() + STOP_SECONDS
        for runner in self._parts.runners:
            runner.join(max(0.0, deadline - time.monotonic()))
        self._parts.close()

    def claims(self, request: Request) -> bool:
        return _version(request) in (ICE, MPS) or is_subtitle(request)

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return TERMS

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return acs_refusal(request, trouble, str(uuid.uuid4()).upper())

    def serve(self, request: Request) -> Reply:
        if is_subtitle(request):
            return serve_subtitle(self._parts.database, request)
        request_id = str(uuid.uuid4()).upper()
        try:
            answer = self._answer(request)
        except AcsError as error:
            log.info("%s refused: %s %s", _action(request), error.code, error.message)
            return acs_error_reply(error, request_id, request.headers.get("host", ""))
        except Exception:  # The door would answer in plain text, which no SDK reads.
            log.exception("%s failed", _action(request))
            return acs_error_reply(internal_error(), request_id, request.headers.get("host", ""))
        return json_reply({"RequestId": request_id, **answer}, request_id)

    def _answer(self, request: Request) -> Answer:
        caller = authenticate(request, self._keyring, self._clock(), self._parts.nonces)
        if request.method not in ("POST", "GET"):
            raise unsupported_method(request.method)
        version, action = _version(request), _action(request)
        answer = operations.find(self._parts.operations, version, action)
        try:
            # "RAM authorization" of both products: rights on operations alone, so their resource is all there is.
            product = "ice" if version == ICE else "mts"
            caller.principal.check(f"{product}:{action}", f"acs:{product}:{self._place.region}:{self._place.account_id}:*")
        except NotAllowed as error:
            raise not_allowed(error, self._place.account_id) from error
        return answer(parameters(request))


def _version(request: Request) -> str:
    return request.headers.get("x-acs-version") or request.query.get("Version", "")


def _action(request: Request) -> str:
    return request.headers.get("x-acs-action") or request.query.get("Action", "")
