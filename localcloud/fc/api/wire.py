"""Function Compute's two HTTP APIs: 2023-03-30 (Function Compute 3.0) and 2016-08-15, which groups functions into services.

Functions are declared in the project file and not through the API, so it reads and invokes and changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localcloud.acs import AcsError, acs_error_reply, authenticate
from localcloud.fc.api import signature
from localcloud.fc.api.catalogue import Catalogue, Deployment
from localcloud.fc.api.descriptions import NEWER, OLDER
from localcloud.fc.api.invoking import Invoke, Invoking
from localcloud.fc.api.operation import Asked, match, path_parts
from localcloud.fc.api.operations import NOT_HERE, OPERATIONS
from localcloud.fc.api.tasks import KeptInvocations, Tasks
from localcloud.fc.errors import NotAuthorized, NotChanged, PayloadTooLarge, Refused, UnsupportedPath
from localcloud.fc.running.invocation import new_request_id
from localcloud.http import Later, Reply, Request, Terms, Trouble
from localcloud.identity import Keyring, NotAllowed, Principal
from localcloud.place import Place

TERMS = Terms(longest=32 * 2**20)
"""The payload of a synchronous invocation, the longest there is."""


class Backend(Deployment, Protocol):
    """What the API speaks for."""

    place: Place

    @property
    def invoke(self) -> Invoke: ...

    @property
    def kept_invocations(self) -> KeptInvocations: ...

    def end(self, request_id: str) -> None: ...


class Api:
    """Signatures, routes and formats; `serve` never raises for bad input."""

    def __init__(self, backend: Backend, keyring: Keyring, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._keyring = keyring
        self._clock = clock
        catalogue = Catalogue(backend)
        self._invoking = Invoking(catalogue, backend.invoke)
        self._families: dict[type, Any] = {
            Catalogue: catalogue,
            Tasks: Tasks(catalogue, backend.descriptions, backend.kept_invocations, backend.end),
            Invoking: self._invoking,
        }

    def claims(self, request: Request) -> bool:
        # A bucket may be called 2016-08-15; its requests are signed for OSS.
        return request.path.startswith((f"/{NEWER}/", f"/{OLDER}/")) and not request.headers.get("authorization", "").startswith("OSS")

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return TERMS

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return trouble_reply(request, trouble, new_request_id(self._clock()), older=_version(request) == OLDER)

    def serve(self, request: Request) -> Reply | Later:
        request_id = new_request_id(self._clock())
        return self._worded(request, request_id, lambda: self._answer(request, request_id))

    def stop(self) -> None:
        self._invoking.stop()

    def _worded(self, request: Request, request_id: str, answer: Callable[[], Reply | Later]) -> Reply | Later:
        """The answer, now or later, with refusals in the words of the API."""
        try:
            found = answer()
        except AcsError as error:
            return _with_id(acs_error_reply(error, request_id, request.headers.get("host", "")), request_id)
        except Refused as error:
            return refusal(error, request_id, request, older=_version(request) == OLDER)
        if isinstance(found, Reply):
            return found
        return Later(found.ready, lambda: self._worded(request, request_id, found.reply))

    def _answer(self, request: Request, request_id: str) -> Reply | Later:
        version, parts = _version(request), path_parts(request)
        check = authenticate if version == NEWER else signature.verify
        principal = check(request, self._keyring, self._clock()).principal
        for family, operations in OPERATIONS[version].items():
            for operation in operations:
                if operation.method == request.method and (names := match(operation.path, parts)) is not None:
                    self._check_role(principal, operation.name, names)
                    answer = operation.answer(self._families[family], Asked(request, version, request_id, names))
                    return answer if isinstance(answer, (Reply, Later)) else _json(answer, request_id)
        for missing in NOT_HERE[version]:
            if missing.method == request.method != "GET" and match(missing.path, parts) is not None:
                raise NotChanged(missing.name)
        raise UnsupportedPath(request.method, request.raw_path[:256])

    def _check_role(self, principal: Principal, operation: str, names: Mapping[str, str]) -> None:
        """ "RAM authorization" of the API, as far as it is about functions: its resource is the function, whatever of it is asked for."""
        try:
            principal.check(f"fc:{operation}", self._backend.place.function_arn(names.get("function", "*")))
        except NotAllowed as error:
            raise NotAuthorized(error.action, error.resource) from error


def _version(request: Request) -> str:
    return request.path.split("/")[1]


def refusal(error: Refused, request_id: str, request: Request, *, older: bool = False) -> Reply:
    """An error in the words of the API that was spoken to."""
    if older:
        return _json({"ErrorCode": error.code, "ErrorMessage": error.message}, request_id, error.status)
    said = AcsError(error.status, error.code, error.message)
    return _with_id(acs_error_reply(said, request_id, request.headers.get("host", "")), request_id)


def trouble_reply(request: Request, trouble: Trouble, request_id: str, *, older: bool = False) -> Reply:
    """What is said of a request that could not be read. The codes are our assumption."""
    if trouble is Trouble.BODY_TOO_LARGE:
        return refusal(PayloadTooLarge(TERMS.longest), request_id, request, older=older)
    code = "ServiceUnavailable" if trouble is Trouble.TOO_MANY_CONNECTIONS else "InvalidArgument"
    return refusal(Refused(trouble.status, code, trouble.value), request_id, request, older=older)


def _json(body: object, request_id: str, status: int = 200) -> Reply:
    headers = {"Content-Type": "application/json", "X-Fc-Request-Id": request_id}
    return Reply(status, headers, json.dumps(body, ensure_ascii=False).encode(errors="replace"))


def _with_id(reply: Reply, request_id: str) -> Reply:
    return Reply(reply.status, {**reply.headers, "X-Fc-Request-Id": request_id}, reply.body)
