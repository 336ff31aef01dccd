"""A contract is only as good as its source, so each test here names one."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    nameless = [item.nodeid for item in items if "tests/contract/" in item.path.as_posix() and not _source(item)]
    if nameless:
        raise pytest.UsageError("these don't say where their expectation comes from, @pytest.mark.contract(...):\n" + "\n".join(nameless))


def _source(item: pytest.Item) -> str:
    mark = item.get_closest_marker("contract")
    return str(mark.args[0]).strip() if mark and mark.args else ""
