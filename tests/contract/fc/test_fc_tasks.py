"""Asynchronous invocations as the API tells of them: async tasks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.fc.running.instances import Limits
from tests.contract.fc.clients import NEWER, invoke, newer, served
from tests.contract.fc.laptop import Laptop, eventually

REFERENCE = "API reference of Function Compute 2023-03-30, "
SOURCE = """
import os, time
def handler(event, context):
    if event == b"fail": raise ValueError("no")
    while event == b"wait" and not os.path.exists("go"): time.sleep(0.01)
"""


@pytest.fixture
def client(laptop: Laptop) -> Iterator[Client]:
    with served(laptop, laptop.start(SOURCE, asyncInvokeConfig={"maxAsyncRetryAttempts": 1})) as port:
        yield newer(port)


def start(client: Client, event: bytes, task_id: str | None = None) -> str:
    response = invoke(client, event, x_fc_invocation_type="Async", **({"x_fc_async_task_id": task_id} if task_id else {}))
    assert response.status_code == 202
    return str({name.lower(): value for name, value in response.headers.items()}["x-fc-async-task-id"])


def task(client: Client, task_id: str) -> models.AsyncTask:
    return client.get_async_task("work", task_id, models.GetAsyncTaskRequest()).body


@pytest.mark.contract(REFERENCE + "struct AsyncTask: states; without an id of the caller's, the task has the id of its request")
def test_the_states_of_a_task(client: Client, laptop: Laptop) -> None:
    waiting = start(client, b"wait", "my-task")
    assert waiting == "my-task"
    running = eventually(lambda: (found := task(client, "my-task")).status == "Running" and found)
    assert (running.task_payload, running.function_arn, running.end_time) == (
        "wait",
        "acs:fc:cn-shanghai:1000000000000001:functions/work",
        None,
    )
    (laptop.folder / "code" / "go").touch()
    done = eventually(lambda: (found := task(client, "my-task")).status == "Succeeded" and found)
    assert done.duration_ms == done.end_time - done.started_time or abs(done.duration_ms - (done.end_time - done.started_time)) <= 1
    assert done.instance_id.startswith("i-")
    failing = start(client, b"fail")
    failed = eventually(lambda: (found := task(client, failing)).status == "Failed" and found)
    assert (failed.request_id, failed.task_error_message, failed.already_retried_times) == (failing, "UnhandledInvocationError", 1)


@pytest.mark.contract(REFERENCE + "ListAsyncTasks: prefix, status, sortOrderByTime, includePayload, limit, nextToken")
def test_lists_of_tasks(client: Client) -> None:
    for number in range(5):
        start(client, b"x", f"job-{number}")
    start(client, b"fail", "other")
    eventually(lambda: task(client, "other").status == "Failed" and task(client, "job-4").status == "Succeeded")

    def listed(**request: object) -> models.ListAsyncTaskOutput:
        return client.list_async_tasks("work", models.ListAsyncTasksRequest(**request)).body

    ids, token = [], None
    for _ in range(3):
        page = listed(prefix="job-", limit=2, next_token=token, sort_order_by_time="asc")
        ids += [one.task_id for one in page.tasks]
        token = page.next_token
    assert sorted(ids) == [f"job-{number}" for number in range(5)]
    assert token is None
    assert [one.task_id for one in listed(status="Failed").tasks] == ["other"]
    assert listed().tasks[0].task_payload is None
    assert listed(include_payload=True, prefix="job-").tasks[0].task_payload == "x"
    assert [one.started_time for one in listed().tasks] == sorted((one.started_time for one in listed().tasks), reverse=True)
    assert listed(started_time_end=1).tasks == []
    with pytest.raises(ClientException) as odd:
        listed(status="Sleeping")
    assert odd.value.code == "InvalidArgument"


@pytest.mark.contract(
    "our assumption, after StatefulAsyncInvocationAlreadyExists of 2016-08-15; AsyncTaskNotFound as callers of the API meet it"
)
def test_refusals(client: Client) -> None:
    start(client, b"x", "once")
    with pytest.raises(ClientException) as again:
        start(client, b"x", "once")
    assert (again.value.status_code, again.value.code) == (400, "AsyncTaskAlreadyExists")
    with pytest.raises(ClientException) as unknown:
        task(client, "never")
    assert (unknown.value.status_code, unknown.value.code) == (404, "AsyncTaskNotFound")
    with pytest.raises(ClientException) as odd:
        start(client, b"x", "a b")
    assert odd.value.code == "InvalidArgument"


@pytest.mark.contract(REFERENCE + "StopAsyncTask, and the states Stopping and Stopped of ListAsyncTasks")
def test_a_task_is_stopped(laptop: Laptop) -> None:
    dead = {"onFailure": {"destination": "acs:mns:cn-shanghai:1000000000000001:/queues/dead/messages"}}
    laptop.queues.create("dead")
    fc = laptop.start(SOURCE, timeout=100, limits=Limits(per_function=1), asyncInvokeConfig={"destinationConfig": dead})
    with served(laptop, fc) as port:
        client = newer(port)
        start(client, b"wait", "runs")
        eventually(lambda: task(client, "runs").status == "Running" and fc.running("work"))
        start(client, b"wait", "waits")
        # WHEN both are stopped
        for one in ("waits", "runs"):
            client.stop_async_task("work", one, models.StopAsyncTaskRequest())
        # THEN neither runs, or runs again, and the next one does
        eventually(lambda: {task(client, one).status for one in ("runs", "waits")} == {"Stopped"})
        start(client, b"x", "next")
        eventually(lambda: task(client, "next").status == "Succeeded")
        client.stop_async_task("work", "next", models.StopAsyncTaskRequest())
        assert task(client, "next").status == "Succeeded"
        with pytest.raises(ClientException) as unknown:
            client.stop_async_task("work", "never", models.StopAsyncTaskRequest())
        assert unknown.value.code == "AsyncTaskNotFound"
    assert not fc.pending()


@pytest.mark.contract(NEWER + ": tasks that have ended are still known after a restart")
def test_a_restart_forgets_no_task(laptop: Laptop) -> None:
    with served(laptop, laptop.start(SOURCE)) as port:
        start(newer(port), b"x", "kept")
        eventually(lambda: task(newer(port), "kept").status == "Succeeded")
    laptop.stop()
    with served(laptop, laptop.start(SOURCE)) as port:
        assert task(newer(port), "kept").status == "Succeeded"
