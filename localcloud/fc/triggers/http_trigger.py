"""The web address of a function with an HTTP trigger.

It behaves as one under a custom domain does. Under the default domain, Function Compute makes browsers download every page
(Content-Disposition: attachment) and lets any origin read the answers; neither would do for a page on a laptop.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from localcloud.acs import AcsError, authenticate_web
from localcloud.fc.api.wire import TERMS, trouble_reply
from localcloud.fc.errors import NotAuthorized, Refused
from localcloud.fc.project.trigger import HttpTrigger
from localcloud.fc.running.invocation import Invocation, new_request_id
from localcloud.fc.triggers.http_event import check_limits, event_of, reply_of
from localcloud.http import Reply, Request, Terms, Trouble
from localcloud.identity import Keyring, NotAllowed, Principal
from localcloud.place import Place


class Invoke(Protocol):
    def __call__(self, function: str, payload: bytes, *, kind: str, request_id: str, task_id: str) -> Invocation: ...


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

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return TERMS

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return trouble_reply(request, trouble, new_request_id(self.clock()))

    def serve(self, request: Request) -> Reply:
        request_id = new_request_id(self.clock())
        try:
            return self._serve(request, request_id)
        except (AcsError, Refused) as error:
            return _refusal(error, request_id)

    def _serve(self, request: Request, request_id: str) -> Reply:
        config = self.trigger.trigger_config
        if request.method not in config.methods:
            raise MethodNotAllowed(request.method)
        check_limits(request)
        if config.auth_type == "function":
            self._check_role(authenticate_web(request, self.keyring, self.clock()).principal)
        if config.auth_config:
            request = config.auth_config.admit(request, self.clock())
        return self._answer(request, request_id)

    def _check_role(self, principal: Principal) -> None:
        try:
            principal.check("fc:InvokeFunction", self.place.function_arn(self.function))
        except NotAllowed as error:
            raise NotAuthorized(error.action, error.resource) from error

    def _answer(self, request: Request, request_id: str) -> Reply:
        kind = request.headers.get("x-fc-invocation-type", "Sync")
        task_id = request.headers.get("x-fc-async-task-id", "")
        event = event_of(request, request_id, self.place, self.clock())
        invocation = self.invoke(self.function, event, kind=kind, request_id=request_id, task_id=task_id)
        if invocation.error_type:
            # Assumption: a function that failed is a bad gateway; the error JSON is passed on for whoever develops it.
            return Reply(502, {**invocation.headers(), "Content-Type": "application/json"}, invocation.payload)
        if invocation.status != 200:
            return Reply(invocation.status, invocation.headers())
        return reply_of(invocation.payload, request_id)


def _refusal(error: AcsError | Refused, request_id: str) -> Reply:
    """An error of the gateway in front of the functions; as projects on github.com record its answers."""
    body = {"RequestId": request_id, "Code": error.code, "Message": error.message}
    return Reply(error.status, {"Content-Type": "application/json", "X-Fc-Request-Id": request_id}, json.dumps(body).encode())
