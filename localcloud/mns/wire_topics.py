"""The topic and subscription operations on the wire."""

from __future__ import annotations

from functools import partial

from localcloud.http import Reply
from localcloud.mns import documents
from localcloud.mns.calls import Call, dead_letter_policy, draft, reply
from localcloud.mns.model import TOPIC_RETENTION_SECONDS, Subscription, Topic
from localcloud.mns.topics import Topics


class TopicCalls:
    def __init__(self, topics: Topics, account_id: str) -> None:
        self._topics = topics
        self._account_id = account_id

    def put(self, call: Call) -> Reply:
        """CreateTopic or, with metaoverride=true, SetTopicAttributes."""
        name = call.names["topic"]
        if call.overrides:
            self._topics.change(name, call.elements("Topic"))
            return reply(204)
        made = self._topics.create(name, call.elements("Topic"))
        return reply(201 if made else 204, location=f"{call.host}/topics/{name}")

    def attributes(self, call: Call) -> Reply:
        return reply(200, documents.document("Topic", documents.fields(_describe(self._topics.find(call.names["topic"])))))

    def delete(self, call: Call) -> Reply:
        self._topics.delete(call.names["topic"])
        return reply(204)

    def page(self, call: Call) -> Reply:
        def describe(topic: Topic) -> tuple[str, str]:
            values: dict[str, object] = {"TopicURL": f"{call.host}/topics/{topic.name}"}
            return topic.name, documents.element("Topic", documents.fields(values | (_describe(topic) if call.with_meta else {})))

        return call.page("Topics", self._topics.page, describe)

    def publish(self, call: Call) -> Reply:
        message = draft(call.document("Message"))
        publication = self._topics.publish(call.names["topic"], message)
        values = {"MessageId": publication.id, "MessageBodyMD5": publication.md5}
        if message.group:
            values["MessageGroupId"] = message.group
        return reply(201, documents.document("Message", documents.fields(values)))

    def put_subscription(self, call: Call) -> Reply:
        """Subscribe or, with metaoverride=true, SetSubscriptionAttributes."""
        topic, name = call.names["topic"], call.names["subscription"]
        if call.overrides:
            self._topics.change_subscription(topic, name, call.elements("Subscription"))
            return reply(204)
        made = self._topics.subscribe(topic, name, call.elements("Subscription"))
        return reply(201 if made else 204, location=_subscription_url(call, topic, name))

    def subscription_attributes(self, call: Call) -> Reply:
        subscription = self._topics.find_subscription(call.names["topic"], call.names["subscription"])
        described = documents.fields(self._describe_subscription(subscription)) + dead_letter_policy(subscription.dead_letter_queue)
        return reply(200, documents.document("Subscription", described))

    def unsubscribe(self, call: Call) -> Reply:
        self._topics.unsubscribe(call.names["topic"], call.names["subscription"])
        return reply(204)

    def subscriptions(self, call: Call) -> Reply:
        def describe(subscription: Subscription) -> tuple[str, str]:
            values = {"SubscriptionURL": _subscription_url(call, subscription.topic, subscription.name)}
            return subscription.name, documents.element("Subscription", documents.fields(values))

        return call.page("Subscriptions", partial(self._topics.subscriptions, call.names["topic"]), describe)

    def _describe_subscription(self, subscription: Subscription) -> dict[str, object]:
        values: dict[str, object] = {
            "TopicOwner": self._account_id,
            "TopicName": subscription.topic,
            "SubscriptionName": subscription.name,
            "Subscriber": self._account_id,
            "Endpoint": subscription.endpoint,
            "NotifyStrategy": subscription.notify_strategy,
            "NotifyContentFormat": subscription.content_format,
            "CreateTime": int(subscription.created),
            "LastModifyTime": int(subscription.modified),
        }
        return values | ({"FilterTag": subscription.filter_tag} if subscription.filter_tag else {})


def _describe(topic: Topic) -> dict[str, object]:
    return {
        "MessageCount": topic.message_count,
        "CreateTime": int(topic.created),
        "LastModifyTime": int(topic.modified),
        "MaximumMessageSize": topic.attributes.maximum_message_size,
        "MessageRetentionPeriod": TOPIC_RETENTION_SECONDS,
        "TopicName": topic.name,
        "LoggingEnabled": topic.attributes.logging_enabled,
    }


def _subscription_url(call: Call, topic: str, name: str) -> str:
    return f"{call.host}/topics/{topic}/subscriptions/{name}"
