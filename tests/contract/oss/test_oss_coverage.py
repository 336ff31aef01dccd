"""What the coverage page says is not here is refused on the wire, and changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import oss2
import pytest

from localcloud.covered import Covered, State
from localcloud.oss.coverage import covered

MISSING = [one for one in covered() if one.state is State.MISSING]


@pytest.mark.contract("house rule: the coverage page contradicts itself nowhere")
def test_nothing_is_both_here_and_not() -> None:
    here = [(one.operation, one.request) for one in covered() if one.here]
    assert len(here) == len(set(here))
    assert not {operation for operation, _ in here} & {one.operation for one in MISSING}


@pytest.mark.contract("oss2.exceptions.NotImplemented is a 400; a method that no operation has is a 405 MethodNotAllowed")
def test_what_is_not_here_is_refused(bucket: Any) -> None:
    bucket.put_object("key", b"x")
    for one in MISSING:
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            ask(bucket, one)
        assert refusal.value.code in ("NotImplemented", "MethodNotAllowed"), one.operation
    assert bucket.get_object("key").read() == b"x"


def ask(bucket: Any, one: Covered) -> None:
    method, _, target = one.request.partition(" ")
    path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
    name, _, key = path.removeprefix("/").partition("/")
    bucket._do(method, bucket.bucket_name if name else "", key, params=query)
