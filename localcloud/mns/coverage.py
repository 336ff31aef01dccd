"""What of MNS is here, for the page COVERAGE.md."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.mns.routes import QUEUES, TOPICS


def covered() -> Sequence[Covered]:
    """Every operation of the REST API has its route."""
    of_queues = [operation for route in QUEUES for operation in route.operations]
    return of_queues + [operation for route in TOPICS for operation in route.operations]
