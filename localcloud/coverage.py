"""The page COVERAGE.md, written from what the services say beside their routes: `python -m localcloud.coverage`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from localcloud.covered import Covered, State

PAGE = Path(__file__).with_name("COVERAGE.md")
SERVICES = {
    "oss": "Object Storage Service",
    "mns": "Message Service (Simple Message Queue), 2015-06-06",
    "ims": "Intelligent Media Services (ICE 2020-11-09), and MPS 2014-06-18 where IMS needs it",
    "fc": "Function Compute, 2023-03-30 and 2016-08-15",
    "pai": "Platform for AI: multimedia analysis, api/v1",
    "ram": "Resource Access Management, 2015-05-01",
}
HEAD = """# What the laptop cloud does, operation by operation

Written by `python -m localcloud.coverage` from the tables that the services route by; a test compares the two. An operation that is
*not* here is answered with the cloud's own error for its service, never with a made-up success. Where the contract of an operation comes
from stands with its tests, `tests/contract/`: every one is marked with its source, or with the words "our assumption".
"""


def covered(service: str) -> Sequence[Covered]:
    """What `localcloud.<service>.coverage` says, in its order."""
    operations: Sequence[Covered] = import_module(f"localcloud.{service}.coverage").covered()
    return operations


def page() -> str:
    return "\n".join([HEAD, *(line for service, title in SERVICES.items() for line in _section(title, covered(service)))])


def _section(title: str, operations: Sequence[Covered]) -> Iterator[str]:
    count = Counter(one.state for one in operations)
    yield f"## {title}\n"
    yield ", ".join(f"{count[state]} {state.value}" for state in State) + ".\n"
    yield "| operation | request | state | what is missing |\n|---|---|---|---|"
    for one in operations:
        yield f"| {one.operation} | `{_cell(one.request)}` | {one.state.value} | {_cell(one.lacks)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
