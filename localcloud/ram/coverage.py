"""What of RAM is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.ram import service


def covered() -> Sequence[Covered]:
    return service.covered()
