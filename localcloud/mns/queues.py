"""How queues behave: sending, receiving, hiding and deleting messages.

Semantics: the API reference of Simple Message Queue (formerly MNS), version 2015-06-06.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from sqlite3 import IntegrityError

from localcloud.mns.errors import AlreadyExist, MnsError, NotExist, invalid_argument, receipt_handle_error
from localcloud.mns.limits import BATCH_BYTES, BATCH_LIMIT, check_body, check_name
from localcloud.mns.long_polls import LongPolls
from localcloud.mns.model import Draft, Message, Property, Queue, QueueAttributes, QueueCounts, body_md5
from localcloud.mns.queue_store import QueueStore
from localcloud.place import Place

# The SDK puts a handle into the URL without escaping it, so it is made of plain characters only (mns_client.change_message_visibility).
_RECEIPT = re.compile(r"[0-9]{1,2}-[0-9a-f]{1,15}-[0-9a-f]{16}")
_SWEEP_SECONDS = 60
"""Expired messages are never seen; how often their rows are removed."""


class MessageQueues:
    """All queues of the account. Safe for use by many threads."""

    def __init__(self, store: QueueStore, clock: Callable[[], float], place: Place | None = None) -> None:
        self._store = store
        self._clock = clock
        self._place = place or Place()
        self._polls = LongPolls(self._look, self._put_back, self._soonest)
        self._swept = clock()

    def close(self) -> None:
        """Send everyone home who waits for a message."""
        self._polls.close()

    def wake(self, name: str) -> None:
        """Let those who wait look again; called once new messages are committed."""
        self._polls.wake(name)

    def create(self, name: str, elements: Mapping[str, str]) -> bool:
        """True if it was made, False if it was there with the same attributes; raises AlreadyExist if they differ."""
        check_name("Queue", name)
        wanted = QueueAttributes().typed(elements).changed(elements)
        known = self._store.find(name)
        if known and known.attributes != wanted:
            raise AlreadyExist("Queue", name)
        if not known:
            self._check_dead_letters(name, wanted)
            now = self._clock()
            self._store.save(Queue(name, wanted, now, now))
        return known is None

    def change(self, name: str, elements: Mapping[str, str]) -> None:
        queue = self.find(name)
        wanted = queue.attributes.changed(elements)
        self._check_dead_letters(name, wanted)
        self._store.save(replace(queue, attributes=wanted, modified=self._clock()))
        self.wake(name)

    def find(self, name: str) -> Queue:
        queue = self._store.find(name)
        if queue is None:
            raise NotExist("Queue", name)
        return queue

    def counts(self, name: str) -> QueueCounts:
        self._settle(name)
        return self._store.counts(name, self._clock())

    def delete(self, name: str) -> None:
        self.find(name)
        self._store.remove(name)
        self.wake(name)

    def page(self, prefix: str, after: str, count: int) -> list[Queue]:
        return self._store.page(prefix, after, count)

    def send(self, name: str, draft: Draft) -> Message:
        message = self._add(self.find(name), draft)
        self.wake(name)
        return message

    def bury(self, name: str, draft: Draft, message_id: str, source: str) -> None:
        """Put what nobody took into a dead-letter queue, if there is one. The caller commits, and calls `wake` afterwards.

        `source` is the resource that could not deliver it, as in an ARN.
        """
        queue = self._store.find(name) if name else None
        if queue:
            now = self._clock()
            expires = now + queue.attributes.message_retention_period
            self._store.add(name, _dead_letter(draft, message_id, self._arn(source), now, expires))

    def put(self, name: str, draft: Draft) -> None:
        """As `send`, but without waking those who wait: for a caller that commits more than this, and calls `wake` afterwards."""
        self._add(self.find(name), draft)

    def send_batch(self, name: str, drafts: Sequence[Draft | MnsError]) -> list[Message | MnsError]:
        """What became of each, in order: one bad message, or one that could not even be read, doesn't keep the others out."""
        queue = self.find(name)
        if not 1 <= len(drafts) <= BATCH_LIMIT:
            raise invalid_argument(f"The number of messages should be between 1 and {BATCH_LIMIT}.")
        if sum(len(draft.body.encode()) for draft in drafts if isinstance(draft, Draft)) > BATCH_BYTES:
            raise invalid_argument(f"The total length of the messages should not be over {BATCH_BYTES} bytes.")
        with self._store.together():
            outcome = [self._try_add(queue, draft) for draft in drafts]
        self.wake(name)
        return outcome

    def poll(self, name: str, count: int, wait_seconds: float | None) -> list[Message] | Future[list[Message]]:
        """Up to `count` messages, or a promise of some where there are none yet and the receiver is willing to wait.

        `wait_seconds` None means the queue's own PollingWaitSeconds.
        """
        queue = self.find(name)
        patience = queue.attributes.polling_wait_seconds if wait_seconds is None else wait_seconds
        messages = self._take(queue, count)
        return messages if messages or patience <= 0 else self._polls.wait(name, count, patience)

    def receive(self, name: str, count: int, wait_seconds: float | None) -> list[Message]:
        """As `poll`, but waiting for the first message."""
        found = self.poll(name, count, wait_seconds)
        return found.result() if isinstance(found, Future) else found

    def peek(self, name: str, count: int) -> list[Message]:
        queue = self.find(name)
        self._settle(name)
        return self._store.next(queue, self._clock(), count)

    def hide(self, name: str, receipt: str, seconds: int) -> Message:
        """ChangeMessageVisibility: the message shows itself `seconds` from now, and has a new receipt handle."""
        self.find(name)
        _check_receipt(receipt)
        now = self._clock()
        renewed = self._store.hide(name, receipt, now, now + seconds, _token())
        if renewed is None:
            raise NotExist("Message")
        self.wake(name)
        return Message("", Draft(""), "", now, now + seconds, 0, receipt=renewed)

    def delete_message(self, name: str, receipt: str) -> None:
        error = self.delete_batch(name, [receipt])[0]
        if error:
            raise error

    def delete_batch(self, name: str, receipts: Sequence[str]) -> list[MnsError | None]:
        """What was wrong with each handle, None for nothing; the messages of the others are deleted."""
        queue = self.find(name)
        with self._store.together():
            errors = [self._try_delete(name, receipt) for receipt in receipts]
        if queue.attributes.is_fifo:
            self.wake(name)  # those behind it in its group are free
        return errors

    def logging_bucket(self) -> str:
        return self._store.logging_bucket()

    def set_logging_bucket(self, bucket: str) -> None:
        self._store.set_logging_bucket(bucket)

    def _check_dead_letters(self, name: str, attributes: QueueAttributes) -> None:
        target = attributes.dead_letter_queue
        if target == name:
            raise invalid_argument("DlqPolicy.DeadLetterTargetQueue should be another queue.")
        if target and self._store.find(target) is None:
            raise invalid_argument(f"DlqPolicy.DeadLetterTargetQueue names a queue that is not exist: {target}.")

    def _try_add(self, queue: Queue, draft: Draft | MnsError) -> Message | MnsError:
        if isinstance(draft, MnsError):
            return draft
        try:
            return self._add(queue, draft)
        except MnsError as error:
            return error

    def _try_delete(self, name: str, receipt: str) -> MnsError | None:
        known = _RECEIPT.fullmatch(receipt) and self._store.delete(name, receipt, self._clock())
        return None if known else receipt_handle_error()

    def _add(self, queue: Queue, draft: Draft) -> Message:
        now = self._clock()
        message = _message(queue, draft, now)
        self._sweep(now)
        try:
            receipt = self._store.add(queue.name, message, _token() if message.visible_at > now else None)
        except IntegrityError as error:  # deleted since it was found
            raise NotExist("Queue", queue.name) from error
        return replace(message, receipt=receipt) if receipt else message

    def _sweep(self, now: float) -> None:
        if abs(now - self._swept) >= _SWEEP_SECONDS:
            self._swept = now
            self._store.forget_expired(now)

    def _look(self, name: str, count: int) -> list[Message]:
        return self._take(self.find(name), count)

    def _take(self, queue: Queue, count: int) -> list[Message]:
        self._settle(queue.name)
        now = self._clock()
        # Reading first lets a receiver of an empty queue pass by whoever writes.
        if not self._store.has_next(queue, now):
            return []
        return self._store.take(queue, now, now + queue.attributes.visibility_timeout, count, _token())

    def _put_back(self, name: str, messages: list[Message]) -> None:
        self._store.put_back(name, [message.receipt or "" for message in messages])

    def _soonest(self, name: str) -> float | None:
        soonest = self._store.next_visible(name)
        return None if soonest is None else soonest - self._clock()

    def _settle(self, name: str) -> None:
        """Show what is no longer hidden; move what was received too often into the dead-letter queue, where `name` is either of the two."""
        now = self._clock()
        self._store.reveal(name, now)
        for sequence, source, target, message in self._store.exhausted(name, now):
            letter = _dead_letter(message.draft, message.id, self._arn(f"queues/{source}"), now, message.expires)
            self._store.move(sequence, message.dequeue_count, target, letter)
            self.wake(target)

    def _arn(self, resource: str) -> str:
        return f"acs:mns:{self._place.region}:{self._place.account_id}:/{resource}"


def _dead_letter(draft: Draft, message_id: str, source_arn: str, now: float, expires: float) -> Message:
    """What a dead-letter queue gets: a message that says where it comes from, and lives no longer than it would have.

    The names are those of SystemPropertyName in the official SDK; what DLQMessageType holds is not documented, and left out.
    """
    origin = (Property("DLQSourceArn", source_arn, "STRING"), Property("DLQOriginMessageId", message_id, "STRING"))
    buried = replace(draft, delay_seconds=None, system_properties=draft.system_properties + origin)
    return Message(_message_id(), buried, body_md5(draft.body), now, now, expires)


def _message(queue: Queue, draft: Draft, now: float) -> Message:
    check_body(draft.body, queue.attributes.maximum_message_size)
    if queue.attributes.is_fifo and not draft.group:
        raise invalid_argument("MessageGroupId is required for a queue of type fifo.")
    delay = queue.attributes.delay_seconds if draft.delay_seconds is None else draft.delay_seconds
    return Message(_message_id(), draft, body_md5(draft.body), now, now + delay, now + queue.attributes.message_retention_period)


def _message_id() -> str:
    return uuid.uuid4().hex.upper()


def _token() -> str:
    return secrets.token_hex(8)


def _check_receipt(receipt: str) -> None:
    if not _RECEIPT.fullmatch(receipt):
        raise receipt_handle_error()
