"""Receivers that wait, with a queue that the test fills."""

from __future__ import annotations

from concurrent.futures import Future

from localcloud.mns.long_polls import LongPolls
from localcloud.mns.model import Draft, Message


def message(body: str) -> Message:
    return Message(body, Draft(body), "", 0, 0, 0)


class Shelf:
    """One queue. `hang_up` is cancelled in the middle of a taking, as by a client that goes in that moment."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.hang_up: Future[list[Message]] | None = None
        self.looks = 0

    def take(self, queue: str, count: int) -> list[Message]:
        self.looks += 1
        taken, self.messages = self.messages[:count], self.messages[count:]
        if taken and self.hang_up:
            self.hang_up.cancel()
        return taken

    def put_back(self, queue: str, messages: list[Message]) -> None:
        self.messages = messages + self.messages


def test_what_was_taken_for_one_that_hung_up_goes_to_the_next() -> None:
    shelf = Shelf()
    polls = LongPolls(shelf.take, shelf.put_back, lambda queue: None)
    shelf.hang_up, here = polls.wait("q", 1, 30), polls.wait("q", 1, 30)
    shelf.messages = [message("a")]
    polls.wake("q")
    assert [each.id for each in here.result(5)] == ["a"]
    polls.close()


def test_nobody_looks_while_nothing_happens() -> None:
    shelf = Shelf()
    polls = LongPolls(shelf.take, shelf.put_back, lambda queue: None)
    assert polls.wait("q", 1, 0.3).result(5) == []
    # Once at the beginning and once at the end; a wake of another queue is none of it.
    polls.wake("other")
    assert shelf.looks <= 2
    polls.close()


def test_whoever_comes_after_the_end_is_sent_home() -> None:
    polls = LongPolls(Shelf().take, Shelf().put_back, lambda queue: None)
    waiting = polls.wait("q", 1, 30)
    polls.close()
    assert waiting.result(5) == polls.wait("q", 1, 30).result(0) == []


def test_a_queue_that_fails_is_told_to_those_who_wait_for_it_and_to_nobody_else() -> None:
    shelf = Shelf()

    def take(queue: str, count: int) -> list[Message]:
        if queue == "broken":
            raise RuntimeError("disk I/O error")
        return shelf.take(queue, count)

    polls = LongPolls(take, shelf.put_back, lambda queue: None)
    broken, good = polls.wait("broken", 1, 30), polls.wait("q", 1, 30)
    assert isinstance(broken.exception(5), RuntimeError)
    shelf.messages = [message("a")]
    polls.wake("q")
    assert len(good.result(5)) == 1
    polls.close()
