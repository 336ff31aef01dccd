"""What the values of MNS's attributes may be, and the InvalidArgument that names the one that is not.

Limits: "Queue", "Topic" and "Subscription" attributes and "Message attributes" in the developer reference of Simple Message Queue
(formerly MNS), and the descriptions in its control plane's SDK (mns-open 2022-01-19) for queue types and dead-letter policies.
Sizes are bytes of UTF-8, lengths are characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from localcloud.mns.errors import MnsError, invalid_argument, name_invalid, out_of_range

BATCH_LIMIT = 16
BATCH_BYTES = 65536
DOCUMENT_BYTES = 1024 * 1024
"""A request's XML: 16 messages of 64 KB in all, each character written as a reference at the most. Our assumption."""
TAG_LENGTH = 16
TEXT_LENGTH = 1024
"""Of an endpoint, a group id or a bucket's name. Our assumption: the document gives none."""
PROPERTY_NAME_LENGTH = 256
PROPERTY_VALUE_LENGTH = 4096
PROPERTY_TYPES = ("NUMBER", "STRING", "BOOLEAN", "BINARY")

# The document allows 1 to 120 characters; a digit may come first (SDK: mns_tool.ValidatorBase.name_validate).
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_NAME_LENGTH = {"Queue": 120, "Topic": 255, "Subscription": 255}

_XML_TEXT = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")

_LIMITS = {
    "DelaySeconds": (0, 604800, "seconds"),
    "VisibilityTimeout": (1, 43200, "seconds"),
    "MaximumMessageSize": (1024, 65536, "bytes"),
    "MessageRetentionPeriod": (60, 604800, "seconds"),
    "PollingWaitSeconds": (0, 30, "seconds"),
    "MaxReceiveCount": (1, 1000, ""),  # the upper limit is our assumption
    "Priority": (1, 16, ""),
    "waitseconds": (0, 30, "seconds"),
    "numOfMessages": (1, BATCH_LIMIT, ""),
    "x-mns-ret-number": (1, 1000, ""),
}


def check_name(kind: str, name: str) -> str:
    """The name itself, or the error of a bad one. `kind` is Queue, Topic or Subscription."""
    if not _NAME.fullmatch(name):
        raise name_invalid(kind)
    if len(name) > _NAME_LENGTH[kind]:
        raise MnsError(f"{kind}NameLengthError", f"The length of the {kind.lower()} name should be between 1 and {_NAME_LENGTH[kind]}.")
    return name


def whole_number(name: str, text: str) -> int:
    """A number within the limits of the element or parameter called `name`."""
    low, high, unit = _LIMITS[name]
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not low <= int(text) <= high:
        raise out_of_range(name, low, high, unit)
    return int(text)


def truth(name: str, text: str) -> bool:
    """The SDK writes True and False, the document true and false."""
    if text.strip().lower() not in ("true", "false"):
        raise invalid_argument(f"The value of {name} should be True or False.")
    return text.strip().lower() == "true"


def one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise invalid_argument(f"The value of {name} should be one of {', '.join(allowed)}.")
    return value


def check_text(name: str, text: str, length: int = TEXT_LENGTH) -> str:
    """A text that XML can carry back, not longer than `length`."""
    if len(text) > length:
        raise invalid_argument(f"The length of {name} should not be over {length}.")
    if not _XML_TEXT.fullmatch(text):
        raise invalid_argument(f"{name} holds a character that XML 1.0 cannot carry.")
    return text


def check_body(body: str, limit: int) -> None:
    size = len(body.encode("utf-8", "surrogatepass"))
    if not 1 <= size <= limit:
        raise out_of_range("the length of MessageBody", 1, limit, "bytes")
    if not _XML_TEXT.fullmatch(body):
        raise invalid_argument("MessageBody holds a character that XML 1.0 cannot carry; encode it, for example with base64.")


def check_property(name: str, value: str, kind: str) -> None:
    if not name:
        raise invalid_argument("The Name of a message property is required.")
    check_text("the Name of a message property", name, PROPERTY_NAME_LENGTH)
    check_text(f"the Value of property {name}", value, PROPERTY_VALUE_LENGTH)
    one_of(f"the Type of property {name}", kind, PROPERTY_TYPES)
    if kind == "BOOLEAN":
        one_of(f"property {name} of type BOOLEAN", value, ("true", "false"))
