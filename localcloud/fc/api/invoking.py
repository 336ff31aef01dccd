"""InvokeFunction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from localcloud.fc.api.catalogue import Catalogue
from localcloud.fc.api.operation import Asked
from localcloud.fc.errors import InvalidArgument, Stopped
from localcloud.fc.running.invocation import Invocation
from localcloud.http import Later, Reply

SYNC_AT_ONCE = 200
"""Synchronous invocations that run or wait for an instance together. They have threads of their own: those of the door are left for what
functions call in their turn."""


class Invoke(Protocol):
    def __call__(self, function: str, payload: bytes, *, kind: str, log_tail: bool, request_id: str, task_id: str) -> Invocation: ...


class Invoking:
    def __init__(self, catalogue: Catalogue, invoke: Invoke) -> None:
        self._catalogue = catalogue
        self._invoke = invoke
        self._callers = ThreadPoolExecutor(SYNC_AT_ONCE, thread_name_prefix="fc synchronous")

    def invoke_function(self, asked: Asked) -> Reply | Later:
        function = self._catalogue.function(asked)
        headers = asked.request.headers
        kind = _one_of(asked, "x-fc-invocation-type", "Sync", "Async")
        log_tail = _one_of(asked, "x-fc-log-type", "None", "Tail") == "Tail"
        # The older API has another name for the same.
        task_id = headers.get("x-fc-async-task-id") or headers.get("x-fc-stateful-async-invocation-id", "")
        invoke = partial(
            self._invoke,
            function.function_name,
            asked.request.body.read(),
            kind=kind,
            log_tail=log_tail,
            request_id=asked.request_id,
            task_id=task_id,
        )
        if kind == "Async":
            return _reply(invoke(), log_tail=False)
        try:
            running = self._callers.submit(invoke)
        except RuntimeError:  # after `stop`
            raise Stopped from None
        return Later(running, lambda: _reply(running.result(), log_tail=log_tail))

    def stop(self) -> None:
        """What still waits is refused as soon as it asks for an instance."""
        self._callers.shutdown(wait=False)


def _reply(invocation: Invocation, *, log_tail: bool) -> Reply:
    return Reply(invocation.status, invocation.headers(log_tail=log_tail), invocation.payload)


def _one_of(asked: Asked, header: str, *values: str) -> str:
    value = asked.request.headers.get(header, values[0])
    if value not in values:
        raise InvalidArgument(f"the header {header} has to be {' or '.join(values)}, not '{value[:40]}'")
    return value
