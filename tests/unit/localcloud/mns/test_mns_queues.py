"""How queues behave, with a clock that the test turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from localcloud.database import Database
from localcloud.mns.errors import AlreadyExist, MnsError, NotExist
from localcloud.mns.model import Draft
from localcloud.mns.queue_store import QueueStore
from localcloud.mns.queues import MessageQueues
from localcloud.mns.schema import SCHEMA


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queues(tmp_path: Path, clock: Clock) -> Iterator[MessageQueues]:
    database = Database(tmp_path / "mns.sqlite3", SCHEMA)
    queues = MessageQueues(QueueStore(database), clock)
    queues.create("q", {})
    yield queues
    database.close()


def bodies(queues: MessageQueues, count: int = 16) -> list[str]:
    return [message.draft.body for message in queues.receive("q", count, 0)]


def test_messages_come_by_priority_and_then_by_age(queues: MessageQueues) -> None:
    for body, priority in [("late", 16), ("first", 8), ("second", 8), ("urgent", 1)]:
        queues.send("q", Draft(body, priority=priority))
    assert bodies(queues) == ["urgent", "first", "second", "late"]


def test_a_received_message_is_hidden_until_its_visibility_timeout_ends(queues: MessageQueues, clock: Clock) -> None:
    queues.send("q", Draft("a"))
    (first,) = queues.receive("q", 1, 0)
    assert first.dequeue_count == 1
    clock.now += 29.9
    assert bodies(queues) == []
    clock.now += 0.1
    (again,) = queues.receive("q", 1, 0)
    assert (again.id, again.dequeue_count, again.first_dequeued) == (first.id, 2, first.first_dequeued)
    assert again.receipt != first.receipt


def test_an_old_receipt_deletes_nothing(queues: MessageQueues, clock: Clock) -> None:
    queues.send("q", Draft("a"))
    (first,) = queues.receive("q", 1, 0)
    clock.now += 31
    assert first.receipt
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.delete_message("q", first.receipt)
    assert bodies(queues) == ["a"]
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.delete_message("q", first.receipt)
    with pytest.raises(NotExist):
        queues.hide("q", first.receipt, 10)
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.hide("q", "made up", 10)


def test_changing_the_visibility_gives_a_new_receipt(queues: MessageQueues, clock: Clock) -> None:
    queues.send("q", Draft("a"))
    (message,) = queues.receive("q", 1, 0)
    assert message.receipt
    hidden = queues.hide("q", message.receipt, 100)
    clock.now += 99
    assert bodies(queues) == []
    assert hidden.receipt
    queues.delete_message("q", hidden.receipt)
    clock.now += 2
    assert bodies(queues) == []


def test_a_delay_of_the_message_overrides_that_of_the_queue(queues: MessageQueues, clock: Clock) -> None:
    queues.change("q", {"DelaySeconds": "60"})
    queues.send("q", Draft("queue's delay"))
    queues.send("q", Draft("own delay", delay_seconds=5))
    queues.send("q", Draft("none", delay_seconds=0))
    counts = queues.counts("q")
    assert (counts.active, counts.inactive, counts.delayed) == (1, 0, 2)
    assert bodies(queues) == ["none"]
    clock.now += 5
    assert bodies(queues) == ["own delay"]
    clock.now += 26
    assert bodies(queues) == ["none"], "its visibility timeout of 30 s ended"
    clock.now += 29
    assert "queue's delay" in bodies(queues)


def test_messages_end_with_the_retention_period(queues: MessageQueues, clock: Clock) -> None:
    queues.change("q", {"MessageRetentionPeriod": "60"})
    queues.send("q", Draft("a"))
    clock.now += 60
    assert bodies(queues) == []
    assert queues.counts("q").active == 0


def test_peeking_changes_nothing(queues: MessageQueues) -> None:
    queues.send("q", Draft("a"))
    assert [message.dequeue_count for message in queues.peek("q", 1)] == [0]
    assert bodies(queues) == ["a"]
    assert queues.peek("q", 1) == []


def test_a_batch_keeps_the_good_messages(queues: MessageQueues) -> None:
    queues.change("q", {"MaximumMessageSize": "1024"})
    outcome = queues.send_batch("q", [Draft("good"), Draft("x" * 1025), Draft("good too")])
    assert [isinstance(each, MnsError) for each in outcome] == [False, True, False]
    assert bodies(queues) == ["good", "good too"]


@pytest.mark.parametrize("body", ["", "x" * 65537, "bell \x07", "half a pair \ud83d"])
def test_a_body_that_the_wire_could_not_carry_is_refused(queues: MessageQueues, body: str) -> None:
    with pytest.raises(MnsError, match="MessageBody"):
        queues.send("q", Draft(body))
    assert bodies(queues) == []


def test_the_same_name_with_other_attributes_is_refused(queues: MessageQueues) -> None:
    assert queues.create("q", {"VisibilityTimeout": "30"}) is False
    with pytest.raises(AlreadyExist, match="QueueAlreadyExist"):
        queues.create("q", {"VisibilityTimeout": "31"})


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ({"DelaySeconds": "604801"}, "DelaySeconds"),
        ({"VisibilityTimeout": "0"}, "VisibilityTimeout"),
        ({"PollingWaitSeconds": "soon"}, "PollingWaitSeconds"),
        ({"LoggingEnabled": "perhaps"}, "LoggingEnabled"),
    ],
)
def test_an_attribute_out_of_range_is_named(queues: MessageQueues, elements: dict[str, str], named: str) -> None:
    with pytest.raises(MnsError, match=f"InvalidArgument: .*{named}"):
        queues.create("other", elements)


@pytest.mark.parametrize(
    ("name", "code"), [("under_score", "InvalidQueueName"), ("-a", "InvalidQueueName"), ("a" * 121, "QueueNameLengthError")]
)
def test_a_bad_name_is_refused(queues: MessageQueues, name: str, code: str) -> None:
    with pytest.raises(MnsError, match=code):
        queues.create(name, {})


def test_a_long_poll_ends_with_the_message_that_it_waited_for(queues: MessageQueues) -> None:
    got: list[str] = []
    poll = threading.Thread(target=lambda: got.extend(message.draft.body for message in queues.receive("q", 16, 30)))
    poll.start()
    queues.send("q", Draft("at last"))
    poll.join(5)
    assert got == ["at last"]


def test_a_long_poll_sees_a_delayed_message_when_its_time_comes(tmp_path: Path) -> None:
    database = Database(tmp_path / "real.sqlite3", SCHEMA)
    queues = MessageQueues(QueueStore(database), time.time)
    queues.create("q", {"DelaySeconds": "1"})
    queues.send("q", Draft("delayed"))
    began = time.monotonic()
    assert [message.draft.body for message in queues.receive("q", 1, 20)] == ["delayed"]
    assert 0.9 <= time.monotonic() - began < 10
    database.close()


def test_closing_sends_those_who_wait_home(queues: MessageQueues) -> None:
    poll = threading.Thread(target=lambda: queues.receive("q", 1, 30))
    poll.start()
    queues.close()
    poll.join(5)
    assert not poll.is_alive()


def test_many_receivers_never_share_a_message(tmp_path: Path) -> None:
    database = Database(tmp_path / "many.sqlite3", SCHEMA)
    queues = MessageQueues(QueueStore(database), time.time)
    queues.create("q", {})
    got: list[str] = []

    def receive() -> None:
        while found := queues.receive("q", 3, 0.2):
            got.extend(message.draft.body for message in found)

    receivers = [threading.Thread(target=receive) for _ in range(4)]
    for receiver in receivers:
        receiver.start()
    for number in range(60):
        queues.send("q", Draft(str(number)))
    for receiver in receivers:
        receiver.join(20)
    got.extend(message.draft.body for message in queues.receive("q", 16, 0))
    assert len(got) == len(set(got))
    assert queues.counts("q").active + len(got) == 60
    database.close()


def test_a_clock_that_goes_backwards_gives_no_message_twice_and_loses_none(queues: MessageQueues, clock: Clock) -> None:
    queues.send("q", Draft("a"))
    (first,) = queues.receive("q", 1, 0)
    clock.now -= 3600
    queues.send("q", Draft("b"))
    assert bodies(queues) == ["b"]
    assert first.receipt
    queues.delete_message("q", first.receipt)
    clock.now += 3600 + 31
    assert bodies(queues) == ["b"]


def test_a_message_that_showed_itself_again_stays_so_whatever_the_clock_does(queues: MessageQueues, clock: Clock) -> None:
    queues.send("q", Draft("a"))
    (first,) = queues.receive("q", 1, 0)
    clock.now += 30
    assert [message.draft.body for message in queues.peek("q", 1)] == ["a"]
    clock.now -= 20
    assert first.receipt
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.delete_message("q", first.receipt)
    assert bodies(queues) == ["a"]


@pytest.mark.parametrize("handle", ["", "1-1-0", "8-1-0123456789abcdeg", f"8-{'f' * 15}-{'0' * 16}", "8-1-" + "0" * 16, "-" * 100_000])
def test_a_handle_that_was_never_given_is_an_error(queues: MessageQueues, handle: str) -> None:
    queues.send("q", Draft("a"))
    queues.receive("q", 1, 0)
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.delete_message("q", handle)
    with pytest.raises(MnsError, match=r"ReceiptHandleError|MessageNotExist"):
        queues.hide("q", handle, 1)
    assert queues.counts("q").inactive == 1


def test_a_handle_of_another_queue_is_an_error(queues: MessageQueues) -> None:
    queues.create("other", {})
    queues.send("q", Draft("a"))
    (message,) = queues.receive("q", 1, 0)
    assert message.receipt
    with pytest.raises(MnsError, match="ReceiptHandleError"):
        queues.delete_message("other", message.receipt)
    with pytest.raises(NotExist):
        queues.hide("other", message.receipt, 1)


def test_hiding_for_no_time_shows_the_message_at_once(queues: MessageQueues) -> None:
    queues.send("q", Draft("a"))
    (message,) = queues.receive("q", 1, 0)
    assert message.receipt
    queues.hide("q", message.receipt, 0)
    assert bodies(queues) == ["a"]


def test_a_queue_that_is_deleted_sends_its_waiting_receivers_home(queues: MessageQueues) -> None:
    promise = queues.poll("q", 1, 30)
    assert isinstance(promise, Future)
    queues.delete("q")
    with pytest.raises(NotExist):
        promise.result(5)
    queues.close()


def test_receivers_are_served_in_the_order_in_which_they_came(queues: MessageQueues) -> None:
    promises = [queues.poll("q", 1, 30) for _ in range(5)]
    got = []
    for number, promise in enumerate(promises):
        assert isinstance(promise, Future)
        queues.send("q", Draft(str(number)))
        got += [message.draft.body for message in promise.result(5)]
    assert got == ["0", "1", "2", "3", "4"]
    queues.close()


def test_a_receiver_that_no_longer_waits_takes_nothing(queues: MessageQueues) -> None:
    gone, here = queues.poll("q", 1, 30), queues.poll("q", 1, 30)
    assert isinstance(gone, Future)
    assert isinstance(here, Future)
    gone.cancel()
    queues.send("q", Draft("a"))
    assert [message.draft.body for message in here.result(5)] == ["a"]
    queues.close()


def test_rows_of_expired_messages_are_removed_now_and_then(queues: MessageQueues, clock: Clock, tmp_path: Path) -> None:
    queues.change("q", {"MessageRetentionPeriod": "60"})
    queues.send("q", Draft("old"))
    clock.now += 120
    queues.send("q", Draft("new"))
    other = Database(tmp_path / "mns.sqlite3", SCHEMA)
    assert [row["body"] for row in other.query("SELECT body FROM message")] == ["new"]
    other.close()
