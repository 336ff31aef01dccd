"""The functions: invoke them, read their logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cli import journal, running
from cli.commands.common import data_folder, options
from cli.output import Output


@click.command()
@options
@click.argument("function")
@click.option("--event", "event_file", type=click.File("rb"), default=None, help="The event's file; - is standard input.")
@click.option("--async", "later", is_flag=True, help="Don't wait: it is accepted, kept, and run as soon as possible.")
def invoke(data: Path | None, as_json: bool, function: str, event_file: Any, later: bool) -> None:
    """Invoke a function with an event and wait for its answer (samples: events/)."""
    state = running.require(data_folder(data))
    answer = journal.invoke(state, function, event_file.read() if event_file else b"{}", wait=not later)
    output = Output(as_json)
    output.result({"function": function, "request_id": answer.request_id, "answer": answer.value})
    if later:
        output.say(f"accepted; `sightline logs {function} --request-id {answer.request_id}` shows what becomes of it")
    else:
        output.say(answer.value if isinstance(answer.value, str) else json.dumps(answer.value, ensure_ascii=False, indent=2))


@click.command()
@options
@click.argument("function", required=False)
@click.option("--function", "named", default=None, help="The same as FUNCTION.")
@click.option("-n", "--lines", type=click.IntRange(0), default=40, show_default=True, help="How many of the last lines.")
@click.option("-f", "--follow", "go_on", is_flag=True, help="Go on printing new lines until Ctrl-C.")
@click.option("--request-id", default="", help="Only lines that name this request.")
@click.option("--invocations", is_flag=True, help="Only the line of each invocation: cold or warm, times, memory, outcome.")
def logs(
    data: Path | None,
    as_json: bool,
    function: str | None,
    named: str | None,
    lines: int,
    go_on: bool,
    request_id: str,
    invocations: bool,
) -> None:
    """The functions' logs; each invocation ends with a line that tells cold from warm starts, its times, memory and outcome."""
    output, function = Output(as_json), function or named
    for line in journal.lines(data_folder(data), function, lines, go_on, journal.Wanted(request_id, invocations)):
        report = line.report
        output.result({"function": line.function, "line": line.text, **({"invocation": report} if report else {})})
        output.say(line.text if function else f"{line.function}  {line.text}")
