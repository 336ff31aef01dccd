"""The laptop cloud: start it, end it, look at it, and have it demonstrate itself."""

from __future__ import annotations

import os
import signal
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import click

from cli import demo as demonstration
from cli import running, waiting
from cli.clients import Clients
from cli.commands.common import data_folder, options
from cli.dead import DeadLetters
from cli.deployment.target import project_folder
from cli.errors import TOO_LATE, CommandError
from cli.output import Output
from cli.running import Running
from cli.up import DEFAULT_PORT, LOOPBACK, end_on_signals, is_loopback, laptop_cloud, until_a_signal

STOP_SECONDS = 30
PORT = click.IntRange(0, 65_534)


@click.command()
@options
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True, help="The endpoint's; the page has the next one. 0: free ones.")
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on. Another lets other machines in.")
@click.option(
    "--power-safe", is_flag=True, help="Wait for the disk before anything is acknowledged, so that a loss of power loses nothing."
)
@click.option(
    "--built",
    type=click.Path(path_type=Path, file_okay=False),
    is_flag=False,
    flag_value="build",
    help="Run what `make layer` left in this folder (build), on Python 3.12 alone, as the cloud would.",
)
def up(data: Path | None, as_json: bool, port: int, host: str, power_safe: bool, built: Path | None) -> None:
    """Start the laptop cloud and serve until Ctrl-C."""
    output = Output(as_json)
    end_on_signals()
    with laptop_cloud(data_folder(data), port, os.environ, host, power_safe, built) as state, until_a_signal(Path(state.data)):
        _announce(output, state)
        if not is_loopback(host):
            output.say(
                f"warning     listening on {host}: other machines can reach it, without encryption; the keys are its only protection"
            )
    output.say("stopped; nothing is lost")


def _announce(output: Output, state: Running) -> None:
    output.result({"ready": True, **{name: getattr(state, name) for name in state.__dataclass_fields__}})
    output.say(f"page        {state.page}")
    output.say(f"endpoint    {state.endpoint}   (OSS, MNS, IMS and FC; region {state.region})")
    output.say(f"bucket      {state.media_bucket}   (upload below uploads/)")
    output.say(f"key id      {state.access_key_id}\nkey secret  {state.access_key_secret}   (made here; they open nothing else)")
    output.say(f"data        {state.data}\nready; Ctrl-C ends it")


@click.command()
@options
def down(data: Path | None, as_json: bool) -> None:
    """End the laptop cloud that runs on the data folder."""
    state = running.require(data_folder(data))
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


@click.command()
@options
def status(data: Path | None, as_json: bool) -> None:
    """What runs, and what is under way."""
    state = running.require(data_folder(data))
    clients = Clients.of(state)
    pending = list(clients.ledger().pending())
    index = clients.ims().call("QuerySearchIndex", {"SearchLibName": state.search_library, "IndexType": "mm"})
    output = Output(as_json)
    document = {"pid": state.pid, "endpoint": state.endpoint, "page": state.page, "data": state.data}
    lines = waiting.pools(clients.bucket(state.state_bucket))
    counts = {"searchable": int(index["MediaTotal"]), "pending": len(pending), "waiting": sum(sum(pool.waiting.values()) for pool in lines)}
    letters = DeadLetters(state).count()
    output.result({**document, **counts, "letters": letters, "pools": [asdict(pool) for pool in lines]})
    for name, value in document.items():
        output.say(f"{name:11} {value}")
    for name, count in counts.items():
        output.say(f"{name:11} {count} media")
    if any(letters.values()):
        output.say(f"letters     {letters['dead']} dead, {letters['retrying']} retrying; `sightline dead list` shows why")
    for pool in lines:
        by_namespace = ", ".join(f"{namespace} {count}" for namespace, count in pool.waiting.items())
        output.say(f"jobs        {pool.in_flight} of {pool.name} in flight{f'; waiting: {by_namespace}' if by_namespace else ''}")
        if pool.paused:
            output.say(f"            {pool.paused}")


@click.command("demo")
@options
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True)
@click.option("--exit", "end", is_flag=True, help="End after the searches; exit code 0 only if they found what they should.")
def demo_command(data: Path | None, as_json: bool, paths: tuple[Path, ...], port: int, end: bool) -> None:
    """Run the main job: start, upload, understand, search; then serve until Ctrl-C."""
    output = Output(as_json)
    folder = data_folder(data)
    end_on_signals()
    started = time.monotonic()
    with laptop_cloud(folder, port, os.environ) as state:
        output.say(f"the laptop cloud was ready in {time.monotonic() - started:.1f} s")
        found = demonstration.run(Clients.of(state), output, paths, project_folder() / ".cache")
        output.say()
        with nullcontext() if end else until_a_signal(Path(state.data)):
            _announce(output, state)
    output.say("stopped; nothing is lost")
    if not found:
        raise CommandError("a search did not find what it should", "`sightline explain KEY` shows what was seen of a media")
