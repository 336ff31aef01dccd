"""What of IMS is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.ims.operations import FAMILIES


def covered() -> Sequence[Covered]:
    return [Covered(one.name, f"POST / {one.name} {one.version}", one.lacks) for family in FAMILIES.values() for one in family]
