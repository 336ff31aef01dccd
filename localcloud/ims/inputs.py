"""Fetches the inputs of a job to this machine's disk: `oss://` through the object store, http and https over the network."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import httpx

from localcloud.ims.runner import Stopped
from localcloud.ports import Objects

# At INFO httpx logs every URL whole, and those of inputs carry signatures.
logging.getLogger("httpx").setLevel(logging.WARNING)

_SIGNATURE_KEYS = {"signature", "x-oss-signature", "ossaccesskeyid", "security-token", "x-oss-security-token"}


class InputError(Exception):
    """An input can't be had, for a reason that a person can act on. Its text never carries the query of a URL, which may be a signature."""


@dataclass(frozen=True)
class InputLimits:
    """Of one input: 4 GB is what the smart tagging documents allow for a video; the time covers the whole transfer."""

    bytes: int = 4 * 1024**3
    seconds: float = 300
    redirects: int = 5


@dataclass(frozen=True)
class OssAddress:
    bucket: str
    key: str


def oss_address(address: str) -> OssAddress | None:
    """The bucket and key of an `oss://bucket/key`, None for any other address. The key is taken as it stands, not URL-decoded."""
    if not address.startswith("oss://"):
        return None
    bucket, _, key = address.removeprefix("oss://").partition("/")
    return OssAddress(bucket, key) if bucket and key else None


def is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_signed(address: str) -> bool:
    """Whether a URL is a temporary one."""
    names = (pair.partition("=")[0] for pair in urlsplit(address).query.split("&"))
    return any(unquote(name).lower() in _SIGNATURE_KEYS for name in names)


def printable(address: str) -> str:
    """An address without what may be secret in it: its query and its user."""
    if not is_web_address(address):
        return address.partition("?")[0]
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class Inputs:
    def __init__(self, objects: Objects, scratch: Path, limits: InputLimits, stopping: threading.Event) -> None:
        self._objects = objects
        self._scratch = scratch
        self._limits = limits
        self._stopping = stopping
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        # A proxy that the environment names is for the world outside, not for this machine.
        direct = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}
        self._client = httpx.Client(
            follow_redirects=True, max_redirects=limits.redirects, timeout=httpx.Timeout(30, connect=10), mounts=direct
        )

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def files(self, addresses: Sequence[str]) -> Iterator[list[Path]]:
        """The inputs as files that are gone afterwards. Raises InputError."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
            files = []
            for number, address in enumerate(addresses):
                files.append(Path(directory, f"input-{number}"))
                self._fetch(address, files[-1])
            yield files

    def _fetch(self, address: str, file: Path) -> None:
        stored = oss_address(address)
        if stored:
            self._fetch_object(stored, file)
        elif is_web_address(address):
            try:
                self._download(address, file)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                if self._stopping.is_set():
                    raise Stopped from None
                raise InputError(f"the input {printable(address)} can't be fetched: {_cause(error)}") from None
        else:
            raise InputError(f"the input {printable(address)} is no address this cloud can read; use oss://bucket/key, http or https")

    def _fetch_object(self, address: OssAddress, file: Path) -> None:
        stored = self._objects.find(address.bucket, address.key)
        if stored is None:
            raise InputError(f"the input oss://{address.bucket}/{address.key} does not exist")
        if stored.size > self._limits.bytes:
            raise InputError(f"the input oss://{address.bucket}/{address.key} is larger than {self._limits.bytes} bytes")
        try:
            # A link keeps the content that was found, even if the object is replaced meanwhile.
            os.link(stored.path, file)
        except FileNotFoundError:
            raise InputError(f"the input oss://{address.bucket}/{address.key} was deleted") from None
        except OSError:
            shutil.copyfile(stored.path, file)

    def _download(self, address: str, file: Path) -> None:
        with self._client.stream("GET", address) as response, file.open("wb") as out:
            if response.status_code != httpx.codes.OK:
                raise InputError(f"the input {printable(address)} can't be fetched: HTTP {response.status_code}")
            self._copy(response, out, address)

    def _copy(self, response: httpx.Response, out: BinaryIO, address: str) -> None:
        deadline = time.monotonic() + self._limits.seconds
        for chunk in response.iter_bytes():
            if self._stopping.is_set():
                raise Stopped
            if time.monotonic() > deadline:
                raise InputError(f"the input {printable(address)} can't be fetched: it took longer than {self._limits.seconds:g} s")
            if out.tell() + len(chunk) > self._limits.bytes:
                raise InputError(f"the input {printable(address)} is larger than {self._limits.bytes} bytes")
            out.write(chunk)


def _cause(error: httpx.HTTPError | httpx.InvalidURL | UnicodeError) -> str:
    """Only what can't hold the URL: httpx puts it into some of its texts."""
    if isinstance(error, httpx.TimeoutException):
        return "the server did not answer in time"
    if isinstance(error, httpx.TooManyRedirects):
        return "there are too many redirects"
    if isinstance(error, httpx.UnsupportedProtocol):
        return "it leads to an address that is neither http nor https"
    if isinstance(error, UnicodeError):  # from the standard library's IDNA, which knows of the lengths that DNS allows
        return "its host name is not one"
    if isinstance(error, httpx.ConnectError):
        return "the server can't be reached"
    return type(error).__name__
