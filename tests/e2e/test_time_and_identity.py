"""Wrong clocks and keys that end, in front of the real services."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import journal
from cli.up import NAMES
from localcloud.identity import Credential, Keyring
from sightline.clock import CloudClock, utc_now
from sightline.credentials import Credentials, CredentialsProvider
from sightline.errors import CredentialsExpired, ServiceRefused
from sightline.host import Host
from sightline.ims.smarttag import SmarttagClient, SmarttagInput
from sightline.ims.transport import ImsTransport
from sightline.ledger.facts import Fact
from sightline.media.identity import media_id
from sightline.mns.queue import MnsQueue
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.store.oss import OssBucket
from sightline.wiring import Wiring
from tests.laptop import Cloud, wait_until

MakeCloud = Callable[..., Cloud]

# --- wrong clocks


@pytest.mark.parametrize("error", [timedelta(minutes=20), timedelta(minutes=-20), timedelta(days=730), timedelta(days=-730)], ids=str)
def test_an_instance_whose_clock_is_wrong_works_like_any_other(cloud: Cloud, clips: dict[str, Path], error: timedelta) -> None:
    """GIVEN an instance whose machine is so far off WHEN it takes an upload all the way THEN it is found, and the ledger has true times.

    Its uploads lie where no trigger looks, so that it has them to itself.
    """
    instance = _instance(cloud, CloudClock(lambda: utc_now() + error), UPLOAD_PREFIX="skewed/", CALLBACK_SECONDS="0")
    key = f"skewed/skewed/door{error.days}_{error.seconds}/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    began = utc_now()
    with instance.invocation(None):
        assert submit(instance.pipeline(), key, "an upload").startswith("submitted")
    wait_until(lambda: _is_searchable(cloud, instance, key), 60, lambda: str(cloud.story(key)))
    facts = _facts(cloud, key)
    assert [fact.kind for fact in facts][-1] == "searchable"
    assert all(began - timedelta(seconds=7) < fact.at < utc_now() + timedelta(seconds=7) for fact in facts), facts
    address = instance.bucket(cloud.clients.running.media_bucket).presign(key, 60)
    assert httpx.get(address, trust_env=False).content == clips["street-by-day"].read_bytes()


def test_the_first_call_of_a_wrong_clock_is_refused_and_sent_again(cloud: Cloud) -> None:
    """Of each service, so that each one's own code for it is met."""
    running = cloud.clients.running
    key = Credentials(running.access_key_id, running.access_key_secret)
    for ask in (
        lambda host: OssBucket(host, lambda: key, running.region, running.endpoint, running.state_bucket).put("skewed", b"x"),
        lambda host: ImsTransport(host, lambda: key, running.endpoint).call("ListPipelines", {}, again=False),
        lambda host: MnsQueue(host, lambda: key, running.endpoint, NAMES.dead_queue).receive(1),
    ):
        clock = CloudClock(lambda: utc_now() + timedelta(days=730))
        ask(Host(clock=clock))
        assert abs(clock() - utc_now()) < timedelta(seconds=7)


def _instance(cloud: Cloud, clock: Callable[[], datetime], **settings: str) -> Wiring:
    """What Function Compute would start, but for its clock and those settings."""
    running = cloud.clients.running
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": running.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": running.access_key_secret}
    return Wiring({**journal.environment_of(running, "sweep"), **keys, **settings}, Host(clock=clock))


def _is_searchable(cloud: Cloud, instance: Wiring, key: str) -> bool:
    with instance.invocation(None):
        sweep(instance.pipeline(), lambda what, error: None)
    return cloud.story(key).stage == "searchable"


def _facts(cloud: Cloud, key: str) -> list[Fact]:
    return list(cloud.clients.ledger().read(media_id(cloud.clients.running.media_bucket, key)).facts)


# --- keys that end


def _issued(cloud: Cloud, seconds: float) -> Credentials:
    return _as_ours(Keyring.open(cloud.data / "keys.json").issue("function", seconds))


def _as_ours(issued: Credential) -> Credentials:
    return Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token)


def _in_turn(*keys: Credentials) -> CredentialsProvider:
    following = chain(keys[:-1], repeat(keys[-1]))
    return lambda: next(following)


SERVICES: list[Callable[[Cloud, CredentialsProvider], Any]] = [
    lambda cloud, keys: _bucket(cloud, keys).head("k"),
    lambda cloud, keys: _bucket(cloud, keys).get("k"),
    lambda cloud, keys: list(_bucket(cloud, keys).keys("no-such/")),
    lambda cloud, keys: _bucket(cloud, keys).append(f"appended-{time.monotonic_ns()}", 0, b"x"),
    lambda cloud, keys: _bucket(cloud, keys).delete("k"),
    lambda cloud, keys: _ims(cloud, keys).call("ListPipelines", {}),
    lambda cloud, keys: SmarttagClient(_ims(cloud, keys), cloud.clients.running.template_id, "", "en").submit(
        "t", SmarttagInput(["https://example.com/a.jpg"], False), None, ""
    ),
    lambda cloud, keys: MnsQueue(Host(), keys, cloud.clients.running.endpoint, NAMES.dead_queue).receive(1),
]
CALL_NAMES = ["head", "get", "list", "append", "delete", "question", "submit", "receive"]


def _bucket(cloud: Cloud, keys: CredentialsProvider) -> OssBucket:
    running = cloud.clients.running
    return OssBucket(Host(), keys, running.region, running.endpoint, running.state_bucket)


def _ims(cloud: Cloud, keys: CredentialsProvider) -> ImsTransport:
    return ImsTransport(Host(), keys, cloud.clients.running.endpoint)


@pytest.mark.parametrize("call", SERVICES, ids=CALL_NAMES)
def test_a_key_that_has_ended_is_told_from_any_other_trouble(cloud: Cloud, call: Callable[[Cloud, CredentialsProvider], Any]) -> None:
    ended = _issued(cloud, -1)
    with pytest.raises(CredentialsExpired):
        call(cloud, lambda: ended)


@pytest.mark.parametrize("call", SERVICES, ids=CALL_NAMES)
def test_a_newer_key_takes_the_place_of_one_that_has_ended(cloud: Cloud, call: Callable[[Cloud, CredentialsProvider], Any]) -> None:
    call(cloud, _in_turn(_issued(cloud, -1), _issued(cloud, 600)))


@pytest.mark.parametrize("call", SERVICES, ids=CALL_NAMES)
def test_a_key_that_was_never_issued_is_wrong_and_not_ended(cloud: Cloud, call: Callable[[Cloud, CredentialsProvider], Any]) -> None:
    with pytest.raises(ServiceRefused) as raised:
        call(cloud, lambda: Credentials("LTAInobody", "secret"))
    assert not isinstance(raised.value, CredentialsExpired)
    assert not raised.value.retryable


UP_WITH_SHORT_KEYS = """
import sys
from localcloud.fc.running import launching
launching.CREDENTIAL_SECONDS = float(sys.argv.pop(1))
from cli.main import main
main()
"""


KEY_SECONDS = 12


class CloudOfShortKeys(Cloud):
    """Its functions get keys that end after a few seconds; the instances stay warm for minutes."""

    def up(self) -> list[str | Path]:
        return [sys.executable, "-c", UP_WITH_SHORT_KEYS, str(KEY_SECONDS), *super().up()[1:]]


@pytest.fixture
def cloud_of_short_keys(tmp_path: Path) -> Iterator[CloudOfShortKeys]:
    settings = {"SIGHTLINE_CALLBACK_SECONDS": "0", "SIGHTLINE_CAMERA_TIME_ZONES": "lab=Europe/Rome,home=Asia/Shanghai"}
    cloud = CloudOfShortKeys(tmp_path / "cloud", settings)
    cloud.start()
    yield cloud
    assert cloud.end() == 0


def test_a_warm_instance_whose_key_has_ended_is_replaced(cloud_of_short_keys: CloudOfShortKeys, clips: dict[str, Path]) -> None:
    """GIVEN warm instances whose keys ended meanwhile WHEN a clip is uploaded, and asked for THEN it is found, as the one before was.

    Their cameras are in Shanghai.
    """
    cloud = cloud_of_short_keys
    first, second = (f"uploads/home/door/{name}.mp4" for name in ("2020-07-01T16-15-30", "2020-07-01T16-15-31"))
    cloud.bucket().put_object_from_file(first, str(clips["street-by-day"]))
    assert [story.stage for story in cloud.wait(first)] == ["searchable"]
    wait_until(lambda: _total(cloud) == 1, 30)
    ended = time.monotonic() + KEY_SECONDS
    wait_until(lambda: time.monotonic() > ended, KEY_SECONDS + 5)
    cloud.bucket().put_object_from_file(second, str(clips["street-by-day"]))
    assert [story.stage for story in cloud.wait(second)] == ["searchable"]
    wait_until(lambda: _total(cloud) == 2, 30)
    times = [hit["time"] for hit in cloud.search("a person in red", "home")["hits"]]
    assert sorted(times) == ["2020-07-01T08:15:30.000Z", "2020-07-01T08:15:31.000Z"]
    assert "this instance ends: OSS" in cloud.command("logs", "submit", "-n", "10000").stdout


def _total(cloud: Cloud) -> int:
    """-1 from an instance that had to be replaced."""
    try:
        return int(cloud.search("a person in red", "home").get("total", -1))
    except (ValueError, AttributeError):
        return -1


# --- settings


def test_a_function_with_a_wrong_setting_stops_at_its_start_and_names_it(new_cloud: MakeCloud, tmp_path: Path) -> None:
    cloud = new_cloud(SIGHTLINE_CAMERA_TIME_ZONE="Mars/Olympus")
    event = tmp_path / "event.json"
    event.write_text('{"events": []}')
    for function in ("submit", "collect", "search", "sweep"):
        assert "CAMERA_TIME_ZONE: 'Mars/Olympus' is no time zone" in cloud.command("invoke", function, "--event", str(event), code=1).stderr
