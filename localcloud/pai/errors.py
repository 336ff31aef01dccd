"""What PAI refuses, in its own codes.

Codes, statuses and messages: "Error codes" of "Multimedia analysis SDK for Python", help.aliyun.com. What that table does not have is said
in its form: our assumption.
"""

from __future__ import annotations

IMAGES_WITHOUT_APP_ID = "note found appid"
"""As the table spells it for pictures."""
WITHOUT_APP_ID = "not found appid"


class PaiError(Exception):
    """An HTTP status, a code, and a message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def parameter_error(message: str, status: int = 400) -> PaiError:
    return PaiError(status, "PARAMETER_ERROR", message)


def sign_error() -> PaiError:
    return parameter_error("sign error", 401)


def model_not_found() -> PaiError:
    return parameter_error("model not found", 404)


def server_error(message: str) -> PaiError:
    """The model could not do it."""
    return PaiError(422, "SERVER_ERROR", message)


def stopping() -> PaiError:
    return PaiError(503, "SERVER_ERROR", "the laptop cloud is being stopped")


def internal_error() -> PaiError:
    return PaiError(500, "SERVER_ERROR", "the request failed inside the laptop cloud; its log says why")
