"""Those who upload, copy and delete, and what is there because of them: the truth that everything else is measured by."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx

from cli.up import NAMES
from localcloud.identity import Credential
from sightline.clock import Clock
from sightline.credentials import Credentials
from sightline.media.identity import media_id
from sightline.store.signature import sign_headers
from tests.faults.laptop_services import PLACE

REFUSED_EXTENSIONS = (".txt",)


@dataclass(frozen=True)
class Version:
    """What a key held from a step on; None where it held nothing."""

    step: int
    content: bytes | None

    @property
    def generation(self) -> str:
        return "" if self.content is None else etag(self.content)


def etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest().upper()


def is_media(key: str) -> bool:
    return key.startswith("uploads/") and not key.endswith("/")


@dataclass
class People:
    """`versions` of each key that was ever used, oldest first."""

    endpoint: str
    account: Credential
    clock: Clock
    serve: Callable[[httpx.Request], httpx.Response]
    versions: dict[str, list[Version]] = field(default_factory=dict)

    def put(self, step: int, key: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        self._send("PUT", key, content, headers)
        self._now(step, key, content)

    def delete(self, step: int, key: str) -> None:
        self._send("DELETE", key)
        self._now(step, key, None)

    def copy(self, step: int, source: str, target: str) -> bool:
        """Whether there was something to copy."""
        content = self.content(source)
        if content is None or source == target:
            return False
        self._send("PUT", target, headers={"x-oss-copy-source": quote(f"/{NAMES.media_bucket}/{source}")})
        self._now(step, target, content)
        return True

    def content(self, key: str) -> bytes | None:
        versions = self.versions.get(key)
        return versions[-1].content if versions else None

    def present(self) -> Iterator[tuple[str, bytes]]:
        for key in sorted(self.versions):
            content = self.content(key)
            if content is not None:
                yield key, content

    def namespaces(self) -> list[str]:
        return sorted({_namespace(key) for key in self.versions if is_media(key)})

    def key_of(self, identity: str) -> str | None:
        return next((key for key in self.versions if self.identity(key) == identity), None)

    def identity(self, key: str) -> str:
        return media_id(NAMES.media_bucket, key)

    def runs(self, key: str, generation: str) -> int:
        """How many times the key came to hold this content, after it had held other content or none."""
        held = [version.generation for version in self.versions.get(key, [])]
        return sum(now == generation and before != generation for before, now in zip(["", *held], held, strict=False))

    def repeats(self, key: str, generation: str) -> int:
        """How many times the content was uploaded that was there already."""
        held = [version.generation for version in self.versions.get(key, [])]
        return sum(now == generation == before for before, now in zip(["", *held], held, strict=False))

    def _now(self, step: int, key: str, content: bytes | None) -> None:
        self.versions.setdefault(key, []).append(Version(step, content))

    def _send(self, method: str, key: str, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        account = Credentials(self.account.access_key_id, self.account.access_key_secret)
        resource = f"/{NAMES.media_bucket}/{key}"
        signed = sign_headers(account, PLACE.region, self.clock(), method, resource, {}, headers or {})
        address = f"{self.endpoint}/{NAMES.media_bucket}/{quote(key, safe='')}"
        self.serve(httpx.Request(method, address, headers=signed, content=content)).raise_for_status()


def _namespace(key: str) -> str:
    folders = [each for each in key.removeprefix("uploads/").split("/")[:-1] if each]
    return folders[0] if folders else "default"
