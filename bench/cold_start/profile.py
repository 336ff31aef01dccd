"""Where the time of one contender goes: its phases, and what each import takes."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bench.cold_start.contenders import OURS
from bench.cold_start.process import Taken
from bench.cold_start.race import Race, Variant

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")
SHOWN = 40


def profile(race: Race, name: str, variant: Variant, rounds: int) -> str:
    """`name` is `ours` or the module of a rival. What importing costs is of one run with `-X importtime`, which slows it down."""
    start = _start(race, name, variant)
    runs = [start(()) for _ in range(rounds)]
    return "\n".join([*_phases(runs), "", *_imports(start(("-X", "importtime")).log)])


def _start(race: Race, name: str, variant: Variant) -> Callable[[Sequence[str]], Taken]:
    if name == OURS:
        return lambda options: race.ours(variant, options=options)
    found = [other for other in race.others if other.module == name]
    if not found:
        raise SystemExit(f"{name} is none of: ours, {', '.join(other.module for other in race.others)}")
    return lambda options: race.other(found[0], variant, options)


def _phases(runs: Sequence[Taken]) -> Iterator[str]:
    yield f"CPU, ms (medians of {len(runs)}; {statistics.median(len(run.modules) for run in runs):.0f} modules):"
    for phase in runs[0].phases:
        yield f"  {statistics.median(run.phases[phase] for run in runs) * 1000:7.1f}  {phase}"
    yield f"  {statistics.median(run.cpu for run in runs) * 1000:7.1f}  the whole process"


def _imports(log: str) -> Iterator[str]:
    """Of all that was imported, the runtime's included."""
    found = [(int(own), int(whole), name) for own, whole, _, name in _IMPORT.findall(log)]
    packages = Counter[str]()
    for own, _, name in found:
        packages[name.partition(".")[0]] += own
    yield "By package, ms of its own modules:"
    yield from (f"  {own / 1000:7.2f}  {name}" for name, own in packages.most_common(SHOWN))
    yield ""
    yield "By module, ms of its own, and with what it imports first:"
    yield from (f"  {own / 1000:7.2f} {whole / 1000:8.2f}  {name}" for own, whole, name in sorted(found, reverse=True)[:SHOWN])
