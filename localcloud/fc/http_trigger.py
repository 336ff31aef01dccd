"""The web address of a function with an HTTP trigger.

It behaves as one under a custom domain does. Under the default domain, Function Compute makes browsers download every page
(Content-Disposition: attachment) and lets any origin read the answers; neither would do for a page on a laptop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from localcloud.acs import AcsError, acs_error_reply, authenticate
from localcloud.fc.errors import Refused
from localcloud.fc.http_event import check_limits, event_of, reply_of
from localcloud.fc.invocation import Invocation, new_request_id
from localcloud.fc.trigger import HttpTrigger
from localcloud.fc.wire import refusal
from localcloud.http import Reply, Request
from localcloud.identity import Keyring
from localcloud.place import Place


class Invoke(Protocol):
    def __call__(self, function: str, payload: bytes, *, kind: str, request_id: str) -> Invocation: ...


class MethodNotAllowed(Refused):
    def __init__(self, method: str) -> None:
        super().__init__(405, "MethodNotAllowed", f"the method {method} is not among the methods of the trigger; add it there")


@dataclass(frozen=True)
class HttpFunction:
    """A service that takes every request and hands it to one function."""

    function: str
    trigger: HttpTrigger
    invoke: Invoke
    keyring: Keyring
    place: Place
    clock: Callable[[], float]

    def claims(self, request: Request) -> bool:  # noqa: ARG002 - it has a port of its own
        return True

    def serve(self, request: Request) -> Reply:
        request_id = new_request_id(self.clock())
        try:
            return self._serve(request, request_id)
        except AcsError as error:
            return acs_error_reply(error, request_id, request.headers.get("host", ""))
        except Refused as error:
            return refusal(error, request_id, request)

    def _serve(self, request: Request, request_id: str) -> Reply:
        if request.method not in self.trigger.trigger_config.methods:
            raise MethodNotAllowed(request.method)
        check_limits(request)
        if self.trigger.trigger_config.auth_type == "function":
            authenticate(request, self.keyring, self.clock())
        kind = request.headers.get("x-fc-invocation-type", "Sync")
        event = event_of(request, request_id, self.place, self.clock())
        invocation = self.invoke(self.function, event, kind=kind, request_id=request_id)
        if invocation.error_type:
            # Assumption: a function that failed is a bad gateway; the error JSON is passed on for whoever develops it.
            return Reply(502, {**invocation.headers(), "Content-Type": "application/json"}, invocation.payload)
        if invocation.status != 200:
            return Reply(invocation.status, invocation.headers())
        return reply_of(invocation.payload, request_id)
