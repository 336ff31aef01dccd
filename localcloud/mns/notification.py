"""What a subscriber is sent, and how often it is tried. Pure functions.

Sources: "NotifyContentFormat", "HTTP endpoint" and "NotifyStrategy" in the developer reference of Simple Message Queue (formerly MNS).
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import uuid
from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import quote, urlsplit

import httpx

from localcloud.mns import documents
from localcloud.mns.model import Publication, Subscription
from localcloud.mns.signature import VERSION

DEFAULT_PATH = "/notifications"
# The content type of the JSON format is an assumption; the other two are documented or seen in a genuine push.
_CONTENT_TYPES = {"XML": "text/xml;charset=utf-8", "JSON": "application/json;charset=utf-8", "SIMPLIFIED": "text/plain;charset=utf-8"}
_PLAIN = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")
_BACKOFF_RETRIES = 3
_DECAY_RETRIES = 176


def content(publication: Publication, subscription: Subscription, account_id: str) -> str:
    """The message as the subscription's format has it: the body of a push, or of a message in a subscribed queue."""
    if subscription.content_format == "SIMPLIFIED":
        return publication.body
    values = {
        "TopicOwner": account_id,
        "TopicName": publication.topic,
        "Subscriber": account_id,
        "SubscriptionName": subscription.name,
        "MessageId": publication.id,
        "MessageMD5": publication.md5,
        "Message": publication.body,
        "PublishTime": str(int(publication.published * 1000)),
    }
    if publication.tag:
        values["MessageTag"] = publication.tag
    if subscription.content_format == "JSON":
        return json.dumps(values, ensure_ascii=False)
    return documents.document("Notification", documents.fields(values)).decode()


def push_headers(publication: Publication, subscription: Subscription, account_id: str, body: bytes, now: float) -> dict[str, str]:
    """Headers of a push but for its signature, in lower case: the official sample endpoint looks some of them up that way."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    headers = {
        "content-type": _CONTENT_TYPES[subscription.content_format],
        "content-md5": base64.b64encode(digest.encode()).decode(),
        "date": formatdate(now, usegmt=True),
        "x-mns-request-id": uuid.uuid4().hex[:24].upper(),
        "x-mns-version": VERSION,
    }
    if subscription.content_format == "SIMPLIFIED":
        headers |= {
            "x-mns-message-id": publication.id,
            "x-mns-publish-time": str(int(publication.published * 1000)),
            "x-mns-subscriber": account_id,
            "x-mns-subscription-name": subscription.name,
            "x-mns-topic-name": publication.topic,
            "x-mns-topic-owner": account_id,
        }
        if publication.tag:
            # A header's value is bytes; a tag beyond ASCII goes as its UTF-8, percent-encoded. Our assumption.
            headers["x-mns-message-tag"] = quote(publication.tag, safe=_PLAIN)
    return headers


def push_target(url: str) -> str:
    """The request target of a push to that URL."""
    return httpx.URL(url).raw_path.decode()


def push_url(endpoint: str) -> str:
    return endpoint if urlsplit(endpoint).path else endpoint.rstrip("/") + DEFAULT_PATH


def retry_delay(strategy: str, failures: int, uniform: Callable[[float, float], float] = random.uniform) -> float | None:
    """Seconds until the next try after `failures` failed ones; None when the strategy gives up.

    BACKOFF_RETRY: 3 retries, 10 to 20 s apart. EXPONENTIAL_DECAY_RETRY: 176 retries after 1, 2, 4 … 256 and then 167 times 512 s.
    """
    if strategy == "BACKOFF_RETRY":
        return uniform(10, 20) if failures <= _BACKOFF_RETRIES else None
    return min(2.0 ** min(failures - 1, 9), 512) if failures <= _DECAY_RETRIES else None


def listener_retry_delay(failures: int) -> float:
    """Function Compute is a part of the same cloud: it is asked again until it takes the message, at least once a minute."""
    return min(0.1 * 2.0 ** min(failures, 20), 60)
