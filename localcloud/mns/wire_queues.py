"""The queue operations on the wire."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from localcloud.http import Reply
from localcloud.mns import documents
from localcloud.mns.calls import Call, draft, failure, reply
from localcloud.mns.errors import MnsError, NotExist, invalid_argument, invalid_request_url
from localcloud.mns.model import BATCH_LIMIT, Draft, Message, Queue, whole_number
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
        return reply(200, documents.document("Queue", documents.fields(self._describe(self._queues.find(call.names["queue"])))))

    def delete(self, call: Call) -> Reply:
        self._queues.delete(call.names["queue"])
        return reply(204)

    def page(self, call: Call) -> Reply:
        def describe(queue: Queue) -> tuple[str, str]:
            values: dict[str, object] = {"QueueURL": f"{call.host}/queues/{queue.name}"}
            return queue.name, documents.element("Queue", documents.fields(values | (self._describe(queue) if call.with_meta else {})))

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

    def receive(self, call: Call) -> Reply:
        """ReceiveMessage, BatchReceiveMessage, PeekMessage and BatchPeekMessage."""
        name, count = call.names["queue"], call.number("numOfMessages")
        peek = call.parameter("peekonly") == "true"
        found = self._queues.peek(name, count or 1) if peek else self._queues.receive(name, count or 1, call.number("waitseconds"))
        if not found:
            raise NotExist("Message")
        contents = [_received(message, peek) for message in found]
        if count is None:
            return reply(200, documents.document("Message", contents[0]))
        return reply(200, documents.document("Messages", "".join(documents.element("Message", content) for content in contents)))

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
        self._queues.find(name)
        errors = [documents.element("Error", documents.fields(error)) for handle in handles if (error := self._try_delete(name, handle))]
        return reply(404, documents.document("Errors", "".join(errors))) if errors else reply(204)

    def account(self, call: Call) -> Reply:
        _check_account(call)
        return reply(200, documents.document("Account", documents.fields({"LoggingBucket": self._queues.logging_bucket()})))

    def set_account(self, call: Call) -> Reply:
        _check_account(call)
        self._queues.set_logging_bucket(call.elements("Account").get("LoggingBucket", ""))
        return reply(204)

    def _try_delete(self, name: str, handle: str) -> dict[str, object] | None:
        try:
            self._queues.delete_message(name, handle)
        except MnsError as error:
            return failure(error) | {"ReceiptHandle": handle}
        return None

    def _describe(self, queue: Queue) -> dict[str, object]:
        counts = self._queues.counts(queue.name)
        return {
            "ActiveMessages": counts.active,
            "CreateTime": int(queue.created),
            "DelayMessages": counts.delayed,
            "DelaySeconds": queue.attributes.delay_seconds,
            "InactiveMessages": counts.inactive,
            "LastModifyTime": int(queue.modified),
            "MaximumMessageSize": queue.attributes.maximum_message_size,
            "MessageRetentionPeriod": queue.attributes.message_retention_period,
            "QueueName": queue.name,
            "VisibilityTimeout": queue.attributes.visibility_timeout,
            "PollingWaitSeconds": queue.attributes.polling_wait_seconds,
            "LoggingEnabled": queue.attributes.logging_enabled,
        }


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
    if call.parameter("accountmeta") != "true":
        raise invalid_request_url()


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
