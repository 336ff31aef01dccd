"""The queue operations on the wire."""

from __future__ import annotations

from concurrent.futures import Future
from xml.etree.ElementTree import Element

from localcloud.http import Later, Reply
from localcloud.mns import documents
from localcloud.mns.calls import Call, dead_letter_policy, draft, failure, reply
from localcloud.mns.errors import MnsError, NotExist, invalid_argument, invalid_request_url
from localcloud.mns.limits import BATCH_LIMIT, check_text, whole_number
from localcloud.mns.model import Draft, Message, Queue
from localcloud.mns.queues import MessageQueues


class QueueCalls:
    def __init__(self, queues: MessageQueues) -> None:
        self._queues = queues

    def put(self, call: Call) -> Reply:
        """CreateQueue or, with metaoverride=true, SetQueueAttributes."""
        name = call.names["queue"]
        if call.overrides:
            self._queues.change(name, call.elements("Queue"))
            return reply(204)
        made = self._queues.create(name, call.elements("Queue"))
        # The SDK reads the location on 204 too (mns_client.create_queue).
        return reply(201 if made else 204, location=f"{call.host}/queues/{name}")

    def attributes(self, call: Call) -> Reply:
        return reply(200, documents.document("Queue", self._document(self._queues.find(call.names["queue"]))))

    def delete(self, call: Call) -> Reply:
        self._queues.delete(call.names["queue"])
        return reply(204)

    def page(self, call: Call) -> Reply:
        def describe(queue: Queue) -> tuple[str, str]:
            url = documents.fields({"QueueURL": f"{call.host}/queues/{queue.name}"})
            return queue.name, documents.element("Queue", url + (self._document(queue) if call.with_meta else ""))

        return call.page("Queues", self._queues.page, describe)

    def send(self, call: Call) -> Reply:
        """SendMessage or, with `<Messages>`, BatchSendMessage."""
        name = call.names["queue"]
        document = call.document("Message", "Messages")
        if document.tag == "Message":
            message = self._queues.send(name, draft(document))
            return reply(201, documents.document("Message", documents.fields(_sent(message))))
        drafts = [_try_draft(each) for each in document.iterfind("Message")]
        outcome = self._queues.send_batch(name, drafts)
        entries = (documents.fields(failure(each) if isinstance(each, MnsError) else _sent(each, brief=True)) for each in outcome)
        content = "".join(documents.element("Message", entry) for entry in entries)
        return reply(500 if any(isinstance(each, MnsError) for each in outcome) else 201, documents.document("Messages", content))

    def receive(self, call: Call) -> Reply | Later:
        """ReceiveMessage, BatchReceiveMessage, PeekMessage and BatchPeekMessage."""
        name, count = call.names["queue"], call.number("numOfMessages")
        if call.flag("peekonly"):
            return _found(self._queues.peek(name, count or 1), count, peek=True)
        found = self._queues.poll(name, count or 1, call.number("waitseconds"))
        if isinstance(found, Future):
            return Later(found, lambda: _found(found.result(), count))
        return _found(found, count)

    def change_visibility(self, call: Call) -> Reply:
        seconds = call.parameter("VisibilityTimeout")
        if seconds is None:
            raise MnsError("MissingVisibilityTimeout", "VisibilityTimeout is required.")
        # The document allows 1 to 43200, the SDK sends 0 too, which shows the message at once (mns_tool.ChangeMsgVisValidator).
        timeout = 0 if seconds == "0" else whole_number("VisibilityTimeout", seconds)
        hidden = self._queues.hide(call.names["queue"], _receipt_handle(call), timeout)
        values = {"ReceiptHandle": hidden.receipt, "NextVisibleTime": _milliseconds(hidden.visible_at)}
        return reply(200, documents.document("ChangeVisibility", documents.fields(values)))

    def delete_messages(self, call: Call) -> Reply:
        """DeleteMessage or, with a body, BatchDeleteMessage."""
        name = call.names["queue"]
        if not len(call.request.body):
            self._queues.delete_message(name, _receipt_handle(call))
            return reply(204)
        handles = [each.text or "" for each in call.document("ReceiptHandles").iterfind("ReceiptHandle")]
        if not 1 <= len(handles) <= BATCH_LIMIT:
            raise invalid_argument(f"The number of receipt handles should be between 1 and {BATCH_LIMIT}.")
        outcome = zip(handles, self._queues.delete_batch(name, handles), strict=True)
        errors = [documents.element("Error", documents.fields(failure(error) | {"ReceiptHandle": one})) for one, error in outcome if error]
        return reply(404, documents.document("Errors", "".join(errors))) if errors else reply(204)

    def account(self, call: Call) -> Reply:
        _check_account(call)
        return reply(200, documents.document("Account", documents.fields({"LoggingBucket": self._queues.logging_bucket()})))

    def set_account(self, call: Call) -> Reply:
        _check_account(call)
        self._queues.set_logging_bucket(check_text("LoggingBucket", call.elements("Account").get("LoggingBucket", "")))
        return reply(204)

    def open_service(self, _call: Call) -> Reply:
        """The service is open already; that this is answered like an order is our assumption. The SDK wants an OrderId."""
        return reply(200, documents.document("OpenService", documents.fields({"OrderId": "0"})))

    def _describe(self, queue: Queue) -> dict[str, object]:
        counts = self._queues.counts(queue.name)
        attributes = queue.attributes
        values: dict[str, object] = {
            "ActiveMessages": counts.active,
            "CreateTime": int(queue.created),
            "DelayMessages": counts.delayed,
            "DelaySeconds": attributes.delay_seconds,
            "InactiveMessages": counts.inactive,
            "LastModifyTime": int(queue.modified),
            "MaximumMessageSize": attributes.maximum_message_size,
            "MessageRetentionPeriod": attributes.message_retention_period,
            "QueueName": queue.name,
            "VisibilityTimeout": attributes.visibility_timeout,
            "PollingWaitSeconds": attributes.polling_wait_seconds,
            "LoggingEnabled": attributes.logging_enabled,
        }
        # Not in the API reference of 2015-06-06, and so only where somebody asked for it.
        if attributes.is_fifo:
            values["QueueType"] = attributes.queue_type
        return values

    def _document(self, queue: Queue) -> str:
        return documents.fields(self._describe(queue)) + dead_letter_policy(
            queue.attributes.dead_letter_queue, queue.attributes.max_receive_count
        )


def _found(messages: list[Message], count: int | None, peek: bool = False) -> Reply:
    """`count` None: the client asked for one message, and gets it without a list around it."""
    if not messages:
        raise NotExist("Message")
    contents = [_received(message, peek) for message in messages]
    if count is None:
        return reply(200, documents.document("Message", contents[0]))
    return reply(200, documents.document("Messages", "".join(documents.element("Message", content) for content in contents)))


def _sent(message: Message, brief: bool = False) -> dict[str, object]:
    """The answer to a send. In a batch only these two: beside a failed message the SDK takes no other field."""
    values: dict[str, object] = {"MessageId": message.id, "MessageBodyMD5": message.md5}
    if not brief and message.receipt:
        values["ReceiptHandle"] = message.receipt
    if not brief and message.draft.group:
        values["MessageGroupId"] = message.draft.group
    return values


def _received(message: Message, peek: bool) -> str:
    values: dict[str, object] = {
        "MessageId": message.id,
        "MessageBodyMD5": message.md5,
        "MessageBody": message.draft.body,
        "EnqueueTime": _milliseconds(message.enqueued),
        "FirstDequeueTime": _milliseconds(message.first_dequeued),
        "DequeueCount": message.dequeue_count,
        "Priority": message.draft.priority,
    }
    if message.draft.group:
        values["MessageGroupId"] = message.draft.group
    if not peek:
        values |= {"ReceiptHandle": message.receipt, "NextVisibleTime": _milliseconds(message.visible_at)}
    return (
        documents.fields(values)
        + documents.property_group("UserProperties", "PropertyValue", message.draft.user_properties)
        + documents.property_group("SystemProperties", "SystemPropertyValue", message.draft.system_properties)
    )


def _try_draft(message: Element) -> Draft | MnsError:
    try:
        return draft(message)
    except MnsError as error:
        return error


def _receipt_handle(call: Call) -> str:
    handle = call.parameter("ReceiptHandle")
    if not handle:
        raise MnsError("MissingReceiptHandle", "ReceiptHandle is required.")
    return handle


def _check_account(call: Call) -> None:
    if not call.flag("accountmeta"):
        raise invalid_request_url()


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
