"""Where a subscription's messages go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from localcloud.mns.errors import endpoint_invalid
from localcloud.mns.limits import TEXT_LENGTH
from localcloud.network import Forbidden, Reach

# The API reference writes `queues/<name>`, an ARN `/queues/<name>`.
_QUEUE = re.compile(r"acs:mns:[^:]+:[^:]+:/?queues/(?P<queue>[A-Za-z0-9-]+)")
# A subscriber on this machine is the rule on a laptop; what a cloud server could read of itself stays out of reach.
PUSH_REACH = Reach(this_machine=True)


@dataclass(frozen=True)
class HttpEndpoint:
    url: str


@dataclass(frozen=True)
class QueueEndpoint:
    queue: str


def endpoint_of(text: str) -> HttpEndpoint | QueueEndpoint:
    """What a subscription's Endpoint means; EndpointInvalid, with the reason, for one that can't be served."""
    if len(text) > TEXT_LENGTH:
        raise endpoint_invalid(f"it is longer than {TEXT_LENGTH} characters")
    if found := _QUEUE.fullmatch(text):
        return QueueEndpoint(found["queue"])
    if text.startswith(("http://", "https://")):
        return _http(text)
    if text.startswith(("mail:", "sms:", "push:")):
        raise endpoint_invalid("the laptop cloud sends no mail, no SMS and no push; subscribe an http endpoint or a queue")
    if text.startswith("acs:fc:"):
        raise endpoint_invalid("a function is subscribed by its own mns_topic trigger")
    raise endpoint_invalid("it should be http(s)://<host>/<path> or acs:mns:<region>:<account>:queues/<queue>")


def _http(text: str) -> HttpEndpoint:
    try:
        # httpx refuses what no request could carry; urlsplit, a port that is no number.
        host, _ = httpx.URL(text).host, urlsplit(text).port
        PUSH_REACH.check_literal(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise endpoint_invalid(str(error)) from error
    except Forbidden as error:
        raise endpoint_invalid(str(error)) from error
    if not host or httpx.URL(text).userinfo:
        raise endpoint_invalid("it should be http(s)://<host>/<path>, without a user name")
    return HttpEndpoint(text)
