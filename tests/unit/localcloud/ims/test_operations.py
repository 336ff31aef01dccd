"""The table of operations: complete, bound, and of names that the API has."""

from __future__ import annotations

import re
from pathlib import Path

import alibabacloud_ice20201109.client
import pytest

from localcloud.acs import AcsError
from localcloud.covered import State
from localcloud.ims.coverage import covered
from localcloud.ims.operation import ICE, MPS
from localcloud.ims.operations import FAMILIES, find
from tests.contract.ims.cloud import Cloud

ROWS = [operation for family in FAMILIES.values() for operation in family]


def test_each_operation_is_one_of_the_api() -> None:
    """By the SDK's own code, which names an action for each of its methods."""
    code = Path(alibabacloud_ice20201109.client.__file__).read_text(encoding="utf-8")
    actions = set(re.findall(r"action = '(\w+)'", code))
    assert len(actions) > 300
    assert {row.name for row in ROWS if row.version == ICE} <= actions


def test_each_operation_is_there_once() -> None:
    names = [(row.version, row.name) for row in ROWS]
    assert len(names) == len(set(names))


def test_each_operation_is_answered_by_somebody(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    try:
        table = cloud.service._parts.operations
        assert set(table) == {(row.version, row.name) for row in ROWS}
        for version, name in ((ICE, "NoSuchOperation"), (MPS, "CreateSearchLib"), ("2099-01-01", "CreateSearchLib")):
            with pytest.raises(AcsError) as caught:
                find(table, version, name)
            assert (caught.value.status, caught.value.code) == (404, "InvalidApi.NotFound")
    finally:
        cloud.stop()


def test_the_coverage_says_what_the_table_has() -> None:
    rows = {row.operation: row for row in covered()}
    assert rows["CreateRecognitionLib"].state is State.IMPLEMENTED
    assert rows["CreateStreamToSearchLib"].state is State.PARTIAL
    assert not [name for name, row in rows.items() if row.state is State.MISSING]
