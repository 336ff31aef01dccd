"""How far it is, and how long it will take."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.meter import meter, spoken_seconds
from cli.output import Output
from cli.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_plain_lines_come_every_few_seconds_with_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with meter(Output(False), lambda: 1200, clock) as step:
        for done in range(1, 61):
            clock.sleep(0.25)
            step(done, f"{done} copied")
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "20 of 1,200, 4.0 a second, 5 min left; 20 copied",
        "40 of 1,200, 4.0 a second, 5 min left; 40 copied",
        "60 of 1,200, 4.0 a second, 5 min left; 60 copied",
    ]


def test_programs_get_no_progress_and_nothing_is_counted_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    with meter(Output(True), lambda: pytest.fail("counted")) as step:
        step(1, "one")
    assert capsys.readouterr().out == ""


def test_a_terminal_has_a_bar_and_no_markup_of_strangers() -> None:
    output, screen = Output(False), io.StringIO()
    output.console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with meter(output, lambda: 3) as step:
        step(3, "waiting: [bold]503[/bold]")
    assert "3/3" in screen.getvalue()
    assert "[bold]503[/bold]" in screen.getvalue()


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (99, "99 s"), (100, "2 min"), (5999, "100 min"), (7200, "2.0 h")])
def test_seconds_are_spoken(seconds: float, words: str) -> None:
    assert spoken_seconds(seconds) == words


def test_a_pace_is_kept_and_lost_time_is_no_reason_for_a_burst() -> None:
    clock = Clock()
    pace = Pace(4, clock, clock.sleep)
    times = []
    for number in range(6):
        clock.sleep(3 if number == 3 else 0)
        pace.wait()
        times.append(clock.now - 100)
    assert times == [0, 0.25, 0.5, 3.5, 3.75, 4.0]
