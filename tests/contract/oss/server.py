"""A local OSS behind its door, as the tests of this folder need it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oss2

from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.oss import ObjectStorage
from localcloud.place import Place
from localcloud.ports import ObjectEvent

ACCOUNT = Credential("LTAItest", "a-secret")
REGION = "cn-shanghai"
BUCKET = "media-bucket"


class AdjustableClock:
    """The real time, some seconds ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Listener:
    """Takes events, after refusing the first `refusals` of each object that is named."""

    def __init__(self) -> None:
        self.taken: list[ObjectEvent] = []
        self.refusals: dict[str, int] = {}

    def object_event(self, event: ObjectEvent) -> None:
        left = self.refusals.get(event.key, 0)
        if left:
            self.refusals[event.key] = left - 1
            raise ConnectionError("not now")
        self.taken.append(event)

    def named(self, key: str) -> list[ObjectEvent]:
        return [event for event in self.taken if event.key == key]


class LocalOss:
    """Starts, and starts again on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = AdjustableClock()
        self.keyring = Keyring(ACCOUNT, self.clock)
        self.listener = Listener()
        self.start()

    def start(self) -> None:
        self.storage = ObjectStorage(
            self.folder / "oss", Place(region=REGION), self.keyring, self.listener, self.clock, endpoint=lambda: self.endpoint
        )
        self.door = Door([self.storage], scratch=self.folder / "scratch")
        self.storage.start()
        self.door.start()

    def stop(self) -> None:
        self.door.stop()
        self.storage.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"

    def bucket(self, auth: Any, name: str = BUCKET) -> Any:
        return oss2.Bucket(auth, self.endpoint, name, region=REGION)

    def blob_files(self) -> list[Path]:
        return [path for path in (self.folder / "oss" / "blobs").glob("*/*") if path.is_file()]


def auth_for(version: str, credential: Credential = ACCOUNT) -> Any:
    if credential.security_token:
        return oss2.StsAuth(credential.access_key_id, credential.access_key_secret, credential.security_token, auth_version=version)
    return oss2.make_auth(credential.access_key_id, credential.access_key_secret, auth_version=version)


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether something becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return holds()
