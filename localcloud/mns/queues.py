"""How queues behave: sending, receiving, hiding and deleting messages.

Semantics: the API reference of Simple Message Queue (formerly MNS), version 2015-06-06.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from sqlite3 import IntegrityError

from localcloud.mns.errors import AlreadyExist, MnsError, NotExist, invalid_argument, receipt_handle_error
from localcloud.mns.model import (
    BATCH_BYTES,
    BATCH_LIMIT,
    Draft,
    Message,
    Queue,
    QueueAttributes,
    QueueCounts,
    body_md5,
    check_body,
    check_name,
)
from localcloud.mns.queue_store import QueueStore

# The SDK puts a handle into the URL without escaping it, so it is made of plain characters only (mns_client.change_message_visibility).
_RECEIPT = re.compile(r"[0-9]{1,2}-[0-9a-f]{32}")


class MessageQueues:
    """All queues of the account. Safe for use by many threads."""

    def __init__(self, store: QueueStore, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._arrival = threading.Condition()
        self._arrivals = 0
        self._closed = False

    def close(self) -> None:
        """Send everyone home who waits for a message."""
        self._closed = True
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again; called once new messages are committed."""
        with self._arrival:
            self._arrivals += 1
            self._arrival.notify_all()

    def create(self, name: str, elements: Mapping[str, str]) -> bool:
        """True if it was made, False if it was there with the same attributes; raises AlreadyExist if they differ."""
        check_name("Queue", name)
        wanted = QueueAttributes().changed(elements)
        known = self._store.find(name)
        if known and known.attributes != wanted:
            raise AlreadyExist("Queue", name)
        if not known:
            now = self._clock()
            self._store.save(Queue(name, wanted, now, now))
        return known is None

    def change(self, name: str, elements: Mapping[str, str]) -> None:
        queue = self.find(name)
        self._store.save(replace(queue, attributes=queue.attributes.changed(elements), modified=self._clock()))

    def find(self, name: str) -> Queue:
        queue = self._store.find(name)
        if queue is None:
            raise NotExist("Queue", name)
        return queue

    def counts(self, name: str) -> QueueCounts:
        return self._store.counts(name, self._clock())

    def delete(self, name: str) -> None:
        self.find(name)
        self._store.remove(name)
        self.wake()

    def page(self, prefix: str, after: str, count: int) -> list[Queue]:
        return self._store.page(prefix, after, count)

    def send(self, name: str, draft: Draft) -> Message:
        (message,) = self._add(self.find(name), [draft])
        self.wake()
        return message

    def put(self, name: str, draft: Draft) -> None:
        """As `send`, but without waking those who wait: for a caller that commits more than this, and calls `wake` afterwards."""
        self._add(self.find(name), [draft])

    def send_batch(self, name: str, drafts: Sequence[Draft | MnsError]) -> list[Message | MnsError]:
        """What became of each, in order: one bad message, or one that could not even be read, doesn't keep the others out."""
        queue = self.find(name)
        if not 1 <= len(drafts) <= BATCH_LIMIT:
            raise invalid_argument(f"The number of messages should be between 1 and {BATCH_LIMIT}.")
        if sum(len(draft.body.encode()) for draft in drafts if isinstance(draft, Draft)) > BATCH_BYTES:
            raise invalid_argument(f"The total length of the messages should not be over {BATCH_BYTES} bytes.")
        outcome = [self._try_add(queue, draft) for draft in drafts]
        self.wake()
        return outcome

    def receive(self, name: str, count: int, wait_seconds: float | None) -> list[Message]:
        """Up to `count` messages, waiting for the first; `wait_seconds` None means the queue's own PollingWaitSeconds."""
        patience = self.find(name).attributes.polling_wait_seconds if wait_seconds is None else wait_seconds
        deadline = time.monotonic() + patience
        while True:
            # Read before looking: what arrives in between ends the wait below at once.
            seen = self._arrivals
            messages = self._take(self.find(name), count)
            left = deadline - time.monotonic()
            if messages or left <= 0 or self._closed:
                return messages
            self._wait(name, seen, left)

    def peek(self, name: str, count: int) -> list[Message]:
        return self._store.visible(self.find(name).name, self._clock(), count)

    def hide(self, name: str, receipt: str, seconds: int) -> Message:
        """ChangeMessageVisibility: the message shows itself `seconds` from now, and has a new receipt handle."""
        self.find(name)
        _check_receipt(receipt)
        now = self._clock()
        renewed = _new_receipt(receipt.partition("-")[0])
        if not self._store.hide(name, receipt, now, now + seconds, renewed):
            raise NotExist("Message")
        self.wake()
        return Message("", Draft(""), "", now, now + seconds, 0, receipt=renewed)

    def delete_message(self, name: str, receipt: str) -> None:
        self.find(name)
        _check_receipt(receipt)
        if not self._store.delete(name, receipt, self._clock()):
            raise receipt_handle_error()

    def logging_bucket(self) -> str:
        return self._store.logging_bucket()

    def set_logging_bucket(self, bucket: str) -> None:
        self._store.set_logging_bucket(bucket)

    def _try_add(self, queue: Queue, draft: Draft | MnsError) -> Message | MnsError:
        if isinstance(draft, MnsError):
            return draft
        try:
            return self._add(queue, [draft])[0]
        except MnsError as error:
            return error

    def _add(self, queue: Queue, drafts: Sequence[Draft]) -> list[Message]:
        now = self._clock()
        messages = [_message(queue, draft, now) for draft in drafts]
        self._store.forget_expired(queue.name, now)
        try:
            self._store.add(queue.name, messages)
        except IntegrityError as error:  # deleted since it was found
            raise NotExist("Queue", queue.name) from error
        return messages

    def _take(self, queue: Queue, count: int) -> list[Message]:
        now = self._clock()
        found = self._store.visible(queue.name, now, count)
        if not found:
            return []
        receipts = [_new_receipt(str(message.draft.priority)) for message in found]
        return self._store.take(queue.name, now, now + queue.attributes.visibility_timeout, receipts)

    def _wait(self, name: str, seen: int, seconds: float) -> None:
        soonest = self._store.next_visible(name, self._clock())
        if soonest is not None:
            # A little late rather than a little early, which would be one more look for nothing.
            seconds = min(seconds, max(soonest - self._clock(), 0) + 0.002)
        with self._arrival:
            self._arrival.wait_for(lambda: self._arrivals != seen, seconds)


def _message(queue: Queue, draft: Draft, now: float) -> Message:
    check_body(draft.body, queue.attributes.maximum_message_size)
    delay = queue.attributes.delay_seconds if draft.delay_seconds is None else draft.delay_seconds
    receipt = _new_receipt(str(draft.priority)) if delay else None
    expires = now + queue.attributes.message_retention_period
    return Message(uuid.uuid4().hex.upper(), draft, body_md5(draft.body), now, now + delay, expires, receipt=receipt)


def _new_receipt(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(16)}"


def _check_receipt(receipt: str) -> None:
    if not _RECEIPT.fullmatch(receipt):
        raise receipt_handle_error()
