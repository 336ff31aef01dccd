"""What the headers of a write say of the object to be."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qsl

from localcloud.oss.errors import invalid_argument, invalid_digest
from localcloud.oss.numbers import whole_number
from localcloud.oss.objects.encryption import encryption_of
from localcloud.oss.storage.records import Properties
from localcloud.oss.wire import Call

_KEPT_HEADERS = ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires")
_META = "x-oss-meta-"
MOST_META_BYTES = 8 * 1024
"""Names and values together ("PutObject" of OSS); the code of the refusal is our assumption."""
_OBJECT_ACLS = ("default", "private", "public-read", "public-read-write")
_BUCKET_ACLS = _OBJECT_ACLS[1:]
_MOST_TAGS = 10
# Letters of any script, as tests/test_upload.py of the SDK expects of the real service.
_TAG_KEY = re.compile(r"[\w +\-=.:/]{1,128}")
_TAG_VALUE = re.compile(r"[\w +\-=.:/]{0,256}")


def properties_of(call: Call) -> Properties:
    """Raises InvalidArgument and InvalidEncryptionAlgorithmError."""
    headers = {name: call.headers[name] for name in _KEPT_HEADERS if name in call.headers}
    meta = {name.removeprefix(_META): value for name, value in call.headers.items() if name.startswith(_META)}
    if sum(len(name) + len(value) for name, value in meta.items()) > MOST_META_BYTES:
        raise invalid_argument(_META, "", f"The user metadata of an object is at most {MOST_META_BYTES} bytes.")
    return Properties(headers, meta, tags_of(call.headers.get("x-oss-tagging", "")), object_acl(call), encryption_of(call))


def object_acl(call: Call) -> str:
    return _one_of(call, "x-oss-object-acl", "default", _OBJECT_ACLS)


def bucket_acl(call: Call, default: str = "private") -> str:
    return _one_of(call, "x-oss-acl", default, _BUCKET_ACLS)


def forbids_overwrite(call: Call) -> bool:
    return _one_of(call, "x-oss-forbid-overwrite", "false", ("true", "false")) == "true"


def _one_of(call: Call, header: str, default: str, allowed: tuple[str, ...]) -> str:
    value = call.headers.get(header, default)
    if value.lower() not in allowed:
        raise invalid_argument(header, value, f"{header} must be one of {', '.join(allowed)}.")
    return value.lower()


def tags_of(encoded: str) -> dict[str, str]:
    """`a=1&b=2` as a dictionary. Raises InvalidArgument."""
    return checked_tags(parse_qsl(encoded, keep_blank_values=True))


def checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    tags = dict(pairs)
    well_formed = all(_TAG_KEY.fullmatch(name) and _TAG_VALUE.fullmatch(value) for name, value in pairs)
    if len(tags) != len(pairs) or len(tags) > _MOST_TAGS or not well_formed:
        message = (
            "An object has at most 10 tags with different keys; keys of 1 to 128, values of up to 256 letters, digits, spaces and +-=._:/"
        )
        raise invalid_argument("Tagging", "", message)
    return tags


def check_digest(call: Call, md5: bytes) -> None:
    """Raises InvalidDigest where Content-MD5 is not the MD5 of what arrived."""
    given = call.headers.get("content-md5")
    if given is None:
        return
    try:
        decoded = base64.b64decode(given, validate=True)
    except ValueError as error:
        raise invalid_digest() from error
    if decoded != md5:
        raise invalid_digest()


def number(call: Call, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query. Raises InvalidArgument."""
    text = call.query.get(name) or str(default)
    value = whole_number(text)
    if value is None or not low <= value <= high:
        raise invalid_argument(name, text, f"{name} must be a number from {low} to {high}.")
    return value
