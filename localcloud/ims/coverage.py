"""What of IMS is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.ims.operation import ICE
from localcloud.ims.operations import FAMILIES, NOT_HERE


def covered() -> Sequence[Covered]:
    here = [Covered(one.name, _request(one.version, one.name), one.lacks) for family in FAMILIES.values() for one in family]
    return [*here, *(Covered(name, _request(ICE, name), here=False) for name in NOT_HERE)]


def _request(version: str, name: str) -> str:
    return f"POST / {name} {version}"
