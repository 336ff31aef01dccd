"""The policy of a form upload: until when, and what it may upload ("Appendix: Policy" of PostObject)."""

from __future__ import annotations

import base64
import binascii
import calendar
import json
import time
from collections.abc import Mapping
from typing import Any

from localcloud.oss.errors import OssError, access_denied

_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")


def check_policy(encoded: str, fields: Mapping[str, str], bucket: str, size: int, now: float) -> None:
    """Raises InvalidPolicyDocument, AccessDenied where it does not allow this form, EntityTooLarge and EntityTooSmall.

    `fields` are the form's, their names in lower case. Unlike in S3 a field may be there that no condition names.
    """
    policy = _read(encoded)
    if now > _expiration(policy):
        raise access_denied("Invalid according to Policy: Policy expired.")
    values = {**fields, "bucket": bucket}
    for condition in policy["conditions"]:
        _check(condition, values, size)


def _read(encoded: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid("Invalid JSON") from error
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list) or not policy["conditions"]:
        raise _invalid("Policy missing conditions.")
    return policy


def _expiration(policy: Mapping[str, Any]) -> float:
    text = policy.get("expiration")
    if not isinstance(text, str):
        raise _invalid("Policy missing expiration.")
    for form in _DATE_FORMATS:
        try:
            return calendar.timegm(time.strptime(text, form))
        except ValueError:
            continue
    raise _invalid(f"Invalid 'expiration' value: '{text}'")


def _check(condition: object, values: Mapping[str, str], size: int) -> None:
    if isinstance(condition, dict):
        for name, wanted in condition.items():
            _compare("eq", str(name), wanted, values, condition)
    elif isinstance(condition, list) and len(condition) == 3:
        kind = str(condition[0]).lower()
        if kind == "content-length-range":
            _check_length(condition, size)
        else:
            _compare(kind, str(condition[1]).removeprefix("$"), condition[2], values, condition)
    else:
        raise _invalid("Invalid conditions")


def _compare(kind: str, name: str, wanted: Any, values: Mapping[str, str], condition: object) -> None:
    value = values.get(name.lower())
    listed = [str(one) for one in wanted] if isinstance(wanted, list) else [str(wanted)]
    if kind == "eq":
        holds = value == str(wanted)
    elif kind == "starts-with":
        holds = value is not None and value.startswith(str(wanted))
    elif kind in ("in", "not-in"):
        holds = value is not None and (value in listed) == (kind == "in")
    else:
        raise _invalid(f"Invalid match type {kind}")
    if not holds:
        raise access_denied(f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}")


def _check_length(condition: list[Any], size: int) -> None:
    low, high = condition[1], condition[2]
    if not (isinstance(low, int) and isinstance(high, int)):
        raise _invalid("Invalid content-length-range")
    if size > high:
        message = "Your proposed upload exceeds the maximum allowed size."
        raise OssError(400, "EntityTooLarge", message, {"MaxSizeAllowed": str(high), "ProposedSize": str(size)})
    if size < low:
        message = "Your proposed upload is smaller than the minimum allowed size."
        raise OssError(400, "EntityTooSmall", message, {"MinSizeAllowed": str(low), "ProposedSize": str(size)})


def _invalid(why: str) -> OssError:
    return OssError(400, "InvalidPolicyDocument", f"Invalid Policy: {why}")
