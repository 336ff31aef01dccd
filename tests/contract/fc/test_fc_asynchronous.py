"""Asynchronous invocations: retries, destinations, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud.fc.errors import PayloadTooLarge
from localcloud.fc.running.instances import Limits
from localcloud.fc.running.queue import growing_delay, refusal_delay
from tests.contract.fc.laptop import Laptop, eventually, has_ended, write_project

HELP = "official help, "
RETRIES = HELP + "Retry policy for asynchronous invocations"
DESTINATION = "github.com/awesome-fc/Stateful-Async-Invocation, README; fc3 schema: destinationConfig"
NOTE = """
import pathlib
def note(text):
    with open(pathlib.Path(__file__).parent / "notes", "a") as file:
        file.write(text + "\\n")
"""

SLEEP_UNTIL_GO = """
import os, time
def handler(event, context):
    note(f"{event.decode()} {os.getpid()}")
    while not os.path.exists("go"): time.sleep(0.01)
"""


def notes(laptop: Laptop) -> list[str]:
    file = laptop.folder / "code" / "notes"
    return file.read_text().splitlines() if file.exists() else []


def to_queues(**names: str) -> dict[str, object]:
    arn = "acs:mns:cn-shanghai:1000000000000001:/queues/{}/messages"
    return {"destinationConfig": {key: {"destination": arn.format(name)} for key, name in names.items()}}


@pytest.mark.contract(HELP + "Asynchronous invocation: accepted with status 202 and an empty body")
def test_it_is_accepted_and_runs(laptop: Laptop) -> None:
    fc = laptop.start(NOTE + "def handler(event, context): note(event.decode() + ' ' + context.request_id)")
    accepted = fc.invoke("work", b"one", kind="Async")
    assert (accepted.status, accepted.payload) == (202, b"")
    eventually(lambda: not fc.pending())
    assert notes(laptop) == [f"one {accepted.request_id}"]


@pytest.mark.contract(RETRIES + ": three retries unless maxAsyncRetryAttempts says otherwise; the number is in the context")
@pytest.mark.parametrize(("config", "attempts"), [({}, 4), ({"maxAsyncRetryAttempts": 1}, 2), ({"maxAsyncRetryAttempts": 0}, 1)])
def test_retries_after_function_errors(laptop: Laptop, config: dict[str, int], attempts: int) -> None:
    source = NOTE + "def handler(event, context):\n    note(str(context.retry_count))\n    raise ValueError('no')"
    fc = laptop.start(source, asyncInvokeConfig=config)
    fc.invoke("work", b"", kind="Async")
    eventually(lambda: not fc.pending())
    assert notes(laptop) == [str(number) for number in range(attempts)]


@pytest.mark.contract(DESTINATION)
def test_the_failure_is_reported_after_the_last_retry(laptop: Laptop) -> None:
    laptop.queues.create("dead")
    laptop.queues.create("good")
    config = {"maxAsyncRetryAttempts": 1, **to_queues(onFailure="dead", onSuccess="good")}
    fc = laptop.start("def handler(event, context): raise ValueError('no')", asyncInvokeConfig=config)
    accepted = fc.invoke("work", b'{"a": 1}', kind="Async")
    eventually(lambda: not fc.pending())
    (body,) = laptop.queues.bodies("dead")
    report = json.loads(body)
    assert report["requestContext"] == {
        "requestId": accepted.request_id,
        "functionArn": "acs:fc:cn-shanghai:1000000000000001:functions/work",
        "condition": "",
        "approximateInvokeCount": 2,
    }
    assert report["requestPayload"] == '{"a": 1}'
    assert report["responseContext"] == {"statusCode": 200, "functionError": "UnhandledInvocationError"}
    assert json.loads(report["responsePayload"])["errorMessage"] == "no"
    assert isinstance(report["timestamp"], int)
    assert laptop.queues.bodies("good") == []


@pytest.mark.contract(DESTINATION)
def test_a_success_is_reported(laptop: Laptop) -> None:
    laptop.queues.create("good")
    fc = laptop.start("def handler(event, context): return 'fine'", asyncInvokeConfig=to_queues(onSuccess="good"))
    fc.invoke("work", b"x", kind="Async")
    eventually(lambda: not fc.pending())
    report = json.loads(laptop.queues.bodies("good")[0])
    assert (report["responsePayload"], report["responseContext"]["functionError"]) == ("fine", "")
    assert report["requestContext"]["approximateInvokeCount"] == 1


@pytest.mark.contract(DESTINATION + "; acs:mns:…:/topics/x/messages as in the tests of fc3")
def test_an_outcome_is_published(laptop: Laptop) -> None:
    arn = "acs:mns:cn-shanghai:1000000000000001:/topics/news/messages"
    fc = laptop.start(
        "def handler(event, context): return 'fine'", asyncInvokeConfig={"destinationConfig": {"onSuccess": {"destination": arn}}}
    )
    fc.invoke("work", b"x", kind="Async")
    eventually(lambda: laptop.queues.topics["news"])
    assert json.loads(laptop.queues.topics["news"][0])["responsePayload"] == "fine"


@pytest.mark.contract(
    "official help, Configure a destination: a function, by acs:fc:<region>:<account>:functions/<name>; invoked asynchronously"
)
def test_an_outcome_goes_to_a_function(laptop: Laptop) -> None:
    arn = "acs:fc:cn-shanghai:1000000000000001:functions/work"
    source = (
        NOTE
        + """
import json
def handler(event, context):
    note(event.decode())
    if event == b"first": raise ValueError("no")
"""
    )
    policy = {"maxAsyncRetryAttempts": 0, "destinationConfig": {"onFailure": {"destination": arn}}}
    fc = laptop.start(source, asyncInvokeConfig=policy)
    accepted = fc.invoke("work", b"first", kind="Async")
    eventually(lambda: len(notes(laptop)) == 2 and not fc.pending())
    report = json.loads(notes(laptop)[1])
    assert (report["requestPayload"], report["requestContext"]["requestId"]) == ("first", accepted.request_id)
    assert report["responseContext"]["functionError"] == "UnhandledInvocationError"


@pytest.mark.contract("official help, Limits of MNS: 64 KB for a message; our assumption: the payloads of a report are cut to fit")
def test_a_report_fits_its_destination(laptop: Laptop) -> None:
    laptop.queues.create("done")
    fc = laptop.start("def handler(event, context): return '日' * 100_000", asyncInvokeConfig=to_queues(onSuccess="done"))
    fc.invoke("work", b"x" * 100_000, kind="Async")
    (body,) = eventually(lambda: laptop.queues.bodies("done"))
    assert len(body.encode()) <= 64 * 1024
    assert json.loads(body)["responsePayload"].startswith("日日")


@pytest.mark.contract("our assumption: a destination that does not exist loses the report and nothing else")
def test_a_missing_destination_does_not_hold_up(laptop: Laptop) -> None:
    fc = laptop.start("def handler(event, context): return 'fine'", asyncInvokeConfig=to_queues(onSuccess="nowhere"))
    fc.invoke("work", b"x", kind="Async")
    eventually(lambda: not fc.pending())


@pytest.mark.contract(HELP + "maxAsyncEventAgeInSeconds: an older event is given up")
def test_an_event_that_is_too_old_is_given_up(laptop: Laptop) -> None:
    laptop.queues.create("dead")
    now = {"is": 0.0}

    def two_minutes(_failures: int) -> float:
        now["is"] += 120
        return 0

    fc = laptop.start(
        NOTE + "def handler(event, context):\n    note('ran')\n    raise ValueError('no')",
        asyncInvokeConfig={"maxAsyncEventAgeInSeconds": 60, **to_queues(onFailure="dead")},
        clock=lambda: now["is"],
        retry_delay=two_minutes,
    )
    fc.invoke("work", b"", kind="Async")
    eventually(lambda: not fc.pending())
    assert notes(laptop) == ["ran"]
    assert json.loads(laptop.queues.bodies("dead")[0])["responseContext"]["functionError"] == "EventAgeExceeded"


@pytest.mark.contract("our assumption: the pause between retries grows from one second; " + RETRIES + ": 0.5, 1, 2, 4, 8 s when refused")
def test_delays() -> None:
    assert [growing_delay(failures) for failures in (1, 2, 3)] == [1, 2, 4]
    assert [refusal_delay(refusals) for refusals in (1, 2, 3, 4, 5)] == [0.5, 1, 2, 4, 8]


@pytest.mark.contract(HELP + "Limits: 128 KB for the payload of an asynchronous invocation; EntityTooLarge")
def test_a_large_payload_is_refused(laptop: Laptop) -> None:
    fc = laptop.start("def handler(event, context): pass")
    with pytest.raises(PayloadTooLarge):
        fc.invoke("work", b"x" * (128 * 1024 + 1), kind="Async")
    assert fc.pending() == 0


@pytest.mark.contract(RETRIES + ": many invocations wait for an instance, none is lost")
def test_more_than_there_are_instances(laptop: Laptop) -> None:
    fc = laptop.start(NOTE + "def handler(event, context): note(event.decode())", limits=Limits(per_function=2))
    for number in range(20):
        fc.invoke("work", str(number).encode(), kind="Async")
    eventually(lambda: not fc.pending())
    assert sorted(notes(laptop), key=int) == [str(number) for number in range(20)]


@pytest.mark.contract(RETRIES + ": refused for lack of an instance, it is tried again later and none of its retries is used up")
def test_an_invocation_that_finds_no_instance_waits(laptop: Laptop) -> None:
    source = NOTE + SLEEP_UNTIL_GO + "    note(str(context.retry_count))"
    fc = laptop.start(source, limits=Limits(per_function=1), asyncInvokeConfig={"maxAsyncRetryAttempts": 0})
    with ThreadPoolExecutor() as callers:
        held = callers.submit(fc.invoke, "work", b"synchronous")
        eventually(lambda: notes(laptop))
        fc.invoke("work", b"asynchronous", kind="Async")
        assert fc.pending() == 1
        (laptop.folder / "code" / "go").touch()
        assert held.result().error_type == ""
    eventually(lambda: not fc.pending())
    assert [note.split()[0] for note in notes(laptop)] == ["synchronous", "0", "asynchronous", "0"]


@pytest.mark.contract("our assumption: an invocation that was running at a stop runs again after the start")
def test_a_stop_in_the_middle(laptop: Laptop) -> None:
    source = NOTE + SLEEP_UNTIL_GO
    fc = laptop.start(source, timeout=100)
    fc.invoke("work", b"precious", kind="Async")
    eventually(lambda: notes(laptop))
    laptop.stop()
    (laptop.folder / "code" / "go").touch()
    fc = laptop.start(source)
    eventually(lambda: not fc.pending())
    assert [note.split()[0] for note in notes(laptop)] == ["precious", "precious"]


@pytest.mark.contract("at least once: " + HELP + "Asynchronous invocation; a killed process loses nothing")
def test_kill_9_in_the_middle(laptop: Laptop) -> None:
    source = NOTE + SLEEP_UNTIL_GO
    program = """
        import sys, time
        from pathlib import Path
        from tests.contract.fc.laptop import Laptop
        fc = Laptop(Path(sys.argv[1])).start(Path(sys.argv[2]).read_text(), timeout=100)
        fc.invoke("work", b"precious", kind="Async")
        time.sleep(100)
    """
    source_file = laptop.folder / "source.py"
    source_file.write_text(source)
    write_project(laptop.folder, source)
    root = Path(__file__).parents[3]
    arguments = [sys.executable, "-c", textwrap.dedent(program), str(laptop.folder), str(source_file)]
    with subprocess.Popen(arguments, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}) as cloud:
        (began,) = eventually(lambda: notes(laptop))
        cloud.send_signal(signal.SIGKILL)
    instance = int(began.split()[1])
    eventually(lambda: has_ended(instance))
    (laptop.folder / "code" / "go").touch()
    fc = laptop.start(source)
    eventually(lambda: not fc.pending())
    assert [note.split()[0] for note in notes(laptop)] == ["precious", "precious"]
