"""Fetches the inputs of a job to this machine's disk: `oss://` through the object store, http and https over the network.

An input that is an HLS playlist is fetched whole: its segments, by the same rules, one behind the other in one file.
"""

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
from urllib.parse import unquote, urlsplit

import httpx

from localcloud.ims import playlists
from localcloud.ims.runner import Stopped
from localcloud.network import Forbidden, Reach, checked_client
from localcloud.ports import Objects

# At INFO httpx logs every URL whole, and those of inputs carry signatures.
logging.getLogger("httpx").setLevel(logging.WARNING)

_SIGNATURE_KEYS = {"signature", "x-oss-signature", "ossaccesskeyid", "security-token", "x-oss-security-token"}


class InputError(Exception):
    """An input can't be had, for a reason that a person can act on. Its text never carries the query of a URL, which may be a signature.

    `status` is that of a server that gave something else than the input.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


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
    # The documents of SubmitSmarttagJob write OSS://.
    if not address.lower().startswith("oss://"):
        return None
    bucket, _, key = address[len("oss://") :].partition("/")
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


@dataclass
class _Transfer:
    """What is left of the limits while one input is fetched, in one file or in many."""

    limits: InputLimits
    deadline: float
    bytes: int = 0

    def take(self, count: int, address: str) -> None:
        self.bytes += count
        if time.monotonic() > self.deadline:
            raise InputError(f"the input {printable(address)} can't be fetched: it took longer than {self.limits.seconds:g} s")
        if self.bytes > self.limits.bytes:
            raise InputError(f"the input {printable(address)} is larger than {self.limits.bytes} bytes")


class Inputs:
    def __init__(self, objects: Objects, scratch: Path, limits: InputLimits, stopping: threading.Event, reach: Reach | None = None) -> None:
        self._objects = objects
        self._scratch = scratch
        self._limits = limits
        self._stopping = stopping
        self._reach = reach or Reach()
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._client = checked_client(self._reach, httpx.Timeout(30, connect=10), limits.redirects)

    def close(self) -> None:
        self._client.close()

    def check(self, address: str) -> None:
        """What can be told before anything is fetched. Raises InputError; its text continues "the input is …"."""
        if oss_address(address) is None and not is_web_address(address):
            raise InputError("it is no address that begins with oss://bucket/, http:// or https://")
        try:
            if oss_address(address) is None:
                self._reach.check_literal(address)
        except (Forbidden, httpx.InvalidURL) as refusal:
            raise InputError(str(refusal) if isinstance(refusal, Forbidden) else "it is no URL") from None

    @contextmanager
    def files(self, addresses: Sequence[str]) -> Iterator[list[Path]]:
        """The inputs as files that are gone afterwards. Raises InputError."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as directory:
            files = []
            for number, address in enumerate(addresses):
                files.append(Path(directory, f"input-{number}"))
                transfer = _Transfer(self._limits, time.monotonic() + self._limits.seconds)
                self._fetch(address, files[-1], transfer)
                self._follow(address, files[-1], transfer)
            yield files

    def _fetch(self, address: str, file: Path, transfer: _Transfer) -> None:
        stored = oss_address(address)
        if stored:
            self._fetch_object(stored, file, transfer)
        elif is_web_address(address):
            try:
                self._download(address, file, transfer)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
                if self._stopping.is_set():
                    raise Stopped from None
                raise InputError(f"the input {printable(address)} can't be fetched: {_cause(error)}") from None
        else:
            raise InputError(f"the input {printable(address)} is no address this cloud can read; use oss://bucket/key, http or https")

    def _fetch_object(self, address: OssAddress, file: Path, transfer: _Transfer) -> None:
        name = f"oss://{address.bucket}/{address.key}"
        stored = self._objects.find(address.bucket, address.key)
        if stored is None:
            raise InputError(f"the input {name} does not exist")
        transfer.take(stored.size, name)
        try:
            # A link keeps the content that was found, even if the object is replaced meanwhile.
            os.link(stored.path, file)
        except FileNotFoundError:
            raise InputError(f"the input {name} was deleted") from None
        except OSError:
            shutil.copyfile(stored.path, file)

    def _download(self, address: str, file: Path, transfer: _Transfer) -> None:
        with self._client.stream("GET", address) as response, file.open("wb") as out:
            if response.status_code != httpx.codes.OK:
                reason = f"the input {printable(address)} can't be fetched: HTTP {response.status_code}"
                raise InputError(reason, response.status_code)
            for chunk in response.iter_bytes():
                if self._stopping.is_set():
                    raise Stopped
                transfer.take(len(chunk), address)
                out.write(chunk)

    def _follow(self, address: str, file: Path, transfer: _Transfer, is_variant: bool = False) -> None:
        """Put what a playlist names in its place; any other file stays as it is."""
        with file.open("rb") as stream:
            head = stream.read(playlists.LONGEST_PLAYLIST)
        if not head.startswith(playlists.MARK):
            return
        try:
            playlist = playlists.parse(head.decode("utf-8", "replace"))
            variants = [playlists.address_of(address, reference) for reference in playlist.variants]
            segments = [playlists.address_of(address, reference) for reference in playlist.segments]
            if is_variant and variants:
                raise playlists.UnusablePlaylist("its variants are lists of variants")
        except playlists.UnusablePlaylist as reason:
            raise InputError(f"the playlist {printable(address)} can't be followed: {reason}") from None
        # Unlinked, not overwritten: the file may be a link to the object itself.
        file.unlink()
        if variants:
            self._fetch(variants[0], file, transfer)
            self._follow(variants[0], file, transfer, is_variant=True)
        else:
            self._join(segments, file, transfer)

    def _join(self, segments: Sequence[str], file: Path, transfer: _Transfer) -> None:
        part = file.with_suffix(".part")
        with file.open("wb") as out:
            for segment in segments:
                self._fetch(segment, part, transfer)
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, out)
                part.unlink()


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
    if isinstance(error, Forbidden):
        return str(error)
    if isinstance(error, httpx.ConnectError):
        return "the server can't be reached"
    return type(error).__name__
