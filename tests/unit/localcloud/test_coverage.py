"""The page COVERAGE.md says what the tables say that requests are routed by."""

from __future__ import annotations

import pytest

from localcloud.coverage import PAGE, SERVICES, covered, page


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it again: python -m localcloud.coverage"


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_stands_there_once(service: str) -> None:
    requests = [(one.operation, one.request) for one in covered(service)]
    assert len(requests) == len(set(requests))
    assert requests


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_not_here_says_no_more(service: str) -> None:
    assert [one.operation for one in covered(service) if not one.here and one.lacks] == []
