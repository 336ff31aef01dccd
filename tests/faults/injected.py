"""The faults, each at a point before a request is sent or after its answer came."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from tests.faults.functions import Answered, Asking, Killed
from tests.faults.points import Point

SLOW_SECONDS = 25
CLIENT_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Fault:
    """`order` makes what the handler gets in place of an answer. `seconds` pass meanwhile."""

    name: str
    is_before: bool
    applies: Callable[[Point], bool]
    order: Callable[[Point, httpx.Request], httpx.Response | BaseException]
    seconds: float = 0

    def answer(self, point: Point, request: httpx.Request) -> httpx.Response:
        """Of a fault that is an answer."""
        answer = self.order(point, request)
        assert isinstance(answer, httpx.Response)
        return answer


def _always(_point: Point) -> bool:
    return True


def _is_ims(point: Point) -> bool:
    return point.service in ("IMS", "PAI")


def _writes_object(point: Point) -> bool:
    return point.service == "OSS" and point.operation in ("PutObject", "AppendObject")


def _refusal(status: int, code: str) -> Callable[[Point, httpx.Request], httpx.Response]:
    def answer(point: Point, request: httpx.Request) -> httpx.Response:
        if point.service == "IMS":
            body = json.dumps({"RequestId": "0", "Code": code, "Message": "injected", "HostId": "", "Recommend": ""})
            return httpx.Response(status, text=body, headers={"Content-Type": "application/json"}, request=request)
        element = "Code" if point.service == "OSS" else "Code xmlns='http://mns.aliyuncs.com/doc/v1/'"
        body = f"<?xml version='1.0'?><Error><{element}>{code}</Code><Message>injected</Message></Error>"
        return httpx.Response(status, text="" if request.method == "HEAD" else body, request=request)

    return answer


def _plain(status: int, text: str) -> Callable[[Point, httpx.Request], httpx.Response]:
    return lambda _point, request: httpx.Response(status, text=text, request=request)


def _raises(make: Callable[[], BaseException]) -> Callable[[Point, httpx.Request], BaseException]:
    return lambda _point, _request: make()


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("crash before", True, _always, _raises(Killed)),
        Fault("connection refused", True, _always, _raises(lambda: httpx.ConnectError("injected"))),
        Fault("reset before it arrived", True, _always, _raises(lambda: httpx.ReadError("injected"))),
        Fault("throttled", True, _is_ims, _refusal(400, "Throttling.User")),
        Fault("unavailable", True, _always, _refusal(503, "ServiceUnavailable")),
        Fault("broken before", True, _always, _refusal(500, "InternalError")),
        # What the laptop's door answers where a write ends in ENOSPC.
        Fault("full disk", True, _writes_object, _plain(500, "The laptop cloud failed; its log says why.")),
        Fault("crash after", False, _always, _raises(Killed)),
        Fault("answer lost", False, _always, _raises(lambda: httpx.ReadTimeout("injected")), CLIENT_TIMEOUT_SECONDS),
        Fault("answer cut off", False, _always, _raises(lambda: httpx.RemoteProtocolError("injected"))),
        Fault("broken after", False, _always, _refusal(500, "InternalError")),
        Fault("answer garbled", False, _is_ims, _plain(200, "<html>a proxy's greeting</html>")),
        Fault("answer empty", False, _is_ims, _plain(200, "{}")),
    )
}
SLOW, EXPIRED = "slow", "credentials expire"
"""Not in place of an answer: time passes before the request is sent, or the instance's key stops being good from now on."""

NAMES = (*FAULTS, SLOW, EXPIRED)


def names_for(state: Asking | Answered, point: Point) -> list[str]:
    """The faults that can happen here."""
    before = isinstance(state, Asking)
    named = [fault.name for fault in FAULTS.values() if fault.is_before == before and fault.applies(point)]
    return [*named, SLOW, EXPIRED] if before else named
