"""Where a job finds its input and leaves its outputs: addresses of objects, in the forms that IMS takes and tells.

`oss://bucket/key`, and `http(s)://bucket.oss-<region>.aliyuncs.com/key`; a laptop's OSS has `http://127.0.0.1:<port>/bucket/key`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from sightline.errors import BadInput
from sightline.ims.answers import shown
from sightline.ims.production.fields import LONGEST_URL
from sightline.value import Value

PLACEHOLDERS = ("{source}", "{timestamp}", "{sequenceId}", "{resultType}")
_FORMS = "oss://bucket/key, or https://bucket.oss-<region>.aliyuncs.com/key"
# "Object naming conventions" of the OSS documentation.
_LONGEST_KEY_BYTES = 1023
_LONGEST_MEDIA_ID = 128


class Address(Value):
    """Of an object, or of several: the key of an output may have placeholders."""

    bucket: str
    key: str


def parse(address: str) -> Address | None:
    """None for what is no address of an object. A signature after the `?` is left out; a key of `oss://` may have a `?` of its own."""
    scheme, separator, rest = address.partition("://")
    if not separator or not address.isprintable():
        return None
    if scheme.lower() == "oss":
        bucket, _, key = rest.partition("/")
    elif scheme.lower() in ("http", "https"):
        bucket, key = _of_http(address)
    else:
        return None
    return Address(bucket, key) if bucket and key and len(key.encode(errors="replace")) <= _LONGEST_KEY_BYTES else None


def _of_http(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    path = unquote(parts.path.removeprefix("/"))
    bucket, _, service = host.partition(".")
    if service.startswith("oss-"):
        return bucket, path
    if host == "localhost" or host.replace(".", "").isdecimal():
        bucket, _, path = path.partition("/")
        return bucket, path
    return "", ""


def is_media_id(source: str) -> bool:
    """Whether an input names a media asset, and no address."""
    return 0 < len(source) <= _LONGEST_MEDIA_ID and source.isascii() and source.replace("-", "a").replace("_", "a").isalnum()


def check_source(source: str) -> None:
    """Raises BadInput for what is neither an object's address nor a media asset's id."""
    if not is_media_id(source) and (len(source) > LONGEST_URL or parse(source) is None):
        raise BadInput("Input.Media", f"is {shown(source)}", f"give {_FORMS}, or the id of a media asset")


def check_output(output: str, needed: str = "") -> None:
    """Raises BadInput for what is no object's address, and for placeholders that are unknown, or that are `needed` and missing."""
    field = "Output.Media"
    if len(output) > LONGEST_URL or parse(output) is None:
        raise BadInput(field, f"is {shown(output)}", f"give {_FORMS}")
    unknown = next((name for name in re.findall(r"\{[^{}]*\}", output) if name not in PLACEHOLDERS), None)
    if unknown is not None:
        raise BadInput(field, f"has {shown(unknown)}, which is no placeholder", f"there are {', '.join(PLACEHOLDERS)}")
    if needed not in output:
        raise BadInput(field, f"has no {needed}, and the function makes several files", f"put {needed} into the name, before its ending")


def may_lie_below(output: str, bucket: str, prefix: str) -> bool:
    """Whether an output could land where uploads are watched for, whatever its placeholders become: each is a word without a slash."""
    address = parse(output)
    if address is None or address.bucket.lower() != bucket.lower():
        return False
    *folders, begun = prefix.split("/")
    steps = address.key.split("/")
    if len(steps) <= len(folders):
        return False
    return all(map(_may_be, steps, folders)) and (not begun or _may_begin_with(steps[len(folders)], begun))


def _may_be(step: str, name: str) -> bool:
    return re.fullmatch(_pattern(step), name) is not None


def _may_begin_with(step: str, begun: str) -> bool:
    """Up to its first placeholder, which can become anything, a step is what it says."""
    said = re.split(_ANY_PLACEHOLDER, step)[0]
    return said.startswith(begun) or (said != step and begun.startswith(said))


_ANY_PLACEHOLDER = "|".join(map(re.escape, PLACEHOLDERS))


def _pattern(step: str) -> str:
    return "[^/]*".join(map(re.escape, re.split(_ANY_PLACEHOLDER, step)))
