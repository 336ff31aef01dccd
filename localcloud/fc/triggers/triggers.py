"""What makes functions run without being called: changed objects, published and queued messages, and the time."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from localcloud.fc.errors import Stopped
from localcloud.fc.project.project import Project
from localcloud.fc.project.trigger import EventBridgeTrigger, MnsTopicTrigger, OssTrigger, TimerTrigger, Trigger
from localcloud.fc.triggers import events
from localcloud.fc.triggers.schedule import Schedule
from localcloud.identity import Authority, NotAllowed
from localcloud.place import Place
from localcloud.ports import ObjectEvent, QueueMessage, Queues, TopicMessage

log = logging.getLogger("localcloud.fc")

POLL_SECONDS = 1.0
"""How long one look at a queue waits for a message; also how long `stop` may take."""
MOST_MESSAGES = 16
"""How many messages MNS hands out at once (official help, BatchReceiveMessage)."""
AnyOf = TypeVar("AnyOf", bound=Trigger)


class Invoker(Protocol):
    """What a trigger does to a function."""

    def enqueue(self, function: str, payload: bytes) -> str:
        """Start an asynchronous invocation, kept on disk once this returns; gives its request id."""
        ...

    def succeeds(self, function: str, payload: bytes) -> bool:
        """Run it now and tell whether it succeeded. Raises Stopped when it has no outcome because everything is being stopped."""
        ...


class Triggers:
    """Turns what happens in the other services into invocations."""

    def __init__(
        self,
        project: Project,
        place: Place,
        queues: Queues,
        invoker: Invoker,
        clock: Callable[[], float],
        authority: Authority,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._authority = authority
        self._project = project
        self._place = place
        self._queues = queues
        self._invoker = invoker
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for function, timer in self._all(TimerTrigger):
            if timer.trigger_config.enable:
                self._thread(self._keep_time, function, timer)
        for function, bridge in self._all(EventBridgeTrigger):
            if bridge.trigger_config.trigger_enable:
                self._thread(self._poll, function, bridge)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def object_event(self, event: ObjectEvent) -> None:
        for function, trigger in self._all(OssTrigger):
            if trigger.matches(event.name, event.bucket, event.key) and self._may_invoke("oss.aliyuncs.com", function, trigger):
                payload = events.object_event(event, f"{function}/{trigger.trigger_name}", self._place)
                self._invoker.enqueue(function, payload)

    def topic_message(self, message: TopicMessage) -> None:
        for function, trigger in self._all(MnsTopicTrigger):
            if trigger.matches(message.topic, message.tag) and self._may_invoke("mns.aliyuncs.com", function, trigger):
                as_json = trigger.trigger_config.notify_content_format == "JSON"
                subscription = f"{function}-{trigger.trigger_name}"
                payload = events.topic_json(message, subscription, self._place) if as_json else events.topic_stream(message)
                self._invoker.enqueue(function, payload)

    def _may_invoke(self, service: str, function: str, trigger: Trigger) -> bool:
        """Whether the service may, with the trigger's role. What it may not is lost, as in the cloud when its attempts are used up."""
        try:
            if trigger.invocation_role:
                self._authority.check_service(service, trigger.invocation_role, "fc:InvokeFunction", self._place.function_arn(function))
        except NotAllowed as error:
            log.error("the trigger %s of %s does not fire: %s", trigger.trigger_name, function, error)
            return False
        return True

    def _all(self, kind: type[AnyOf]) -> Iterator[tuple[str, AnyOf]]:
        for name, function in self._project.functions.items():
            for trigger in function.triggers:
                if isinstance(trigger, kind):
                    yield name, trigger

    def _thread(self, target: Callable[..., None], function: str, trigger: Trigger) -> None:
        thread = threading.Thread(target=target, args=(function, trigger), name=f"fc trigger {trigger.trigger_name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_time(self, function: str, trigger: TimerTrigger) -> None:
        """Fire when the schedule says so. What would have been due while the laptop slept or was off fires once, or not at all."""
        schedule = Schedule.parse(trigger.trigger_config.cron_expression)
        due = schedule.after(self._clock())
        while due is not None:
            if self._stopping.wait(min(max(due - self._clock(), 0.0), 1.0)):
                return
            now = self._clock()
            if now >= due and self._fired(function, trigger, due):
                due = schedule.after(max(now, due))

    def _fired(self, function: str, trigger: TimerTrigger, due: float) -> bool:
        try:
            self._invoker.enqueue(function, events.timer_event(due, trigger.trigger_name, trigger.trigger_config.payload))
        except sqlite3.Error:  # a full disk, for one
            log.exception("the timer %s of %s could not fire; it tries again", trigger.trigger_name, function)
            self._stopping.wait(self._poll_seconds)
            return False
        return True

    def _poll(self, function: str, trigger: EventBridgeTrigger) -> None:
        told = False
        while not self._stopping.is_set():
            try:
                batch = self._receive(trigger)
                if batch:
                    self._hand_over(function, trigger, batch)
            except Stopped:
                return
            except KeyError as unknown:
                if not told:
                    log.warning("trigger %s waits for the queue %s to be created", trigger.trigger_name, unknown.args[0])
                told = True
                self._stopping.wait(self._poll_seconds)
            except Exception:  # the boundary of a thread: a trigger must outlive one bad batch
                log.exception("trigger %s of %s failed", trigger.trigger_name, function)
                self._stopping.wait(self._poll_seconds)

    def _receive(self, trigger: EventBridgeTrigger) -> list[QueueMessage]:
        """A batch: at most as many messages, gathered for at most as long, as the trigger's window says."""
        window = trigger.trigger_config.run_options.batch_window
        wanted = window.count_based_window if trigger.is_list else 1
        queue = trigger.source.queue_name
        batch = self._queues.receive(queue, min(wanted, MOST_MESSAGES), self._poll_seconds)
        deadline = time.monotonic() + window.time_based_window
        while batch and len(batch) < wanted and (left := deadline - time.monotonic()) > 0 and not self._stopping.is_set():
            batch += self._queues.receive(queue, min(wanted - len(batch), MOST_MESSAGES), min(left, self._poll_seconds))
        return batch

    def _hand_over(self, function: str, trigger: EventBridgeTrigger, batch: list[QueueMessage]) -> None:
        source = trigger.source
        payload = events.queue_events(
            batch, source.queue_name, trigger.trigger_name, self._place, decode=source.is_base64_decode, as_list=trigger.is_list
        )
        if trigger.trigger_config.async_invocation_type:
            self._invoker.enqueue(function, payload)
            done = batch
        elif self._invoker.succeeds(function, payload):
            done = batch
        else:
            done = [message for message in batch if self._given_up(trigger, message)]
        for message in done:
            self._queues.delete(source.queue_name, message.receipt_handle)

    def _given_up(self, trigger: EventBridgeTrigger, message: QueueMessage) -> bool:
        """Whether a message that failed is taken out of the queue, after its retries: into the dead-letter queue, or for good.

        A message that stays comes back once its visibility timeout is over, which is the pause between retries here. With
        `errorsTolerance` NONE and no dead-letter queue it comes back until it succeeds.
        """
        options = trigger.trigger_config.run_options
        if message.dequeue_count <= options.retry_strategy.retries:
            return False
        if options.dead_letter_queue:
            self._queues.send(options.dead_letter_queue.arn.rpartition("queues/")[2].split("/")[0], message.body)
            return True
        if options.errors_tolerance == "ALL":
            log.error("message %s of %s is dropped after its retries", message.message_id, trigger.source.queue_name)
            return True
        return False
