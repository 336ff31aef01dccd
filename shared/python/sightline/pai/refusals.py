"""What an answer of PAI refuses, after the table of errors in the SDK's documentation.

| status | code | message | becomes |
|---|---|---|---|
| 400 | PARAMETER_ERROR | image is empty; Unmarshal type error ... field=image | ServiceRefused, which names the field |
| 400 | PARAMETER_ERROR | note found appid (images), not found appid (videos) | KeyRefused |
| 401 | PARAMETER_ERROR | sign error | KeyRefused |
| 404 | PARAMETER_ERROR | model not found | ModelNotFound |
| 422 | SERVER_ERROR | the model's own | ServiceRefused |
"""

from __future__ import annotations

from sightline.errors import UNKNOWN_CODE, KeyRefused, ModelNotFound, UnusableAnswer
from sightline.ims.answers import as_text
from sightline.transport import Answer, Refusal, json_object

SERVICE = "PAI"
_FIXES = {
    "image": "give the address of an image that PAI can fetch",
    "video_url": "give the address of a video that PAI can fetch",
}


def refusal(operation: str, answer: Answer, again: bool) -> Refusal | None:
    """None where it is none. A status of 200 says so only beside the code OK, which the SDK does not look at.

    Raises ModelNotFound and KeyRefused, and UnusableAnswer for a success that is no JSON.
    """
    try:
        document = json_object(answer)
    except ValueError as error:
        if answer.is_success:
            raise UnusableAnswer(SERVICE, operation, "the body", "is no JSON object", retryable=again) from error
        return Refusal(UNKNOWN_CODE, "an error without JSON, so perhaps not from the service itself")
    code, message = as_text(document.get("code")), as_text(document.get("message"))
    if answer.is_success and code.strip().upper() in ("OK", ""):
        return None
    request_id = as_text(document.get("request_id"))
    said = (SERVICE, operation, answer.status, code or UNKNOWN_CODE, message, request_id)
    if answer.status == 404 and "model not found" in message.lower():
        raise ModelNotFound(*said)
    if answer.status == 401 or "found appid" in message.lower():
        raise KeyRefused(*said)
    return Refusal(code or UNKNOWN_CODE, _named(message), request_id)


def _named(message: str) -> str:
    """With the field in front, and the fix behind."""
    of_type = message.partition("field=")[2].partition(",")[0].strip()
    field = of_type or message.partition(" is empty")[0].strip() if "is empty" in message or of_type else ""
    return f"{field}: {message}; {_FIXES.get(field, 'give it as the documentation says')}" if field else message
