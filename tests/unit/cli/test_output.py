"""What the command prints of things that others wrote."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from cli import explain, finding
from cli.errors import CommandError
from cli.follow import Arrival, _Lines, _picture
from cli.output import Output
from cli.upload import Uploaded
from sightline.ledger.story import Story

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m[red]x[/red] :car: \u202eevil\u2066\u200b \ud800\r\nstage     searchable"
SHOWN = "]0;owned [2J 31m[red]x[/red] :car: evil \ufffd stage     searchable"
Print = Callable[[Output], object]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(act: Print, as_json: bool = False) -> str:
        output = Output(as_json)
        output.console.file = io.StringIO()
        act(output)
        written = capsys.readouterr()
        text = output.console.file.getvalue() + written.out + written.err
        text.encode()
        return text

    return run


def hit(text: str) -> dict[str, Any]:
    return {"score": 0.5, "title": text, "starts_at": 1.0, "device": text, "key": text}


def story(text: str) -> dict[str, Any]:
    engine = {"name": text, "seconds": 1.0, "cannot_see": [text], "notes": [text]}
    return {
        "media_id": "0" * 32,
        "key": text,
        "stage": "failed",
        "reason": text,
        "waiting": text,
        "letters": [{"id": "0" * 32, "state": "dead", "reason": text}],
        "facts": [{"at": "2026-11-21T08:15:30.250Z", "fact": "failed", "generation": "E", "reason": text}],
        "job": {"job_id": "j", "state": "Fail", "reason": text},
        "jobs": [{"job": text, "state": text, "reason": text}],
        "index": text,
        "record": {"title": text, "caption": text, "brief": "", "notes": [text], "engine": engine},
    }


EVERYTHING: dict[str, Print] = {
    "line": lambda output: output.say(EVIL),
    "table": lambda output: output.table(["a"], [[EVIL]]),
    "error": lambda output: output.error(CommandError(EVIL, EVIL)),
    "result": lambda output: output.result({"caption": EVIL}),
    "found": lambda output: finding.show(output, {"hits": [hit(EVIL)], "total": 9, "query": EVIL, "namespace": EVIL}),
    "not found": lambda output: finding.show(output, {"hits": [], "total": 0, "query": EVIL, "namespace": EVIL, "hint": EVIL}),
    "explained": lambda output: explain.show(output, story(EVIL)),
}


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", EVERYTHING)
def test_a_terminal_is_shown_visible_text_only(name: str, as_json: bool, printed: Callable[..., str]) -> None:
    text = printed(EVERYTHING[name], as_json)
    assert not set("\x1b\x07\x9b\r\u202e\u2066\u200b") & set(text)


def test_what_looks_like_markup_or_an_emoji_code_is_text(printed: Callable[..., str]) -> None:
    for act in (
        lambda output: output.say("[red]x[/red] :car: [link=x]"),
        lambda output: output.table(["a"], [["[red]x[/red] :car: [link=x]"]]),
    ):
        assert "[red]x[/red] :car: [link=x]" in printed(act)


def test_a_caption_adds_no_line_of_its_own(printed: Callable[..., str]) -> None:
    plain, evil = (printed(lambda output, text=text: explain.show(output, story(text))) for text in ("x", EVIL))
    assert len(evil.splitlines()) == len(plain.splitlines())
    assert not any(line.startswith("stage     searchable") for line in evil.splitlines())


def test_json_loses_nothing(printed: Callable[..., str]) -> None:
    text = printed(lambda output: output.result({"caption": EVIL}), True)
    assert json.loads(text) == {"caption": EVIL}


def test_a_way_is_followed_in_visible_text(printed: Callable[..., str]) -> None:
    upload = Uploaded(Path(f"/tmp/{EVIL.replace('/', '')}"), "k", "0" * 32, "E", datetime(2026, 11, 21, tzinfo=timezone.utc))
    arrival = Arrival(upload, Story(stage="failed", reason=EVIL, since=datetime.now(timezone.utc)), 1.0)
    for act in (lambda output: output.console.print(_picture([arrival])), lambda output: _Lines(output).show([arrival])):
        text = printed(act)
        assert not set("\x1b\x07\x9b\r\u202e\u200b") & set(text)
        assert "[red]x" in text.replace("\n", "")


def test_a_hint_is_told_where_nothing_was_found(printed: Callable[..., str]) -> None:
    empty = {"hits": [], "total": 0, "query": "q", "namespace": "n", "hint": "The search library is still being built."}
    assert "still being built" in printed(lambda output: finding.show(output, empty))
