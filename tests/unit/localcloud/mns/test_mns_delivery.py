"""What a topic owes, and how it is paid: retries, formats, and nothing lost with the process."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from localcloud.database import Database
from localcloud.identity import Credential, Keyring
from localcloud.mns import MessageService, delivery
from localcloud.mns.delivery import Courier
from localcloud.mns.errors import MnsError
from localcloud.mns.model import LISTENER, Delivery, Draft, Property, Publication, Subscription
from localcloud.mns.notification import content, push_headers, push_url, retry_delay
from localcloud.mns.queue_store import QueueStore
from localcloud.mns.queues import MessageQueues
from localcloud.mns.schema import SCHEMA
from localcloud.mns.topic_store import TopicStore
from localcloud.mns.topics import Topics
from localcloud.place import Place
from localcloud.ports import TopicMessage

ROOT = Path(__file__).parents[4]
ACCOUNT = "1000000000000001"
QUEUE_ENDPOINT = f"acs:mns:cn-shanghai:{ACCOUNT}:queues/q"
PUBLICATION = Publication("A1", "t", "body <é> 你好", "C" * 32, 1_700_000_000.5, "tagged")


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """An HTTP endpoint that answers what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        self.got.append((url, headers, body))
        return self.status


class Listener:
    """Keeps what it is told; refuses bodies that hold "bad" while `refusing`, and waits on `gate` for the topic called slow."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.refusing = True
        self.gate = threading.Event()

    def topic_message(self, message: TopicMessage) -> None:
        if message.topic == "slow":
            self.gate.wait(30)
        if self.refusing and "bad" in message.body:
            raise RuntimeError("disk full")
        self.bodies.append(message.body)


class Seal:
    """Signs with what it signed."""

    def certificate_url(self) -> str:
        return "http://cloud/cert.pem"

    def sign(self, text: str) -> str:
        return text.replace("\n", "|")


class Office:
    """Queues, topics and a courier that walks only when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.endpoint = Endpoint()
        self.database = Database(folder / "mns.sqlite3", SCHEMA)
        self.store = TopicStore(self.database)
        self.queues = MessageQueues(QueueStore(self.database), self.clock)
        self.courier = Courier(self.database, self.store, self.queues, Place(), self.clock, Seal(), self.endpoint)
        self.topics = Topics(self.store, self.clock, on_publish=self.courier.ring)
        self.topics.create("t", {})

    def publish(self, body: str, tag: str = "") -> None:
        self.topics.publish("t", Draft(body, tag=tag))

    def deliver(self, destination: str) -> None:
        self.courier.deliver_due("t", destination)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.database.close()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.01)


def test_one_bad_message_does_not_hold_up_the_next(office: Office) -> None:
    listener = Listener()
    office.courier.listen(listener)
    for body in ("bad", "good", "better"):
        office.publish(body)
    office.deliver(LISTENER)
    assert listener.bodies == ["good", "better"]

    listener.refusing = False
    office.clock.now += 60
    office.deliver(LISTENER)
    assert listener.bodies == ["good", "better", "bad"]
    assert office.topics.find("t").message_count == 0


def test_a_queue_subscription_filters_by_tag(office: Office) -> None:
    office.queues.create("q", {})
    office.topics.subscribe("t", "s", {"Endpoint": QUEUE_ENDPOINT, "FilterTag": "keep", "NotifyContentFormat": "SIMPLIFIED"})
    office.publish("dropped", tag="other")
    office.publish("kept", tag="keep")
    office.publish("untagged")
    office.deliver("s")
    assert [message.draft.body for message in office.queues.receive("q", 16, 0)] == ["kept"]


def test_a_missing_queue_is_tried_again_by_the_strategy(office: Office) -> None:
    office.topics.subscribe(
        "t", "s", {"Endpoint": QUEUE_ENDPOINT, "NotifyStrategy": "EXPONENTIAL_DECAY_RETRY", "NotifyContentFormat": "SIMPLIFIED"}
    )
    office.publish("patient")
    office.deliver("s")
    office.queues.create("q", {})
    office.deliver("s")
    assert office.queues.receive("q", 1, 0) == [], "the second try is due after a second"
    office.clock.now += 1
    office.deliver("s")
    assert [message.draft.body for message in office.queues.receive("q", 1, 0)] == ["patient"]


def test_an_endpoint_that_keeps_refusing_is_given_up(office: Office) -> None:
    office.endpoint.status = 500
    office.topics.subscribe("t", "s", {"Endpoint": "http://localhost:1/in"})
    office.publish("unwanted")
    for _ in range(6):
        office.deliver("s")
        office.clock.now += 20
    assert len(office.endpoint.got) == 4, "one try and three retries"
    assert office.store.next_due(0) is not None, "the listener is still owed the message"


def test_unsubscribing_forgets_what_was_owed(office: Office) -> None:
    office.topics.subscribe("t", "s", {"Endpoint": "http://localhost:1/in"})
    office.publish("a")
    office.topics.unsubscribe("t", "s")
    office.deliver("s")
    assert office.endpoint.got == []


def test_retry_schedules_are_the_documented_ones() -> None:
    delays = [retry_delay("EXPONENTIAL_DECAY_RETRY", failures) for failures in range(1, 178)]
    assert delays[:11] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512]
    assert delays.count(512) == 167
    assert delays[175:] == [512, None]
    backoff = [retry_delay("BACKOFF_RETRY", failures, lambda low, high: low + high) for failures in range(1, 5)]
    assert backoff == [30, 30, 30, None]


def test_the_three_formats() -> None:
    def shown(content_format: str) -> str:
        return content(PUBLICATION, Subscription("t", "s", "http://h/", content_format=content_format), ACCOUNT)

    expected = {
        "TopicOwner": ACCOUNT,
        "TopicName": "t",
        "Subscriber": ACCOUNT,
        "SubscriptionName": "s",
        "MessageId": "A1",
        "Message": "body <é> 你好",
        "MessageMD5": "C" * 32,
        "MessageTag": "tagged",
        "PublishTime": "1700000000500",
    }
    assert shown("SIMPLIFIED") == PUBLICATION.body
    assert json.loads(shown("JSON")) == expected
    root = ElementTree.fromstring(shown("XML"))
    assert root.tag == "{http://mns.aliyuncs.com/doc/v1/}Notification"
    assert {each.tag.partition("}")[2]: each.text for each in root} == expected


def test_push_headers_are_in_lower_case_and_name_the_message_when_the_body_does_not() -> None:
    headers = push_headers(PUBLICATION, Subscription("t", "s", "http://h/", content_format="SIMPLIFIED"), ACCOUNT, b"x", 1_700_000_000)
    assert all(name == name.lower() for name in headers)
    assert headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert headers["x-mns-message-id"] == "A1"
    assert headers["x-mns-message-tag"] == "tagged"
    assert "x-mns-message-id" not in push_headers(PUBLICATION, Subscription("t", "s", "http://h/"), ACCOUNT, b"x", 0)


def test_a_push_goes_to_the_path_of_the_endpoint() -> None:
    assert push_url("http://h:80") == "http://h:80/notifications"
    assert push_url("http://h:80/in?a=b") == "http://h:80/in?a=b"


@pytest.mark.parametrize("endpoint", ["", "ftp://h/", "mail:directmail:a@b.c", "acs:mns:r:a:topics/t"])
def test_an_endpoint_that_cannot_be_served_is_refused(office: Office, endpoint: str) -> None:
    with pytest.raises(MnsError, match="Endpoint"):
        office.topics.subscribe("t", "s", {"Endpoint": endpoint})


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(Credential("id", "secret"))


def make_topic(folder: Path, *names: str) -> None:
    database = Database(folder / "mns.sqlite3", SCHEMA)
    topics = Topics(TopicStore(database), time.time, on_publish=lambda: None)
    for name in names:
        topics.create(name, {})
    database.close()


def test_messages_outlive_the_process_and_reach_a_listener_that_comes_later(tmp_path: Path, keyring: Keyring) -> None:
    make_topic(tmp_path, "t")
    first = MessageService(tmp_path, Place(), keyring)
    first.start()
    first.publish("t", "before the end")
    first.stop()

    listener = Listener()
    second = MessageService(tmp_path, Place(), keyring)
    second.start()
    second.listen(listener)
    eventually(lambda: listener.bodies == ["before the end"])
    second.stop()


def test_a_listener_that_hangs_on_one_topic_does_not_hold_up_another(tmp_path: Path, keyring: Keyring) -> None:
    make_topic(tmp_path, "slow", "quick")
    listener = Listener()
    service = MessageService(tmp_path, Place(), keyring, listener)
    service.start()
    service.publish("slow", "one")
    service.publish("quick", "two")
    eventually(lambda: listener.bodies == ["two"])
    listener.gate.set()
    eventually(lambda: listener.bodies == ["two", "one"])
    service.stop()


def test_unknown_names_are_key_errors_in_process(tmp_path: Path, keyring: Keyring) -> None:
    service = MessageService(tmp_path, Place(), keyring)
    with pytest.raises(KeyError):
        service.publish("nowhere", "a")
    with pytest.raises(KeyError):
        service.send("no/where", "a")
    with pytest.raises(KeyError):
        service.receive("nowhere", 1, 0)
    with pytest.raises(KeyError):
        service.delete("nowhere", "1-" + "0" * 32)
    service.stop()


KILLED = """
import os, pathlib, signal, sys
from localcloud.identity import Credential, Keyring
from localcloud.mns import MessageService, delivery
from localcloud.place import Place
service = MessageService(pathlib.Path(sys.argv[1]), Place(), Keyring(Credential("id", "secret")))
service.start()
service.publish("t", "published")
service.send("q", "sent")
(received,) = service.receive("q", 1, 0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing(tmp_path: Path, keyring: Keyring) -> None:
    make_topic(tmp_path, "t")
    database = Database(tmp_path / "mns.sqlite3", SCHEMA)
    MessageQueues(QueueStore(database), time.time).create("q", {"VisibilityTimeout": "1"})
    database.close()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL

    listener = Listener()
    service = MessageService(tmp_path, Place(), keyring, listener)
    service.start()
    eventually(lambda: listener.bodies == ["published"])
    (again,) = service.receive("q", 1, 20)
    assert (again.body, again.dequeue_count) == ("sent", 2)
    service.stop()


class FailingStore(TopicStore):
    """Can't be read, and counts how often it was asked, while `failing`."""

    failing = True
    asked = 0

    def lanes_due(self, now: float) -> list[tuple[str, str]]:
        self.asked += 1
        if self.failing:
            raise sqlite3.OperationalError("disk I/O error")
        return super().lanes_due(now)


def test_the_courier_outlives_a_database_that_fails(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a courier that can't see what is due
    monkeypatch.setattr(delivery, "DATABASE_RETRY_SECONDS", 0.05)
    store, listener = FailingStore(office.database), Listener()
    courier = Courier(office.database, store, office.queues, Place(), office.clock, Seal())
    courier.listen(listener)
    courier.start()
    office.publish("good")
    eventually(lambda: store.asked >= 3)
    # WHEN it can again
    store.failing = False
    # THEN it delivers
    eventually(lambda: listener.bodies == ["good"])
    courier.stop()


class FullStore(TopicStore):
    """Can be read but not written, as on a full disk, while `full`; counts the tries."""

    full = True
    tries = 0

    def settle(self, delivery: Delivery) -> None:
        self.tries += 1
        if self.full:
            raise sqlite3.OperationalError("database or disk is full")
        super().settle(delivery)


def test_a_full_disk_is_not_tried_hot_and_holds_up_no_other_lane(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a listener that takes a message, and a disk that can't keep that it did
    monkeypatch.setattr(delivery, "DATABASE_RETRY_SECONDS", 0.5)
    store, listener = FullStore(office.database), Listener()
    courier = Courier(office.database, store, office.queues, Place(), office.clock, Seal(), office.endpoint)
    office.topics.subscribe("t", "s", {"Endpoint": "http://h/"})
    courier.listen(listener)
    office.publish("good")
    courier.start()
    eventually(lambda: listener.bodies == ["good"] and len(office.endpoint.got) == 1)
    # WHEN much happens meanwhile
    for _ in range(50):
        courier.ring()
    # THEN each lane rests; and once there is room again, the message is told again rather than lost
    assert store.tries <= 4
    store.full = False
    eventually(lambda: office.topics.find("t").message_count == 0)
    courier.stop()
    assert set(listener.bodies) == {"good"}


def test_a_message_older_than_its_topics_retention_vanishes(office: Office) -> None:
    office.topics.subscribe("t", "s", {"Endpoint": "http://h/"})
    office.publish("old")
    office.clock.now += 86400
    assert office.topics.find("t").message_count == 0
    office.courier.start()
    eventually(lambda: office.store.first_due("t", "s", office.clock.now) is None)
    office.courier.stop()
    assert office.endpoint.got == []


def test_a_push_is_signed_over_what_is_sent(office: Office) -> None:
    office.topics.subscribe("t", "s", {"Endpoint": "http://h/in?x=1"})
    office.publish("body")
    office.deliver("s")
    ((_, headers, _),) = office.endpoint.got
    signed = headers["authorization"].split("|")
    assert signed[0] == "POST"
    assert signed[-1] == "/in?x=1"
    assert signed[4:-1] == [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-mns-")]


def test_properties_and_group_of_a_topics_message_reach_a_subscribed_queue(office: Office) -> None:
    office.queues.create("q", {"QueueType": "fifo"})
    office.topics.subscribe("t", "s", {"Endpoint": QUEUE_ENDPOINT, "NotifyContentFormat": "SIMPLIFIED"})
    kind = Property("kind", "video", "STRING")
    office.topics.publish("t", Draft("a", group="camera-1", user_properties=(kind,)))
    office.deliver("s")
    (got,) = office.queues.receive("q", 1, 0)
    assert (got.draft.group, got.draft.user_properties) == ("camera-1", (kind,))
