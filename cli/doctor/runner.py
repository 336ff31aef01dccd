"""Runs checks side by side, each after those that it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cli.doctor.check import Check
from cli.doctor.finding import Finding, State, unknown
from cli.doctor.site import Site
from cli.doctor.troubles import unanswered
from sightline.errors import SightlineError

AT_ONCE = 12
"""Checks wait for services, not for the processor."""


@dataclass(frozen=True)
class Examined:
    check: Check
    finding: Finding


def run(checks: Sequence[Check], site: Site) -> Iterator[Examined]:
    """In the order of `checks`, in which each stands after those that it needs; the threads rely on it too."""
    futures: dict[str, Future[Finding]] = {}
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as threads:
        for one in checks:
            # No deadlock: the pool begins its work in this order, so what is waited for has begun or is done.
            futures[one.name] = threads.submit(_found, one, site, {need.name: futures[need.name] for need in one.needs})
        for one in checks:
            yield Examined(one, futures[one.name].result())


def _found(check: Check, site: Site, needs: dict[str, Future[Finding]]) -> Finding:
    lacking = [name for name, need in needs.items() if need.result().state in (State.FAIL, State.SKIPPED)]
    if lacking:
        return Finding(State.SKIPPED, f"needs {', '.join(lacking)}")
    try:
        return check.examine(site)
    except SightlineError as error:
        return unanswered(error, site.mend)
    except Exception as error:  # noqa: BLE001 - a surprise in one check, in its own thread, must not hide what the others found
        return unknown(f"the check itself broke ({type(error).__name__})", "please report it, with the version of Sightline")
