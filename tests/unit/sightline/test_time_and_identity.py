"""Keys that expire and clocks that are wrong, over a scripted network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sightline.clock import CloudClock
from sightline.credentials import Credentials, CredentialsProvider, from_context
from sightline.errors import (
    BadSetting,
    CredentialsExpired,
    ServiceRefused,
)
from sightline.host import Host
from sightline.wiring import Wiring
from tests.fakes.network import (
    ENVIRONMENT,
    LASTING,
    NEW,
    OK,
    OLD,
    SUBMITTED,
    Network,
    ims_error,
    in_turn,
    mns_time_expired,
    oss_error,
    submit,
)
from tests.fakes.over_httpx import OverHttpx
from tests.fakes.sightline import START

# --- keys that expire


@pytest.mark.parametrize(
    "code",
    [
        ("SecurityTokenExpired", "no"),
        ("InvalidAccessKeyId", "no"),
        ("AccessDenied", "The security token you provided is invalid or has expired."),
    ],
)
def test_an_expired_key_is_replaced_at_once_by_a_newer_one(code: tuple[str, str]) -> None:
    network = Network(oss_error(403, *code), OK)
    assert network.bucket(in_turn(OLD, NEW)).get("k") == b"content"
    assert [request.headers["x-oss-security-token"] for request in network.requests] == ["old-token", "new-token"]
    assert network.sleeps == []


@pytest.mark.parametrize(
    ("refused", "act"),
    [
        (oss_error(403, "SecurityTokenExpired"), lambda network, keys: network.bucket(keys).append("k", 0, b"x")),
        (ims_error(400, "InvalidSecurityToken.Expired"), lambda network, keys: submit(network.ims(keys))),
    ],
)
def test_what_was_turned_away_for_its_key_is_sent_again_even_if_it_may_not_happen_twice(
    refused: httpx.Response, act: Callable[[Network, CredentialsProvider], Any]
) -> None:
    network = Network(refused, SUBMITTED)
    act(network, in_turn(OLD, NEW))
    assert len(network.requests) == 2


def test_without_a_newer_key_the_instance_is_to_be_replaced() -> None:
    network = Network(oss_error(403, "SecurityTokenExpired", "The security token you provided has expired."))
    with pytest.raises(CredentialsExpired, match="a new instance will") as raised:
        network.bucket(lambda: OLD).get("k")
    assert raised.value.retryable
    assert raised.value.took_no_effect
    assert len(network.requests) == 1
    with pytest.raises(SystemExit, match="SecurityTokenExpired"):
        network.host.invocation.end()
    assert "old-token" not in str(raised.value)


def test_a_key_that_is_replaced_again_and_again_is_no_endless_loop() -> None:
    network = Network(oss_error(403, "SecurityTokenExpired"))
    numbers = iter(range(1000))
    with pytest.raises(CredentialsExpired):
        network.bucket(lambda: Credentials(f"STS.{next(numbers)}", "secret", "token")).get("k")
    assert len(network.requests) == 2


def test_a_wrong_key_is_not_an_expired_one() -> None:
    network = Network(oss_error(403, "InvalidAccessKeyId"))
    with pytest.raises(ServiceRefused) as raised:
        network.bucket(lambda: LASTING).get("k")
    assert type(raised.value) is ServiceRefused
    assert not raised.value.retryable
    network.host.invocation.end()


def test_each_attempt_is_signed_with_the_key_of_its_moment() -> None:
    network = Network(oss_error(503, "ServiceUnavailable"), OK)
    assert network.bucket(in_turn(OLD, NEW)).get("k") == b"content"
    assert network.requests[1].headers["x-oss-security-token"] == "new-token"
    assert network.requests[0].headers["authorization"] != network.requests[1].headers["authorization"]


@pytest.mark.parametrize("found", [None, SimpleNamespace(), SimpleNamespace(credentials=None)])
def test_a_context_without_a_key(found: object) -> None:
    """python3.12's has none."""
    assert from_context(found) is None


def test_the_context_s_key_counts_for_its_invocation_and_the_environment_s_otherwise() -> None:
    environment = dict(ENVIRONMENT)
    network = Network(OK)
    wiring = Wiring(environment, network.host)
    brought = SimpleNamespace(access_key_id="STS.context", access_key_secret="secret", security_token="context-token")
    with wiring.invocation(SimpleNamespace(credentials=brought, function=SimpleNamespace(timeout=60))) as instance:
        instance.bucket("media").get("k")
    with wiring.invocation(SimpleNamespace(function=SimpleNamespace(timeout=60))) as instance:
        instance.bucket("media").get("k")
        environment["ALIBABA_CLOUD_SECURITY_TOKEN"] = "renewed-token"
        instance.bucket("media").get("k")
    tokens = [request.headers["x-oss-security-token"] for request in network.requests]
    assert tokens == ["context-token", "environment-token", "renewed-token"]


def test_a_function_without_a_key_stops_at_its_start() -> None:
    with pytest.raises(BadSetting) as raised:
        Wiring({**ENVIRONMENT, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""})
    assert raised.value.field == "ALIBABA_CLOUD_ACCESS_KEY_SECRET"


# --- clocks that are wrong


class Machine:
    """A machine's two clocks: the one on its wall, and the one that only counts."""

    def __init__(self, error: timedelta) -> None:
        self.true = START
        self.error = error
        self.counted = 1000.0

    def wall(self) -> datetime:
        return self.true + self.error

    def monotonic(self) -> float:
        return self.counted

    def forward(self, seconds: float) -> None:
        self.true += timedelta(seconds=seconds)
        self.counted += seconds

    def clock(self) -> CloudClock:
        return CloudClock(self.wall, self.monotonic)

    def date(self) -> str:
        return format_datetime(self.true.astimezone(timezone.utc), usegmt=True)


WRONG = [timedelta(minutes=20), timedelta(minutes=-20), timedelta(days=730), timedelta(days=-730), timedelta(seconds=-6)]


@pytest.mark.parametrize("error", WRONG)
def test_a_wrong_clock_is_put_right_by_the_first_answer_and_goes_on_from_there(error: timedelta) -> None:
    machine = Machine(error)
    clock = machine.clock()
    assert clock() == machine.wall()
    clock.hear(machine.date(), machine.monotonic())
    machine.forward(3600)
    assert abs(clock() - machine.true) < timedelta(seconds=2)


def test_a_clock_that_is_right_is_left_alone() -> None:
    machine = Machine(timedelta(seconds=3))
    clock = machine.clock()
    for _ in range(5):
        asked = machine.monotonic()
        machine.forward(40)  # a slow answer, dated when it was begun
        clock.hear(format_datetime(machine.true - timedelta(seconds=40), usegmt=True), asked)
        assert clock() == machine.wall()


def test_a_clock_that_has_been_set_meanwhile_counts_again() -> None:
    machine = Machine(timedelta(minutes=20))
    clock = machine.clock()
    clock.hear(machine.date(), machine.monotonic())
    machine.error = timedelta(0)
    clock.hear(machine.date(), machine.monotonic())
    assert clock() == machine.wall()


def test_an_instance_that_was_frozen_learns_the_time_again() -> None:
    """GIVEN a wrong clock and a counter that stands still in the freezer WHEN the next answer comes THEN it is right again."""
    machine = Machine(timedelta(minutes=20))
    clock = machine.clock()
    clock.hear(machine.date(), machine.monotonic())
    machine.true += timedelta(hours=3)
    clock.hear(machine.date(), machine.monotonic())
    assert abs(clock() - machine.true) < timedelta(seconds=2)


@pytest.mark.parametrize("change", ["stood still", "was set"])
def test_an_instance_whose_clocks_went_apart_asks_for_the_time_before_anything_goes_by_it(change: str) -> None:
    """GIVEN a wrong clock WHEN the instance was frozen for hours, or its clock was set, between two invocations THEN it asks first."""
    machine = Machine(timedelta(minutes=20))
    clock = machine.clock()

    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(404, headers={"x-oss-request-id": "r", "Date": machine.date()})

    wiring = Wiring(ENVIRONMENT, Host(OverHttpx(httpx.MockTransport(answer)), clock))
    for _ in range(2):
        with wiring.invocation(None):
            machine.forward(60)
    assert asked == ["HEAD"]
    if change == "stood still":
        machine.true += timedelta(hours=3)
    else:
        machine.error = timedelta(minutes=-40)
    with wiring.invocation(None):
        assert abs(clock() - machine.true) < timedelta(seconds=2)
    assert asked == ["HEAD", "HEAD"]


@pytest.mark.parametrize(
    "date",
    ["", "soon", "Sat, 99 Nov 2026 08:15:30 GMT", "2026-11-21T08:15:30Z", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"],
)
def test_a_date_that_is_none_teaches_nothing(date: str) -> None:
    machine = Machine(timedelta(minutes=20))
    clock = machine.clock()
    clock.hear(date, machine.monotonic())
    assert clock() == machine.wall()


@pytest.mark.parametrize(
    ("refused", "act"),
    [
        (
            oss_error(403, "RequestTimeTooSkewed", Date="Sat, 21 Nov 2026 08:15:30 GMT"),
            lambda network: network.bucket().append("k", 0, b"x"),
        ),
        (mns_time_expired(), lambda network: network.queue().delete(["receipt"])),
        (ims_error(400, "InvalidTimeStamp.Expired", Date="Sat, 21 Nov 2026 08:15:30 GMT"), lambda network: submit(network.ims())),
    ],
)
def test_what_was_turned_away_for_its_time_is_signed_anew_and_sent_once_more(
    refused: httpx.Response, act: Callable[[Network], Any]
) -> None:
    clock = Machine(timedelta(days=730)).clock()
    network = Network(refused, SUBMITTED, clock=clock)
    act(network)
    dates = [
        next(request.headers[name] for name in ("x-oss-date", "x-acs-date", "date") if name in request.headers)
        for request in network.requests
    ]
    assert ["2028" in date for date in dates] == [True, False]
    assert ["2026" in date for date in dates] == [False, True]
    assert network.sleeps == []


def test_a_clock_that_was_just_found_wrong_explains_a_refusal_in_any_words() -> None:
    refused = oss_error(400, "InvalidArgument", "Invalid signing date in Authorization header.", Date="Sat, 21 Nov 2026 08:15:30 GMT")
    network = Network(refused, OK, clock=Machine(timedelta(days=2)).clock())
    network.bucket().append("k", 0, b"x")
    assert len(network.requests) == 2
    network = Network(refused, OK, clock=Machine(timedelta(0)).clock())
    with pytest.raises(ServiceRefused):
        network.bucket().append("k", 0, b"x")


def test_a_time_that_stays_wrong_is_an_error_after_the_second_try() -> None:
    network = Network(oss_error(403, "RequestTimeTooSkewed"))
    with pytest.raises(ServiceRefused, match="RequestTimeTooSkewed"):
        network.bucket().get("k")
    assert len(network.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"x-oss-request-id": "r", "age": "3600"}])
def test_the_clock_of_a_proxy_is_not_the_service_s(headers: dict[str, str]) -> None:
    machine = Machine(timedelta(0))
    clock = machine.clock()
    network = Network(httpx.Response(400, content=b"", headers={"Date": "Sat, 21 Nov 2020 08:15:30 GMT", **headers}), clock=clock)
    with pytest.raises(ServiceRefused):
        network.bucket().get("k")
    assert clock() == machine.wall()


def test_an_invocation_hears_the_time_before_anything_goes_by_it() -> None:
    clock = Machine(timedelta(days=730)).clock()
    network = Network(oss_error(404, "NoSuchKey", Date="Sat, 21 Nov 2026 08:15:30 GMT"), clock=clock)
    wiring = Wiring(ENVIRONMENT, network.host)
    for _ in range(2):
        with wiring.invocation(None):
            assert abs(clock() - START) < timedelta(seconds=2)
    assert [request.method for request in network.requests] == ["HEAD"]
