"""What of Function Compute is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from localcloud.covered import Covered
from localcloud.fc.api.operations import NOT_HERE, OPERATIONS


def covered() -> Sequence[Covered]:
    return [one for version in OPERATIONS for one in _of(version)]


def _of(version: str) -> Iterator[Covered]:
    for family in OPERATIONS[version].values():
        for one in family:
            yield Covered(one.name, f"{one.method} /{version}{one.path}", one.lacks)
    for missing in NOT_HERE[version]:
        yield Covered(missing.name, f"{missing.method} /{version}{missing.path}", here=False)
