"""Keys that expire, clocks that are wrong, permissions that are missing, services that are busy: over a scripted network."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import chain, repeat
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sightline.clock import CloudClock
from sightline.credentials import Credentials, CredentialsProvider, from_context
from sightline.errors import (
    BadSetting,
    CredentialsExpired,
    PermissionMissing,
    ServiceRefused,
    ServiceUnreachable,
    SightlineError,
    UnusableAnswer,
)
from sightline.host import Host, Invocation, new_client
from sightline.ims import ImsTransport, SearchLibrary, SmarttagClient
from sightline.ims.smarttag import SmarttagInput
from sightline.mns import MnsQueue
from sightline.settings import from_environment
from sightline.store import OssBucket
from sightline.wiring import Wiring
from tests.fakes.sightline import START, FakeClock

OLD = Credentials("STS.old", "secret", "old-token")
NEW = Credentials("STS.new", "secret", "new-token")
LASTING = Credentials("LTAI", "secret")

Reply = httpx.Response | Exception


class Network:
    """Answers in turn, the last for ever; remembers the requests and the sleeps between them."""

    def __init__(self, *replies: Reply, clock: Callable[[], datetime] | None = None, invocation: Invocation | None = None) -> None:
        self._replies: Iterator[Reply] = chain(replies[:-1], repeat(replies[-1]))
        self.requests: list[httpx.Request] = []
        self.sleeps: list[float] = []
        client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.host = Host(client, clock or (lambda: START), self.sleeps.append, Random(4), invocation or Invocation())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def bucket(self, keys: CredentialsProvider = lambda: LASTING) -> OssBucket:
        return OssBucket(self.host, keys, "cn-shanghai", "http://127.0.0.1:1", "media")

    def queue(self, keys: CredentialsProvider = lambda: LASTING) -> MnsQueue:
        return MnsQueue(self.host, keys, "http://mns.example", "dead")

    def ims(self, keys: CredentialsProvider = lambda: LASTING) -> ImsTransport:
        return ImsTransport(self.host, keys, "http://ims.example")


def oss_error(status: int, code: str, message: str = "no", **headers: str) -> httpx.Response:
    text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return httpx.Response(status, text=text, headers={"x-oss-request-id": "5C3D9175B6FC201293AD4890", **headers})


def mns_error(status: int, code: str, message: str = "no") -> httpx.Response:
    text = f'<Error xmlns="http://mns.aliyuncs.com/doc/v1/"><Code>{code}</Code><Message>{message}</Message></Error>'
    return httpx.Response(status, text=text, headers={"x-mns-request-id": "r"})


def mns_time_expired() -> httpx.Response:
    reply = mns_error(408, "TimeExpired")
    reply.headers["Date"] = "Sat, 21 Nov 2026 08:15:30 GMT"
    return reply


def ims_error(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"Code": code, "Message": "no", "RequestId": "r"}, headers={"x-acs-request-id": "r", **headers})


def in_turn(*keys: Credentials) -> CredentialsProvider:
    following = chain(keys[:-1], repeat(keys[-1]))
    return lambda: next(following)


def submit(transport: ImsTransport) -> str:
    return SmarttagClient(transport, "template", "", "en").submit("t", SmarttagInput(["https://x"], False), None, "")


OK = httpx.Response(200, content=b"content", headers={"x-oss-request-id": "r"})
SUBMITTED = httpx.Response(200, json={"JobId": "0123456789abcdef0123456789abcdef", "RequestId": "r"})

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


ENVIRONMENT = {
    "OSS_ENDPOINT": "http://127.0.0.1:1",
    "MEDIA_BUCKET": "media",
    "STATE_BUCKET": "state",
    "IMS_ENDPOINT": "http://127.0.0.1:1",
    "SMARTTAG_TEMPLATE_ID": "template",
    "SEARCH_LIBRARY": "IPCamera_x",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.environment",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "environment-token",
}


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
    network = Network(httpx.Response(200, content=b"", headers={"Date": "Sat, 21 Nov 2020 08:15:30 GMT", **headers}), clock=clock)
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


# --- permissions that are missing

OBJECTS = "acs:oss:*:*:media/*"
QUEUE = "acs:mns:*:*:/queues/dead/messages"
CALLS: list[tuple[str, str, Callable[[Network], Any]]] = [
    ("oss:GetObject", OBJECTS, lambda network: network.bucket().get("k")),
    ("oss:GetObject", OBJECTS, lambda network: network.bucket().head("k")),
    ("oss:PutObject", OBJECTS, lambda network: network.bucket().put("k", b"")),
    ("oss:PutObject", OBJECTS, lambda network: network.bucket().append("k", 0, b"")),
    ("oss:DeleteObject", OBJECTS, lambda network: network.bucket().delete("k")),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().keys("p/"))),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().objects("p/"))),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().folders("p/"))),
    ("ice:SubmitSmarttagJob", "*", lambda network: submit(network.ims())),
    ("ice:QuerySmarttagJob", "*", lambda network: SmarttagClient(network.ims(), "t", "", "en").query("j")),
    (
        "ice:InsertMediaToSearchLib",
        "*",
        lambda network: SearchLibrary(network.ims(), "IPCamera_x").insert("m", "oss://b/k", "video", "t", "d", "n"),
    ),
    ("ice:QueryMediaIndexJob", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").index_states("m")),
    ("ice:DeleteMediaFromSearchLib", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").delete("m", "n")),
    ("ice:QuerySearchLib", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").exists()),
    ("mns:BatchReceiveMessage", QUEUE, lambda network: network.queue().receive(16)),
    ("mns:BatchDeleteMessage", QUEUE, lambda network: network.queue().delete(["receipt"])),
    ("ice:SearchMediaByHybrid", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").search("a", "n", 1, 10)),
]


@pytest.mark.parametrize(("action", "resource", "act"), CALLS, ids=[f"{number}-{action}" for number, (action, _, _) in enumerate(CALLS)])
@pytest.mark.parametrize("code", ["AccessDenied", "Forbidden.RAM", "NoPermission", "Forbidden"])
def test_a_missing_permission_names_what_to_grant(action: str, resource: str, act: Callable[[Network], Any], code: str) -> None:
    errors: dict[str, Callable[..., httpx.Response]] = {"oss": oss_error, "mns": mns_error, "ice": ims_error}
    network = Network(errors[action.partition(":")[0]](403, code))
    with pytest.raises(PermissionMissing) as raised:
        act(network)
    assert f"grant {action} on {resource} to the function's role" in str(raised.value)
    assert (raised.value.permission.action, raised.value.retryable, len(network.requests)) == (action, False, 1)


def test_the_template_grants_what_the_layer_may_ask_for() -> None:
    template = (Path(__file__).parents[3] / "template.yaml").read_text()
    assert [action for action, _, _ in CALLS if f"- {action}\n" not in template] == []


def test_a_missing_permission_of_a_head_is_read_from_its_header() -> None:
    error = "PEVycm9yPjxDb2RlPkFjY2Vzc0RlbmllZDwvQ29kZT48L0Vycm9yPg=="  # <Error><Code>AccessDenied</Code></Error>
    network = Network(httpx.Response(403, headers={"x-oss-err": error}))
    with pytest.raises(PermissionMissing, match="grant oss:GetObject"):
        network.bucket().head("k")


def test_the_action_that_the_service_names_counts_more_than_ours() -> None:
    body = {"Code": "Forbidden.RAM", "Message": "no", "AccessDeniedDetail": {"AuthAction": "ice:PassRole"}}
    with pytest.raises(PermissionMissing, match="grant ice:PassRole"):
        submit(Network(httpx.Response(403, json=body)).ims())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            oss_error(403, "AccessDenied", "The bucket you are attempting to access must be addressed using the specified endpoint."),
            ServiceRefused,
        ),
        (oss_error(403, "SignatureDoesNotMatch"), ServiceRefused),
        (oss_error(403, "InvalidObjectState"), ServiceRefused),
    ],
)
def test_not_every_403_is_a_missing_permission(reply: httpx.Response, kind: type) -> None:
    with pytest.raises(ServiceRefused) as raised:
        Network(reply).bucket().get("k")
    assert type(raised.value) is kind


# --- services that are busy, and answers that are none

BUSY = [
    ims_error(400, "Throttling"),
    ims_error(400, "Throttling.User"),
    ims_error(400, "Throttling.Api"),
    ims_error(403, "RequestsTooFrequent"),
    ims_error(429, "TooMany"),
    ims_error(503, "ServiceUnAvailable"),
    ims_error(500, "InternalError"),
    httpx.Response(502, text="<html>Bad Gateway</html>"),
]


@pytest.mark.parametrize("busy", BUSY)
def test_a_busy_service_is_asked_again_and_is_given_a_job_once(busy: httpx.Response) -> None:
    network = Network(busy, busy, httpx.Response(200, json={"JobStatus": "Processing", "UserData": ""}))
    assert SmarttagClient(network.ims(), "t", "", "en").query("j").state == "Processing"
    network = Network(busy)
    with pytest.raises(ServiceRefused) as raised:
        submit(network.ims())
    assert (len(network.requests), raised.value.retryable) == (1, True)


def test_pauses_are_anything_up_to_a_bound_that_doubles() -> None:
    bounds, most = [0.4, 0.8, 1.6], [0.0, 0.0, 0.0]
    for seed in range(200):
        network = Network(oss_error(503, "ServiceUnavailable"))
        network.host.chance.seed(seed)
        with pytest.raises(ServiceRefused):
            network.bucket().get("k")
        assert len(network.sleeps) == 3
        assert all(0 <= pause <= bound for pause, bound in zip(network.sleeps, bounds, strict=True))
        most = [max(pair) for pair in zip(most, network.sleeps, strict=True)]
    assert all(seen > 0.9 * bound for seen, bound in zip(most, bounds, strict=True))


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"Retry-After": "3"}, 3),
        ({"x-acs-retry-after": "2500"}, 2.5),
        ({"Retry-After": "Sat, 21 Nov 2026 08:15:34 GMT", "Date": "Sat, 21 Nov 2026 08:15:30 GMT"}, 4),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "Sat, 21 Nov 99999999999 08:15:30 GMT", "Date": "Sat, 21 Nov 2026 08:15:30 GMT"}, 0),
        ({"x-acs-retry-after": "9" * 5000}, 0),
    ],
)
def test_what_the_service_asks_for_is_waited(headers: dict[str, str], asked: float) -> None:
    network = Network(oss_error(503, "ServiceUnavailable", **headers), OK)
    network.bucket().get("k")
    assert asked <= network.sleeps[0] <= asked + 0.4


def test_a_service_that_asks_for_long_is_left_to_whoever_comes_later() -> None:
    network = Network(oss_error(503, "ServiceUnavailable", **{"Retry-After": "120"}))
    with pytest.raises(ServiceRefused) as raised:
        network.bucket().get("k")
    assert (network.sleeps, raised.value.retry_after) == ([], 120)


def test_no_pause_outlasts_the_invocation() -> None:
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=4)))
    network = Network(oss_error(503, "ServiceUnavailable", **{"Retry-After": "2"}), invocation=invocation)
    with pytest.raises(ServiceRefused):
        network.bucket().get("k")
    assert len(network.sleeps) == 3
    now.forward(2)
    with pytest.raises(ServiceRefused):
        network.bucket().get("k")
    assert (len(network.sleeps), len(network.requests)) == (3, 5)


@pytest.mark.parametrize("seconds", [4.0, 3.5, 3600])
def test_an_invocation_that_is_about_to_end_starts_nothing(seconds: float) -> None:
    """Not even with less than no time left, which is not the same as no end."""
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=4)))
    now.forward(seconds)
    network = Network(SUBMITTED, invocation=invocation)
    with pytest.raises(ServiceUnreachable, match="about to end") as raised:
        submit(network.ims())
    assert (network.requests, raised.value.took_no_effect) == ([], True)


def test_a_request_has_no_more_time_than_the_invocation() -> None:
    now = FakeClock()
    invocation = Invocation(lambda: now.now.timestamp())
    invocation.begin(SimpleNamespace(function=SimpleNamespace(timeout=11)))
    network = Network(OK, invocation=invocation)
    network.bucket().get("k")
    assert network.requests[0].extensions["timeout"] == {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 10.0}


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(200, text="<html>welcome</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, json=None),
        httpx.Response(200, json=["JobId"]),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content='{"JobId": "0123"}'.encode("utf-16")),
        httpx.Response(200, content=b'{"JobId": "0123'),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection"),
    ],
)
def test_an_answer_that_cannot_be_read_may_have_been_a_job(reply: Reply) -> None:
    network = Network(reply)
    with pytest.raises(ServiceUnreachable) as raised:
        submit(network.ims())
    assert (len(network.requests), raised.value.retryable, raised.value.took_no_effect) == (1, True, False)


@pytest.mark.parametrize(
    ("body", "act"),
    [
        (b"", lambda bucket: list(bucket.keys(""))),
        (b"<a", lambda bucket: list(bucket.folders(""))),
        (b"<R><Contents><Key>a</Key><Size>x</Size></Contents></R>", lambda bucket: list(bucket.objects(""))),
        (b"<R><Contents><Key>a</Key></Contents></R>", lambda bucket: list(bucket.objects(""))),
        (b"", lambda bucket: bucket.head("k")),
    ],
)
def test_an_answer_of_oss_that_cannot_be_read(body: bytes, act: Callable[[OssBucket], Any]) -> None:
    with pytest.raises(ServiceUnreachable, match="can't be read") as raised:
        act(Network(httpx.Response(200, content=body, headers={"ETag": '"E"'})).bucket())
    assert raised.value.retryable


def test_an_answer_of_absurd_size_is_not_read_to_its_end() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 2**20
            yield bytes(2**20)

    with pytest.raises(UnusableAnswer, match="more than 16,777,216 bytes") as raised:
        submit(Network(httpx.Response(200, content=endless())).ims())
    assert not raised.value.retryable
    assert read < 20 * 2**20


@contextmanager
def server(answer: bytes, drip: bytes = b"") -> Iterator[str]:
    """Says the same to whoever connects, and hangs up; or goes on with `drip` as long as somebody listens."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)
                    with suppress(OSError):
                        while drip:
                            connection.sendall(drip)
                            ended.wait(0.02)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (HEAD + b"Content-Length: 100\r\n\r\n{", ServiceUnreachable),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", ServiceUnreachable),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", ServiceUnreachable),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ServiceUnreachable),
        (b"", ServiceUnreachable),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(17 * 2**20)), UnusableAnswer),
    ],
    ids=["cut-short", "cut-chunk", "not-gzip", "another-protocol", "nothing", "bomb"],
)
def test_a_real_connection_that_brings_nonsense(answer: bytes, kind: type[SightlineError]) -> None:
    with server(answer) as address, new_client() as client:
        transport = ImsTransport(Host(client, sleep=lambda _: None), lambda: LASTING, address)
        with pytest.raises(kind):
            submit(transport)


def test_an_answer_that_trickles_counts_as_none() -> None:
    """Each byte comes in time, and the last one never."""
    with server(HEAD + b"Content-Length: 1000000\r\n\r\n", drip=b" ") as address, new_client() as client:
        transport = ImsTransport(Host(client, request_seconds=0.2), lambda: LASTING, address)
        with pytest.raises(ServiceUnreachable, match="ReadTimeout"):
            submit(transport)


# --- settings


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"CLAIM_SECONDS": "59"}, "CLAIM_SECONDS"),
        ({"REQUEST_SECONDS": "60"}, "CLAIM_SECONDS"),
        ({"INPUT_URL_SECONDS": "3600"}, "INPUT_URL_SECONDS"),
        ({"STATE_BUCKET": "media"}, "STATE_BUCKET"),
        ({"OSS_ENDPOINT": ""}, "OSS_ENDPOINT"),
        ({"OSS_ENDPOINT": "https://oss.example/bucket"}, "OSS_ENDPOINT"),
        ({"OSS_PUBLIC_ENDPOINT": "ftp://oss.example"}, "OSS_PUBLIC_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://ice.example:port"}, "IMS_ENDPOINT"),
        ({"IMS_ENDPOINT": "https://[::1"}, "IMS_ENDPOINT"),
        ({"IMS_SEARCH_ENDPOINT": "ice.example "}, "IMS_SEARCH_ENDPOINT"),
        ({"DEFAULT_NAMESPACE": "x" * 65}, "DEFAULT_NAMESPACE"),
        ({"CAMERA_TIME_ZONE": "Shanghai"}, "CAMERA_TIME_ZONE"),
        ({"CAMERA_TIME_ZONES": "home=Shanghai"}, "CAMERA_TIME_ZONES"),
    ],
)
def test_settings_that_do_not_go_together_are_named(variables: dict[str, str], name: str) -> None:
    with pytest.raises(BadSetting) as raised:
        from_environment({**ENVIRONMENT, **variables})
    assert raised.value.field == name
    assert json.dumps(raised.value.fix)
