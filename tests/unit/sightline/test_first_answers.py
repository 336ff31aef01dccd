"""Functions that ask for no time first, on machines that are 20 minutes off: search, and collect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sightline.acts.collect import collect_act
from sightline.clock import CloudClock, from_iso, to_iso
from sightline.events.http import HttpRequest
from sightline.handlers import handle
from sightline.host import Host
from sightline.record.model import SmarttagPart
from sightline.wiring import Wiring
from tests.fakes.network import ENVIRONMENT, OK, ims_error, oss_error
from tests.fakes.over_httpx import OverHttpx
from tests.fakes.sightline import START

OFF = [timedelta(minutes=20), timedelta(minutes=-20)]
NOW = {"Date": format_datetime(START, usegmt=True)}
MEDIA = "0123456789abcdef" * 2
HIT = {"MediaList": [{"MediaId": MEDIA, "ClipInfo": []}], "Total": 1, "Success": "true", "RequestId": "r"}
RECORD = {
    **SmarttagPart(title="t").to_json(),
    "media_id": MEDIA,
    "bucket": "media",
    "key": "k.jpg",
    "preview_key": "k.jpg",
    "generation": "G",
    "kind": "image",
    "namespace": "default",
    "device": None,
    "time": to_iso(START),
}


def stamped(request: httpx.Request) -> datetime:
    """When it says that it was signed."""
    told = request.headers.get("x-oss-date") or request.headers["x-acs-date"].replace("-", "").replace(":", "")
    return datetime.strptime(told, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)


class Cloud:
    """Refuses what was signed more than 15 minutes off, as the services do; `seen` is what it did not refuse."""

    def __init__(self, off: timedelta, answers: Mapping[str, Callable[[httpx.Request], httpx.Response]]) -> None:
        self.seen: list[httpx.Request] = []
        self._answers = answers
        clock = CloudClock(lambda: START + off, lambda: 1000.0)
        self.wiring = Wiring(ENVIRONMENT, Host(OverHttpx(httpx.MockTransport(self._answer)), clock, sleep=lambda _: None))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        is_ims = "x-acs-action" in request.headers
        if abs(stamped(request) - START) > timedelta(minutes=15):
            return ims_error(400, "InvalidTimeStamp.Expired", **NOW) if is_ims else oss_error(403, "RequestTimeTooSkewed", **NOW)
        self.seen.append(request)
        answer = self._answers[request.headers.get("x-acs-action", request.method)](request)
        answer.headers.update(NOW)
        return answer


def written(cloud: Cloud) -> Any:
    (put,) = [request for request in cloud.seen if request.method == "PUT"]
    return json.loads(put.content)


@pytest.mark.parametrize("off", OFF)
@pytest.mark.parametrize("event", [b"no message", b'{"Type": "smarttag"}'])
def test_the_letter_of_what_is_no_message_has_the_services_time(off: timedelta, event: bytes) -> None:
    """It fails before any service was asked for anything."""
    missing = {"HEAD": lambda _: oss_error(404, "NoSuchKey"), "GET": lambda _: oss_error(404, "NoSuchKey")}
    cloud = Cloud(
        off,
        {**missing, "PUT": lambda _: httpx.Response(200, headers=OK.headers), "DELETE": lambda _: httpx.Response(204, headers=OK.headers)},
    )
    with cloud.wiring.invocation(None, goes_by_the_clock=False) as instance:
        answer = handle("collect", collect_act(instance.pipeline()), instance.letters, event)
    letter = written(cloud)
    assert answer["letters"] == [letter["id"]]
    assert [from_iso(letter[name]) for name in ("first", "last")] == [START, START]


@pytest.mark.parametrize("off", OFF)
def test_an_address_in_a_search_begins_at_the_services_time(off: timedelta) -> None:
    def record(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=RECORD, headers={"x-oss-request-id": "r"})

    def head(_: httpx.Request) -> httpx.Response:
        told = {"ETag": '"G"', "Last-Modified": NOW["Date"], "Content-Length": "1"}
        return httpx.Response(200, headers={"x-oss-request-id": "r", **told})

    def hits(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=HIT, headers={"x-acs-request-id": "r"})

    cloud = Cloud(off, {"SearchMediaByHybrid": hits, "GET": record, "HEAD": head})
    site = cloud.wiring.search_site(Path())
    with cloud.wiring.invocation(None, goes_by_the_clock=False):
        answer = site.answer(HttpRequest("GET", "/search", {"q": "a parcel"}, {}))
    (hit,) = json.loads(answer.body)["hits"]
    for name in ("thumbnail_url", "media_url"):
        assert parse_qs(urlsplit(hit[name]).query)["x-oss-date"] == ["20261121T081530Z"]
    assert len(cloud.seen) == 3  # and none of them to ask for the time
