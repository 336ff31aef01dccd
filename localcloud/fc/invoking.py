"""InvokeFunction."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from localcloud.fc.catalogue import Catalogue
from localcloud.fc.errors import InvalidArgument, TooManyInstances
from localcloud.fc.invocation import Invocation
from localcloud.fc.operation import Asked
from localcloud.http import Reply

SYNC_AT_ONCE = 48
"""Synchronous invocations that run or wait together. The door has 64 workers, and what functions call in their turn needs some of them."""
_TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Invoke(Protocol):
    def __call__(self, function: str, payload: bytes, *, kind: str, log_tail: bool, request_id: str, task_id: str) -> Invocation: ...


class Invoking:
    def __init__(self, catalogue: Catalogue, invoke: Invoke) -> None:
        self._catalogue = catalogue
        self._invoke = invoke
        self._places = threading.BoundedSemaphore(SYNC_AT_ONCE)

    def invoke_function(self, asked: Asked) -> Reply:
        function = self._catalogue.function(asked)
        headers = asked.request.headers
        kind = _one_of(asked, "x-fc-invocation-type", "Sync", "Async")
        log_tail = _one_of(asked, "x-fc-log-type", "None", "Tail") == "Tail"
        # The older API has another name for the same.
        task_id = headers.get("x-fc-async-task-id") or headers.get("x-fc-stateful-async-invocation-id", "")
        if task_id and not _TASK_ID.fullmatch(task_id):
            raise InvalidArgument("the id of an async task has to be 1 to 128 letters, digits, hyphens and underscores")
        payload = asked.request.body.read()
        with self._place(kind):
            invocation = self._invoke(
                function.function_name, payload, kind=kind, log_tail=log_tail, request_id=asked.request_id, task_id=task_id
            )
        return Reply(invocation.status, invocation.headers(log_tail=log_tail), invocation.payload)

    @contextmanager
    def _place(self, kind: str) -> Iterator[None]:
        if kind == "Async":
            yield
            return
        if not self._places.acquire(blocking=False):
            raise TooManyInstances(SYNC_AT_ONCE)
        try:
            yield
        finally:
            self._places.release()


def _one_of(asked: Asked, header: str, *values: str) -> str:
    value = asked.request.headers.get(header, values[0])
    if value not in values:
        raise InvalidArgument(f"the header {header} has to be {' or '.join(values)}, not '{value[:40]}'")
    return value
