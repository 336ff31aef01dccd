"""A job that is followed, and parameters as they are typed."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from cli.errors import USAGE, CommandError
from cli.following import LONGEST_PAUSE_SECONDS, Following, Step, told_how_to_go_on
from cli.output import Output
from cli.parameters import pairs, wrong_ones_told
from sightline.errors import BadInput


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def follow(states: list[str], seconds: float = 60) -> tuple[list[Step], bool, list[float], str]:
    """The last state stays."""
    time, left = Time(), list(states)
    following = Following(lambda: left.pop(0) if len(left) > 1 else left[0], str, lambda state: state == "Success", time, time.sleep)
    told = io.StringIO()
    with redirect_stdout(told):
        followed = following.run(Output(as_json=False), seconds)
    return followed.steps, followed.is_over, time.sleeps, told.getvalue()


def test_each_state_is_told_once() -> None:
    steps, is_over, sleeps, told = follow(["Queuing", "Queuing", "Analysing", "Analysing", "Success"])
    assert [step.state for step in steps] == ["Queuing", "Analysing", "Success"]
    assert is_over
    assert sleeps == sorted(sleeps)
    assert [line.split() for line in told.splitlines()] == [[f"{step.seconds:.1f}", "s", step.state] for step in steps]


def test_it_ends_when_its_time_is_over_and_asks_less_and_less_often() -> None:
    steps, is_over, sleeps, _ = follow(["Analysing"], seconds=3600)
    assert (len(steps), is_over) == (1, False)
    assert sum(sleeps) == pytest.approx(3600)
    assert max(sleeps) == LONGEST_PAUSE_SECONDS
    assert len(sleeps) < 800


def test_no_time_at_all_is_one_look() -> None:
    assert follow(["Analysing"], seconds=0)[2] == []


def test_a_state_can_not_speak_to_the_terminal() -> None:
    assert "\x1b" not in follow(["\x1b[31mred", "Success"])[3]


def test_pairs() -> None:
    assert pairs("--param", ["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for wrong in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(CommandError, match="--param") as raised:
            pairs("--param", wrong)
        assert raised.value.exit_code == USAGE


def test_what_the_layer_finds_wrong_is_a_wrong_command_line() -> None:
    with pytest.raises(CommandError, match=r"JobParams\.fps: is 11") as raised, wrong_ones_told():
        raise BadInput("JobParams.fps", "is 11", "give less")
    assert (raised.value.fix, raised.value.exit_code) == ("give less", USAGE)


def test_who_leaves_is_told_how_to_come_back(capsys: pytest.CaptureFixture[str]) -> None:
    for as_json, said in ((False, "the job goes on; `sightline produce Cover --job 1` looks at it\n"), (True, '{"job_id": "1"}\n')):
        with pytest.raises(KeyboardInterrupt), told_how_to_go_on(Output(as_json), {"job_id": "1"}, "`sightline produce Cover --job 1`"):
            raise KeyboardInterrupt
        assert capsys.readouterr().out == said
