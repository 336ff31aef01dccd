"""What MNS refuses, in its own codes.

Codes, statuses and most messages: "Error codes" of Simple Message Queue (formerly MNS), help.aliyun.com/document_detail/27501.html.
"""

from __future__ import annotations


class MnsError(Exception):
    """An error that goes out as `<Error>` with the status of its class."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Refused(MnsError):
    """The caller may not (403)."""

    status = 403


class NotExist(MnsError):
    """404. `kind` is Queue, Topic, Subscription or Message."""

    status = 404

    def __init__(self, kind: str, name: str = "") -> None:
        what = f"The {kind.lower()} {name} you provided is not exist." if name else f"{kind} not exist."
        super().__init__(f"{kind}NotExist", what)


class AlreadyExist(MnsError):
    """409: the name is taken, with other attributes."""

    status = 409

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind}AlreadyExist", f"The {kind.lower()} {name} you want to create is already exist with other attributes.")


class TimeExpired(MnsError):
    status = 408

    def __init__(self) -> None:
        super().__init__(
            "TimeExpired", "The http request you sent is expired: its Date differs from the server's clock by more than 15 minutes."
        )


class InternalError(MnsError):
    status = 500

    def __init__(self) -> None:
        super().__init__("InternalError", "Internal error; the log of the laptop cloud says why.")


def invalid_argument(message: str) -> MnsError:
    return MnsError("InvalidArgument", message)


def out_of_range(name: str, low: int, high: int, unit: str = "") -> MnsError:
    return invalid_argument(f"The value of {name} should be between {low} and {high}{' ' + unit if unit else ''}.")


def malformed_xml(cause: str) -> MnsError:
    return MnsError("MalformedXML", f"The XML you provided was not well-formed: {cause}.")


def name_invalid(kind: str) -> MnsError:
    """`kind` is Queue, Topic or Subscription. The spellings differ: ErrorCode in the official .NET SDK."""
    code = "InvalidQueueName" if kind == "Queue" else f"{kind}NameInvalid"
    return MnsError(code, f"The {kind.lower()} name may hold letters, digits and hyphens and starts with a letter or digit.")


def endpoint_invalid(cause: str) -> MnsError:
    """The code is the one in the official .NET SDK's ErrorCode."""
    return MnsError("EndpointInvalid", f"The Endpoint you provided is invalid: {cause}.")


def receipt_handle_error() -> MnsError:
    return MnsError("ReceiptHandleError", "The receipt handle you provide is not valid, or no longer.")


def invalid_query_string(item: str) -> MnsError:
    return MnsError("InvalidQueryString", f"Http request URL contains invalid querystring item {item}.")


def invalid_request_url() -> MnsError:
    return MnsError("InvalidRequestURL", "Http request URL format invalid.")
