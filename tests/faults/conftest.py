"""One provisioned data folder for all schedules of a run of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.template import Template, template


@pytest.fixture(scope="session")
def provisioned() -> Iterator[Template]:
    with template() as one:
        yield one
