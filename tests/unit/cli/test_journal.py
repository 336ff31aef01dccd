"""The functions' logs, and an invocation that nobody answers."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli import journal
from cli.errors import CommandError
from cli.journal import Wanted
from cli.running import Running
from localcloud.door import Door
from localcloud.fc.running.report import Report
from localcloud.http import Reply, Request


@pytest.mark.parametrize(("last", "texts"), [(0, []), (2, ["two", "three"]), (9, ["one", "two", "three"])])
def test_the_last_lines(tmp_path: Path, last: int, texts: list[str]) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "sightline-submit.log").write_bytes(b"one\ntwo\nthree\n")
    assert [line.text for line in journal.lines(tmp_path, "submit", last, go_on=False)] == texts


REPORT = str(Report("1-a-b", "sightline-submit", True, 0.2, 0.05, 0.0301, 50 * 2**20, "Success"))


def test_the_lines_of_invocations(tmp_path: Path) -> None:
    # GIVEN a log with two invocations in it
    (tmp_path / "logs").mkdir()
    other = REPORT.replace("1-a-b", "1-c-d").replace("cold", "warm")
    texts = ["FC Invoke Start RequestId: 1-a-b", "printed \u2028 raw", REPORT, "FC Invoke Start RequestId: 1-c-d", other]
    (tmp_path / "logs" / "sightline-submit.log").write_text("\n".join(texts) + "\n", encoding="utf-8")

    def seen(wanted: Wanted) -> list[str]:
        return [line.text for line in journal.lines(tmp_path, None, 40, False, wanted)]

    # THEN one can be picked out, or the lines that sum them up
    assert seen(Wanted()) == texts
    assert seen(Wanted(request_id="1-a-b")) == [texts[0], REPORT]
    assert seen(Wanted(reports=True)) == [REPORT, other]
    (line,) = journal.lines(tmp_path, "submit", 40, False, Wanted("1-a-b", reports=True))
    assert line.report == {
        "request_id": "1-a-b",
        "function": "sightline-submit",
        "start": "cold",
        "init_ms": 200.0,
        "duration_ms": 30.1,
        "billed_ms": 81.0,
        "memory_mb": 50.0,
        "outcome": "Success",
    }


def state_at(port: int) -> Running:
    return Running(1, f"http://127.0.0.1:{port}", "", "cn-shanghai", "1", "id", "secret", "media", "state", "library", "t", ".")


def test_an_invocation_without_an_answer_says_where_to_look() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CommandError, match="gave no answer") as caught:
        journal.invoke(state_at(port), "submit", b"{}")
    assert "sightline status" in caught.value.fix


@dataclass(frozen=True)
class Failing:
    """A Function Compute that has one answer."""

    answer: Reply

    def claims(self, request: Request) -> bool:
        return True

    def serve(self, request: Request) -> Reply:
        return self.answer


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, '{"errorMessage": "no HTTP event", "errorType": "BadInput", "stackTrace": [["index.py"]]}', "BadInput: no HTTP event"),
        (200, '{"errorMessage": "Function time out after 3 seconds"}', "Function time out after 3 seconds"),
        (429, '{"ErrorCode": "ResourceExhausted", "ErrorMessage": "try again later"}', "ResourceExhausted: try again later"),
    ],
)
def test_a_failure_is_told_without_its_stack(tmp_path: Path, status: int, body: str, said: str) -> None:
    headers = {"X-Fc-Error-Type": "UnhandledInvocationError"} if status == 200 else {}
    door = Door([Failing(Reply(status, {"Content-Type": "application/json", **headers}, body.encode()))], scratch=tmp_path)
    door.start()
    try:
        with pytest.raises(CommandError) as caught:
            journal.invoke(state_at(door.port), "search", b"{}")
    finally:
        door.stop()
    assert (caught.value.problem, caught.value.fix) == (f"search failed: {said}", "look at `sightline logs search`")
