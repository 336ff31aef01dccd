"""What the API tells of asynchronous invocations, which it calls async tasks (struct AsyncTask of the API reference)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from localcloud.fc.api.catalogue import Catalogue
from localcloud.fc.api.descriptions import Descriptions
from localcloud.fc.api.operation import Asked
from localcloud.fc.api.paging import limit, read_token, token
from localcloud.fc.errors import InvalidArgument, UnknownTask
from localcloud.fc.project.project import Function
from localcloud.fc.running.async_store import Kept
from localcloud.fc.running.queue import UnderWay

STATES = {"Enqueued", "Dequeued", "Running", "Succeeded", "Failed", "Stopped", "Stopping", "Expired", "Invalid", "Retrying"}


class KeptInvocations(Protocol):
    def of_function(self, function: str) -> list[Kept]: ...

    def task(self, function: str, task_id: str) -> Kept | None: ...

    def under_way(self) -> Mapping[str, UnderWay]: ...

    def stop_task(self, kept: Kept) -> bool: ...


class Tasks:
    """`end` ends what runs a request."""

    def __init__(self, catalogue: Catalogue, descriptions: Descriptions, invocations: KeptInvocations, end: Callable[[str], None]) -> None:
        self._catalogue = catalogue
        self._descriptions = descriptions
        self._invocations = invocations
        self._end = end

    def list_tasks(self, asked: Asked) -> dict[str, Any]:
        """Newest first, unless `sortOrderByTime` is asc."""
        function, query = self._catalogue.function(asked), asked.query
        order = _one_of(query, "sortOrderByTime", "desc", {"asc", "desc"})
        status = _one_of(query, "status", "", STATES | {""})
        begin, end = _milliseconds(query, "startedTimeBegin", 0), _milliseconds(query, "startedTimeEnd", 2**63)
        running = self._invocations.under_way()
        tasks = [
            self._task(function, kept, running.get(kept.request_id), payload=query.get("includePayload", "").lower() == "true")
            for kept in self._invocations.of_function(function.function_name)
            if kept.task_id.startswith(query.get("prefix", ""))
        ]
        tasks = [task for task in tasks if status in ("", task["status"]) and begin <= task["startedTime"] <= end]
        tasks.sort(key=_place, reverse=order == "desc")
        after = read_token(query.get("nextToken", ""))
        if after:
            tasks = [task for task in tasks if (_place(task) < after if order == "desc" else _place(task) > after)]
        size = limit(query)
        return {"tasks": tasks[:size], **({"nextToken": token(_place(tasks[size - 1]))} if len(tasks) > size else {})}

    def get_task(self, asked: Asked) -> dict[str, Any]:
        function = self._catalogue.function(asked)
        kept = self._kept(function, asked)
        return self._task(function, kept, self._invocations.under_way().get(kept.request_id), payload=True)

    def stop_task(self, asked: Asked) -> dict[str, Any]:
        """One that waits is never run; the instance of one that runs is ended. What has ended stays as it is."""
        kept = self._kept(self._catalogue.function(asked), asked)
        if self._invocations.stop_task(kept):
            self._end(kept.request_id)
        return {}

    def _kept(self, function: Function, asked: Asked) -> Kept:
        kept = self._invocations.task(function.function_name, asked.names["task"])
        if kept is None:
            raise UnknownTask(asked.names["task"])
        return kept

    def _task(self, function: Function, kept: Kept, running: UnderWay | None, *, payload: bool) -> dict[str, Any]:
        # One that has not begun is placed by the time it was accepted.
        started = kept.started or (running.started if running else kept.accepted)
        task: dict[str, Any] = {
            "taskId": kept.task_id,
            "requestId": kept.request_id,
            "functionArn": self._descriptions.function_arn(function),
            "qualifier": "LATEST",
            "status": _status(kept, running),
            "startedTime": int(started * 1000),
            "alreadyRetriedTimes": max(kept.failures - (kept.status == "Failed"), 0),
            "instanceId": kept.instance_id,
        }
        if kept.ended is not None:
            task |= {"endTime": int(kept.ended * 1000), "durationMs": int((kept.ended - started) * 1000)}
        if kept.error:
            task["taskErrorMessage"] = kept.error
        if payload:
            task["taskPayload"] = kept.payload.decode(errors="replace")
        return task


def _status(kept: Kept, running: UnderWay | None) -> str:
    if kept.status != "Enqueued":
        return kept.status
    if running:
        return "Running"
    return "Retrying" if kept.failures else "Enqueued"


def _place(task: dict[str, Any]) -> str:
    """Where a task stands among the others: by its time, then by its id."""
    return f"{task['startedTime']:020d} {task['taskId']}"


def _one_of(query: Mapping[str, str], name: str, default: str, values: set[str]) -> str:
    value = query.get(name, default)
    if value not in values:
        raise InvalidArgument(f"{name} has to be one of {', '.join(sorted(values - {''}))}, not '{value[:40]}'")
    return value


def _milliseconds(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or len(text) > 20:
        raise InvalidArgument(f"{name} has to be a time in milliseconds, not '{text[:40]}'")
    return int(text)
