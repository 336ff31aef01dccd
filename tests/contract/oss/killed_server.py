"""An OSS in a process of its own, to be killed: serves the folder it is given and prints its port, and each event once it is on disk."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from localcloud.door import Door
from localcloud.identity import Keyring
from localcloud.oss import ObjectStorage
from localcloud.place import Place
from localcloud.ports import ObjectEvent
from tests.contract.oss.server import ACCOUNT, REGION


class EventFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def object_event(self, event: ObjectEvent) -> None:
        with self._path.open("a") as file:
            file.write(f"{event.key} {event.etag}\n")


def main() -> None:
    folder = Path(sys.argv[1])
    address: list[str] = []
    storage = ObjectStorage(
        folder / "oss", Place(region=REGION), Keyring(ACCOUNT), EventFile(folder / "events"), endpoint=lambda: address[0]
    )
    door = Door([storage], scratch=folder / "scratch")
    storage.start()
    door.start()
    address.append(f"http://127.0.0.1:{door.port}")
    print(door.port, flush=True)  # noqa: T201
    threading.Event().wait()


if __name__ == "__main__":
    main()
