"""Where the objects of a production job are, and what the placeholders in the name of an output become.

An object is named as `oss://bucket/key` or `http(s)://bucket.oss-<region>.aliyuncs.com/key` ("SubmitIProductionJob"); here by the laptop
cloud's own endpoint as well. All of them name objects of the OSS on this machine: nothing is ever fetched from Alibaba Cloud.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urlsplit

from localcloud.ims.errors import invalid_parameter
from localcloud.ims.inputs import OssAddress, oss_address

PLACEHOLDERS = ("source", "timestamp", "sequenceId", "resultType")
LONGEST_KEY_BYTES = 1023
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_CLOUD_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9-]{1,61}[a-z0-9])\.oss-(?P<region>[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Addresses:
    """`endpoint` is the address under which this laptop cloud is reached."""

    region: str
    endpoint: Callable[[], str]

    def read(self, field: str, address: str) -> OssAddress:
        """Raises AcsError, naming `field`."""
        found = self.find(field, address)
        if found is None:
            raise invalid_parameter(field, f"it is neither oss://bucket/key nor http(s)://bucket.oss-{self.region}.aliyuncs.com/key")
        return found

    def find(self, field: str, address: str) -> OssAddress | None:
        """None for what is no address of OSS. Raises AcsError for one that names no object of this region."""
        if address.lower().startswith("oss://"):
            return oss_address(address)
        try:
            parts = urlsplit(address)
            parts.port  # noqa: B018 (it raises ValueError for what is no port)
        except ValueError:
            return None
        if parts.scheme not in ("http", "https"):
            return None
        host = parts.hostname or ""
        named = self._cloud(field, host, parts) or self._own(host, parts)
        if named and (parts.query or parts.fragment):
            raise invalid_parameter(field, "it has a query; name the object alone")
        return named

    def url(self, address: OssAddress) -> str:
        """One that leads to this machine, as a signed request may ask for it."""
        return f"{self.endpoint()}/{address.bucket}/{quote(address.key)}"

    def _cloud(self, field: str, host: str, parts: SplitResult) -> OssAddress | None:
        match = _CLOUD_HOST.fullmatch(host)
        if match and match["region"] != self.region:
            raise invalid_parameter(field, f"its bucket is in {match['region']}, and must be in {self.region}")
        return _object(match["bucket"], parts.path) if match else None

    def _own(self, host: str, parts: SplitResult) -> OssAddress | None:
        own = urlsplit(self.endpoint())
        if parts.port != own.port:
            return None
        if host in (own.hostname, *_THIS_MACHINE):
            bucket, _, key = parts.path.removeprefix("/").partition("/")
            return _object(unquote(bucket), key)
        bucket, _, rest = host.partition(".")
        return _object(bucket, parts.path) if rest in (own.hostname, "localhost") else None


def _object(bucket: str, path: str) -> OssAddress | None:
    key = unquote(path.removeprefix("/"))
    return OssAddress(bucket, key) if bucket and key else None


@dataclass(frozen=True)
class OutputName:
    """The key of a job's outputs, with its placeholders.

    `source` and `timestamp` are fixed when the job is submitted, so that whoever does it again after a crash writes to the same keys.
    """

    template: str
    source: str
    timestamp: str

    def key(self, number: int, result_type: str) -> str:
        """Of the output with that number, from 1. The five digits and the milliseconds are those of published samples."""
        values = {"source": self.source, "timestamp": self.timestamp, "sequenceId": f"{number:05d}", "resultType": result_type}
        return _PLACEHOLDER.sub(lambda match: values[match[1]], self.template)


def output_name(field: str, template: str, source_key: str, now: float, needed: str) -> OutputName:
    """`needed` is the placeholder that the function can't do without. Raises AcsError, naming `field`."""
    unknown = [name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise invalid_parameter(field, f"{{{unknown[0]}}} is no placeholder; there are {known}")
    if needed and f"{{{needed}}}" not in template:
        raise invalid_parameter(field, f"the function makes several files, and {{{needed}}} in their name must tell them apart")
    # {source} is the input's file name without its extension in every published sample.
    name = OutputName(template, PurePosixPath(source_key).stem, str(int(now * 1000)))
    if len(name.key(1, "accompaniment").encode()) > LONGEST_KEY_BYTES or template.startswith(("/", "\\")):
        raise invalid_parameter(field, f"a key of OSS has at most {LONGEST_KEY_BYTES} bytes and begins with no slash")
    return name
