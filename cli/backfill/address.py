"""Where objects come from, and which keys they get."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from cli.errors import USAGE, CommandError
from cli.upload import check_name

# "Object naming conventions" of OSS: 1 to 1,023 bytes of UTF-8.
MOST_KEY_BYTES = 1023

Scheme = Literal["oss", "s3"]


@dataclass(frozen=True)
class Address:
    """A folder of a bucket; `prefix` is empty or ends in a slash, and is taken as it stands: nothing in it is decoded."""

    scheme: Scheme
    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises CommandError."""
        found = re.fullmatch(r"(oss|s3)://([a-z0-9][a-z0-9._-]+)(?:/(.*))?", text, re.DOTALL)
        if found is None:
            raise CommandError(f"{text!r} is no address", "name a folder of a bucket: oss://bucket/folder or s3://bucket/folder", USAGE)
        prefix = found.group(3) or ""
        return cls(
            "oss" if found.group(1) == "oss" else "s3", found.group(2), prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        )

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}"

    def of(self, key: str) -> str:
        """The address of one object, in ASCII, as it stands in the metadata of its copy."""
        return f"{self.scheme}://{self.bucket}/{quote(key)}"


@dataclass(frozen=True)
class KeyMap:
    """What follows `prefix` in a key follows `base` in the key of its copy, byte for byte: no character is replaced or normalised."""

    prefix: str
    base: str

    def target(self, key: str) -> str:
        return self.base + key.removeprefix(self.prefix)


def base_of(uploads: str, namespace: str | None, device: str | None, default_namespace: str) -> str:
    """The folder below `uploads` that copies go to. Raises CommandError."""
    if device is not None and namespace is None:
        namespace = default_namespace
    base = uploads
    for option, name in (("--namespace", namespace), ("--device", device)):
        if name is not None:
            check_name(option, name)
            base += f"{name}/"
    return base
