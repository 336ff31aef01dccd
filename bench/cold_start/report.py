"""The command: runs the races and tells their figures."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.cold_start.contenders import BARE_SIGNER, OURS, THE_SEEDS_WAY, WITH_A_QUEUE, Disk, Installer
from bench.cold_start.folders import PROJECT
from bench.cold_start.process import Taken
from bench.cold_start.profile import profile
from bench.cold_start.race import Race, Variant, reach
from bench.cold_start.recorder import recording
from bench.cold_start.scenes import FUNCTIONS, HITS, stage
from bench.cold_start.tls import over_tls
from bench.results import record
from cli.errors import CommandError
from cli.layer.build import Project

TITLE = "Cold start"
MB = 1e6
COMPILED, BARE, SECURE = "with .pyc", "without .pyc", "with .pyc, over TLS"
EXPLANATION = """Each figure is the median of {rounds} fresh processes of python3.12, all contenders in turns in one run, against one laptop
cloud. CPU time is user and system time of the whole process. Wall time goes from its start until its answer was read; the cloud's part, on
the same {cores} cores, is in it. The process does what Function Compute's runtime does: sets up the log and the path, imports the module,
calls the initializer, then the handler. A search finds {hits} media. RSS is the peak; modules are those that the runtime had not imported
before; disk is what lies beside the function's own code. The seeds' way makes the same requests to the same servers through the official
clients, one after the other: they are recorded from ours, made again and counted, and it does nothing else with what they bring. The bare
signer sends one SearchMediaByHybrid and reads its JSON, whatever the function; the other one makes the same requests as ours, and is the
floor. The layer and the functions are as `make layer` packs them. Over TLS, the system's store of authorities is a folder named by hashes,
as Debian has it."""


READING = """How to read it:

- CPU time is what to compare: wall times have what else the machine did in them, and the laptop cloud's work for each request.
- oss2 alone, for one GET, takes about three times the CPU of any of our first answers. So the layer has a small client of its own for the
  object calls that a function makes; oss2 stays in the command line, where its transfers in parts that go on after an interruption serve.
- httpx and pydantic alone take more than twice what a whole answer of ours takes. The layer had both before it was measured.
- Where there is no .pyc, every start compiles: the layer carries its own, for the Python of Function Compute.
- Over TLS ours is below the bare signer, since Python's default context reads the whole file of authorities that the machine has, and the
  layer has the folder looked into. Where a system has neither folder nor file, it reads certifi's list, for about what the signer pays."""


def main(argv: Sequence[str] | None = None) -> None:
    arguments = parser().parse_args(argv)
    functions = arguments.function or list(FUNCTIONS)
    names = [COMPILED]
    names += [BARE] if arguments.without_pyc or arguments.keep else []
    names += [SECURE] if arguments.tls or arguments.keep else []
    results: dict[str, Results] = {}
    requests: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        disk = _installed(Path(folder), Project(arguments.project.resolve()), functions)
        for function in functions:
            with set_up(function, disk, names) as (race, variants):
                if arguments.profile:
                    print(f"## {function}\n\n{profile(race, arguments.profile, variants[-1], arguments.rounds)}\n")
                    continue
                results[function], requests[function] = race.run(variants, arguments.rounds), len(race.steps)
    if results:
        text = "\n".join(_tables(results, requests, names, disk, arguments.rounds))
        print(text)
        if arguments.keep:
            record(TITLE, text)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    made.add_argument("--function", action="append", choices=FUNCTIONS, help="only this one; may be given again")
    made.add_argument("--rounds", type=int, default=9, help="fresh processes of each contender")
    made.add_argument("--project", type=Path, default=PROJECT, help="the checkout whose functions and layer are measured; this one")
    made.add_argument("--without-pyc", action="store_true", help="also where every start compiles")
    made.add_argument("--tls", action="store_true", help="also over TLS")
    made.add_argument("--profile", metavar="NAME", help="only tell where the time of `ours` goes, or of a module of the rivals")
    made.add_argument("--keep", action="store_true", help="measure all, and put the tables into bench/RESULTS.md")
    return made


def _installed(folder: Path, project: Project, functions: Sequence[str]) -> Disk:
    try:
        return Installer(folder, project).install(functions)
    except CommandError as error:
        raise SystemExit(f"{error.problem}; {error.fix}") from error


@contextmanager
def set_up(function: str, disk: Disk, names: Sequence[str]) -> Iterator[tuple[Race, list[Variant]]]:
    """Each function has a laptop cloud of its own: what one leaves there would be work for another."""
    with ExitStack() as open_things:
        folder = Path(open_things.enter_context(tempfile.TemporaryDirectory()))
        theatre = open_things.enter_context(stage(folder))
        endpoint = theatre.environment["OSS_ENDPOINT"]
        recorder = open_things.enter_context(recording(endpoint))
        variants = [Variant(name, name != BARE, reach(endpoint)) for name in names if name != SECURE]
        if SECURE in names:
            secure, trusted = open_things.enter_context(over_tls(endpoint, folder))
            variants.append(Variant(SECURE, True, reach(secure) | trusted))
        yield Race(function, theatre, disk, recorder), variants


Results = Mapping[tuple[str, str], Sequence[Taken]]


def _tables(taken: Mapping[str, Results], requests: Mapping[str, int], names: Sequence[str], disk: Disk, rounds: int) -> Iterator[str]:
    yield f"`python -m bench.cold_start` on {time.strftime('%Y-%m-%d')}: {platform.machine()}, {os.cpu_count()} cores."
    yield EXPLANATION.format(rounds=rounds, cores=os.cpu_count(), hits=HITS)
    yield ""
    yield from _goals(taken, [name for name in names if name != BARE], disk)
    for name in names:
        for function, results in taken.items():
            yield f"\n`{function}`, {name}, {requests[function]} requests until its first answer:\n"
            yield from _table(function, results, name, disk)
    yield f"\n{READING}"


def _table(function: str, results: Results, variant: str, disk: Disk) -> Iterator[str]:
    yield "| who | CPU, ms | wall, ms | peak RSS, MB | disk, MB | modules | CPU / seeds' way | CPU / bare signer |"
    yield "|---|---|---|---|---|---|---|---|"
    here = {name: runs for (place, name), runs in results.items() if place == variant}
    for name in sorted(here, key=lambda name: (name != OURS, -cpu(here[name]))):
        runs = here[name]
        size = disk.sizes[function if name == OURS else name, variant != BARE]
        yield (
            f"| {name} | {cpu(runs) * 1000:.0f} | {median(runs, lambda run: run.wall) * 1000:.0f} "
            f"| {median(runs, lambda run: run.peak) / MB:.1f} | {size / MB:.1f} | {median(runs, lambda run: len(run.modules)):.0f} "
            f"| {cpu(runs) / cpu(here[seeds_way(function)]):.2f} | {cpu(runs) / cpu(here[BARE_SIGNER]):.2f} |"
        )


def _goals(taken: Mapping[str, Results], names: Sequence[str], disk: Disk) -> Iterator[str]:
    yield "| goal | is | in single rounds | |"
    yield "|---|---|---|---|"
    for name in names:
        for function, results in taken.items():
            ours = results[name, OURS]
            if function in ("search", "collect"):
                seeds = results[name, seeds_way(function)]
                yield _cpu_goal(f"`{function}`, {name}: CPU at most 1/8 of the seeds' way", ours, seeds, 1 / 8)
            yield _cpu_goal(f"`{function}`, {name}: CPU within 2.5 times the bare signer", ours, results[name, BARE_SIGNER], 2.5)
    function = next(iter(taken))
    for has_pyc, how in ((True, COMPILED), (False, BARE)):
        share = disk.sizes[function, has_pyc] / disk.sizes[seeds_way(function), has_pyc]
        yield f"| the layer at most 1/6 of the seeds' way's bytes, {how} | {_ratio(share)} | | {_verdict(share, 1 / 6)} |"


def _cpu_goal(what: str, ours: Sequence[Taken], theirs: Sequence[Taken], most: float) -> str:
    found = cpu(ours) / cpu(theirs)
    rounds = sorted(one.cpu / other.cpu for one, other in zip(ours, theirs, strict=True))
    return f"| {what} | {_ratio(found)} | {_ratio(rounds[0])} to {_ratio(rounds[-1])} | {_verdict(found, most)} |"


def _ratio(found: float) -> str:
    return f"{found:.2f}" if found > 1 else f"1/{1 / found:.2f}"


def _verdict(found: float, most: float) -> str:
    return "met" if found <= most else "missed"


def seeds_way(function: str) -> str:
    return WITH_A_QUEUE if function == "sweep" else THE_SEEDS_WAY


def cpu(runs: Sequence[Taken]) -> float:
    return median(runs, lambda run: run.cpu)


def median(runs: Sequence[Taken], figure: Callable[[Taken], float]) -> float:
    return statistics.median(figure(run) for run in runs)
