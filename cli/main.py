"""The `sightline` command: its verbs, options and exit codes."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli import demo as demonstration
from cli import detectors, explain, finding, journal, running, upload
from cli.clients import Clients
from cli.errors import FAILED, TOO_LATE, USAGE, CommandError
from cli.follow import Arrival, follow
from cli.output import Output
from cli.running import Running
from cli.up import DEFAULT_PORT, LOOPBACK, end_on_signals, is_loopback, laptop_cloud, project_folder, wait_for_the_end
from sightline.errors import SightlineError

Command = Callable[..., Any]
STOP_SECONDS = 30
PORT = click.IntRange(0, 65_534)


def _options(command: Command) -> Command:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON for programs."),
        click.option("--data", type=click.Path(path_type=Path), default=None, help="The data folder (SIGHTLINE_DATA, else ./.sightline)."),
    ):
        command = option(command)
    return command


def _data(data: Path | None) -> Path:
    return data or running.default_data()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sightline")
def cli() -> None:
    """Upload a camera clip; seconds later, find it with a sentence.

    Exit codes: 0 done, 1 failed, 2 wrong command line, 3 not running (or running already), 4 no such thing, 5 took too long.
    """


@cli.command()
@_options
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True, help="The endpoint's; the page has the next one. 0: free ones.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on. Another lets other machines in.")
@click.option(
    "--power-safe", is_flag=True, help="Wait for the disk before anything is acknowledged, so that a loss of power loses nothing."
)
def up(data: Path | None, as_json: bool, port: int, host: str, power_safe: bool) -> None:
    """Start the laptop cloud and serve until Ctrl-C."""
    output = Output(as_json)
    end_on_signals()
    with laptop_cloud(_data(data), port, os.environ, host, power_safe) as state:
        _announce(output, state)
        if not is_loopback(host):
            output.say(
                f"warning     listening on {host}: other machines can reach it, without encryption; the keys are its only protection"
            )
        wait_for_the_end()
    output.say("stopped; nothing is lost")


def _announce(output: Output, state: Running) -> None:
    output.result({"ready": True, **{name: getattr(state, name) for name in state.__dataclass_fields__}})
    output.say(f"page        {state.page}")
    output.say(f"endpoint    {state.endpoint}   (OSS, MNS, IMS and FC; region {state.region})")
    output.say(f"bucket      {state.media_bucket}   (upload below uploads/)")
    output.say(f"key id      {state.access_key_id}\nkey secret  {state.access_key_secret}   (made here; they open nothing else)")
    output.say(f"data        {state.data}\nready; Ctrl-C ends it")


@cli.command()
@_options
def down(data: Path | None, as_json: bool) -> None:
    """End the laptop cloud that runs on the data folder."""
    state = running.require(_data(data))
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running.is_alive(state.pid):
        if time.monotonic() > deadline:
            problem = f"process {state.pid} has not ended after {STOP_SECONDS} s"
            raise CommandError(problem, "wait, or end it yourself; nothing is lost", TOO_LATE)
        time.sleep(0.1)
    output = Output(as_json)
    output.result({"stopped": state.pid})
    output.say("stopped; nothing is lost")


@cli.command()
@_options
def status(data: Path | None, as_json: bool) -> None:
    """What runs, and what is under way."""
    state = running.require(_data(data))
    clients = Clients.of(state)
    pending = list(clients.ledger().pending())
    index = clients.ims().call("QuerySearchIndex", {"SearchLibName": state.search_library, "IndexType": "mm"})
    output = Output(as_json)
    document = {"pid": state.pid, "endpoint": state.endpoint, "page": state.page, "data": state.data}
    output.result({**document, "searchable": int(index["MediaTotal"]), "pending": len(pending)})
    for name, value in document.items():
        output.say(f"{name:11} {value}")
    output.say(f"{'searchable':11} {index['MediaTotal']} media\n{'pending':11} {len(pending)} media")


@cli.command("upload")
@_options
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--namespace", default="default", show_default=True, help="Who may find it.")
@click.option("--device", default="camera", show_default=True, help="The camera's name.")
@click.option("--wait", is_flag=True, help="Stay until each media is searchable or has failed.")
@click.option("--timeout", type=click.FloatRange(0), default=600.0, show_default=True, help="Seconds to wait at most.")
def upload_command(
    data: Path | None, as_json: bool, paths: tuple[Path, ...], namespace: str, device: str, wait: bool, timeout: float
) -> None:
    """Upload files, folders, or image sequences (folders with a manifest.json)."""
    output = Output(as_json)
    clients = Clients.of(running.require(_data(data)))
    uploads = []
    for planned in upload.plan(paths, namespace, device):
        sent = upload.send(clients, planned)
        if planned.is_media:
            uploads.append(sent)
            output.say(f"{sent.media_id}  {sent.key}")
    if not wait:
        output.result([{"key": sent.key, "media_id": sent.media_id} for sent in uploads])
        return
    arrivals = follow(clients.ledger(), uploads, output, timeout)
    output.result([arrival.to_json() for arrival in arrivals])
    _judge(arrivals)


def _judge(arrivals: list[Arrival]) -> None:
    late = [arrival for arrival in arrivals if not arrival.story.is_final]
    if late:
        raise CommandError(f"{len(late)} media are still on their way", "`sightline explain KEY` shows where; nothing is lost", TOO_LATE)
    failed = [arrival for arrival in arrivals if not arrival.is_searchable]
    if failed:
        raise CommandError(
            f"{len(failed)} media did not become searchable: {failed[0].story.reason}", "mend the file and upload it again", FAILED
        )


@cli.command("search")
@_options
@click.argument("text")
@click.option("--namespace", default="default", show_default=True)
@click.option("--page", default=1, show_default=True)
@click.option("--page-size", default=10, show_default=True)
def search_command(data: Path | None, as_json: bool, text: str, namespace: str, page: int, page_size: int) -> None:
    """Find media with a sentence."""
    state = running.require(_data(data))
    finding.show(Output(as_json), finding.search(state, text, namespace, page, page_size))


@cli.command("explain")
@_options
@click.argument("name", metavar="KEY|MEDIA_ID")
def explain_command(data: Path | None, as_json: bool, name: str) -> None:
    """Everything that happened to a media: facts, job, index, errors."""
    clients = Clients.of(running.require(_data(data)))
    explain.show(Output(as_json), explain.explain(clients, name))


@cli.command()
@_options
@click.argument("function")
@click.option("--event", "event_file", type=click.File("rb"), default=None, help="The event's file; - is standard input.")
@click.option("--async", "later", is_flag=True, help="Don't wait: it is accepted, kept, and run as soon as possible.")
def invoke(data: Path | None, as_json: bool, function: str, event_file: Any, later: bool) -> None:
    """Invoke a function with an event and wait for its answer (samples: events/)."""
    state = running.require(_data(data))
    answer = journal.invoke(state, function, event_file.read() if event_file else b"{}", wait=not later)
    output = Output(as_json)
    output.result({"function": function, "request_id": answer.request_id, "answer": answer.value})
    if later:
        output.say(f"accepted; `sightline logs {function} --request-id {answer.request_id}` shows what becomes of it")
    else:
        output.say(answer.value if isinstance(answer.value, str) else json.dumps(answer.value, ensure_ascii=False, indent=2))


@cli.command()
@_options
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
    for line in journal.lines(_data(data), function, lines, go_on, journal.Wanted(request_id, invocations)):
        report = line.report
        output.result({"function": line.function, "line": line.text, **({"invocation": report} if report else {})})
        output.say(line.text if function else f"{line.function}  {line.text}")


@cli.command("demo")
@_options
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True)
@click.option("--exit", "end", is_flag=True, help="End after the searches; exit code 0 only if they found what they should.")
def demo_command(data: Path | None, as_json: bool, paths: tuple[Path, ...], port: int, end: bool) -> None:
    """Run the main job: start, upload, understand, search; then serve until Ctrl-C."""
    output = Output(as_json)
    folder = _data(data)
    end_on_signals()
    started = time.monotonic()
    with laptop_cloud(folder, port, os.environ) as state:
        output.say(f"the laptop cloud was ready in {time.monotonic() - started:.1f} s")
        found = demonstration.run(Clients.of(state), output, paths, project_folder() / ".cache")
        output.say()
        _announce(output, state)
        if not end:
            wait_for_the_end()
    output.say("stopped; nothing is lost")
    if not found:
        raise CommandError("a search did not find what it should", "`sightline explain KEY` shows what was seen of a media")


@cli.group()
def models() -> None:
    """The optional detector: any YOLOX-style ONNX file (it brings pets, vehicles, bags and 70 other things)."""


@models.command("add")
@_options
@click.argument("source", metavar="FILE|URL")
@click.option("--sha256", default=None, help="Refuse the file unless it has this hash.")
def models_add(data: Path | None, as_json: bool, source: str, sha256: str | None) -> None:
    """Check a detector by running it, and use it from the next `sightline up` on."""
    model = detectors.add(_data(data), source, sha256)
    output = Output(as_json)
    output.result({"path": str(model.path), "sha256": model.sha256})
    output.say(f"it runs; sha256 {model.sha256}\nused from the next start on; the file is refused if it changes")


@models.command("list")
@_options
def models_list(data: Path | None, as_json: bool) -> None:
    """The detector in use."""
    model = detectors.chosen(_data(data))
    output = Output(as_json)
    output.result({"detector": None if model is None else {"path": str(model.path), "sha256": model.sha256, "source": model.source}})
    output.say(
        "no detector; the built-in engine sees people, faces, motion and text"
        if model is None
        else f"{model.path}\nsha256 {model.sha256}\nfrom   {model.source}"
    )


@models.command("remove")
@_options
def models_remove(data: Path | None, as_json: bool) -> None:
    """Go back to the built-in engine alone."""
    detectors.remove(_data(data))
    Output(as_json).say("removed")


def main() -> None:
    """The console script: every error becomes a line with its fix and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    # SDKs log to the root logger, which would print what is said here already.
    logging.getLogger().addHandler(logging.NullHandler())
    output = Output("--json" in arguments)
    try:
        cli.main(arguments, prog_name="sightline", standalone_mode=False)
    except CommandError as error:
        output.error(error)
        return error.exit_code
    except click.ClickException as error:
        output.error(CommandError(error.format_message(), "see `sightline --help`", USAGE))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return 130
    except SightlineError as error:
        output.error(CommandError(str(error), "look at `sightline logs` and `sightline status`"))
        return FAILED
    except OSError as error:
        output.error(
            CommandError(f"{error.strerror or error}: {error.filename or 'this machine'}", "make room, or name another file or --data")
        )
        return FAILED
    return 0
