"""A media service behind the real door, with the official SDK as its client and fakes for its neighbours."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any, TypeVar

from alibabacloud_ice20201109.client import Client
from alibabacloud_tea_openapi import models as open_api

from engines.recognition.types import Algorithm, Enrolment
from engines.retrieval import open_library
from engines.speech import Transcript, Untranscribed
from engines.understanding.types import USUAL, Description, Engine, MediaKind, Wishes
from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.ims import EngineSettings, IntelligentMediaServices, Settings, WorkerLimits, Workers
from localcloud.ims.production.producing import Production
from localcloud.ims.runner import Stopped
from localcloud.ims.understanding.engine import Understanding
from localcloud.network import Reach
from localcloud.place import Place
from localcloud.ports import QueueMessage, StoredObject
from tests.contract.ims.scripted_engine import ScriptedEngine
from tests.contract.ims.scripted_production import InProcessProduction

KEY = Credential("LTAItest", "the secret")
PLACE = Place()
PATIENCE_SECONDS = 60
T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    """What `look` returns once it is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def rpc(action: str, version: str) -> open_api.Params:
    """An operation as `call_api` of every SDK takes it: for those that have no method of their own here, and for odd requests."""
    return open_api.Params(
        action=action,
        version=version,
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )


def client(port: int, key: Credential = KEY, **settings: Any) -> Any:
    return Client(
        open_api.Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token,
            endpoint=f"127.0.0.1:{port}",
            protocol="http",
            region_id=PLACE.region,
            **settings,
        )
    )


class FakeQueues:
    """Takes messages for the topics and queues that exist; refuses the first `failures` of them."""

    def __init__(self) -> None:
        self.topics = {"callbacks"}
        self.queues = {"callbacks"}
        self.failures = 0
        self.taken: list[tuple[str, str]] = []

    def publish(self, topic: str, body: str) -> None:
        self._take("topic", topic, body, self.topics)

    def send(self, queue: str, body: str) -> None:
        self._take("queue", queue, body, self.queues)

    def receive(self, queue: str, count: int, wait_seconds: float) -> list[QueueMessage]:
        raise NotImplementedError

    def delete(self, queue: str, receipt_handle: str) -> None:
        raise NotImplementedError

    def has_topic(self, topic: str) -> bool:
        return topic in self.topics

    def has_queue(self, queue: str) -> bool:
        return queue in self.queues

    def _take(self, kind: str, name: str, body: str, existing: set[str]) -> None:
        if name not in existing:
            raise KeyError(name)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")
        self.taken.append((f"{kind} {name}", body))


class FakeObjects:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._stored: dict[tuple[str, str], StoredObject] = {}
        self.buckets = {"media"}
        self.written: list[str] = []
        """The keys of what a job made, one for each time that it was written."""

    def add(self, key: str, content: bytes | str) -> str:
        """The oss:// address of a new object of the bucket `media`."""
        path = self._folder / uuid.uuid4().hex
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self._stored["media", key] = StoredObject(path, path.stat().st_size, "ETAG", "application/octet-stream")
        return f"oss://media/{key}"

    def has_bucket(self, bucket: str) -> bool:
        return bucket in self.buckets

    def put(self, bucket: str, key: str, file: Path, mime_type: str) -> None:
        if bucket not in self.buckets:
            raise KeyError(bucket)
        path = self._folder / uuid.uuid4().hex
        file.rename(path)
        self._stored[bucket, key] = StoredObject(path, path.stat().st_size, "ETAG", mime_type)
        self.written.append(key)

    def find(self, bucket: str, key: str) -> StoredObject | None:
        return self._stored.get((bucket, key))


class InProcess:
    """An Understanding without processes, for tests of what is around it. Remembers what it was asked."""

    fingerprint = "in process"

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine or ScriptedEngine()
        self.asked: list[tuple[MediaKind, bool]] = []
        self.done: list[Description] = []
        self.wishes: list[Wishes] = []
        self.enrolled = 0
        self.description: Description | None = None
        """What every media is described as, in place of the engine's words."""
        self.transcript: Transcript | None = None
        self.deaf: Exception = Untranscribed("no speech endpoint is set")
        """Why nothing is transcribed where there is no transcript."""
        self.languages: list[str | None] = []
        self.closed = False

    def start(self) -> None:
        pass

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL, urgent: bool = True) -> Description:
        self.asked.append((kind, urgent))
        self.wishes.append(wishes)
        description = self.description or self._engine.describe(files, kind, wishes)
        if self.closed:
            raise Stopped
        self.done.append(description)
        return description

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        self.enrolled += 1
        return self._engine.enrol(picture, algorithm)

    def transcribe(self, file: Path, language: str | None = None, urgent: bool = True) -> Transcript:
        if self.transcript is None:
            raise self.deaf
        self.languages.append(language)
        return self.transcript

    def close(self) -> None:
        self.closed = True


class Cloud:
    """With `engine` the media are analysed by real worker processes, otherwise in this one, as scripted; so with `production`."""

    def __init__(
        self,
        folder: Path,
        engine: EngineSettings | None = None,
        limits: WorkerLimits | None = None,
        reach: Reach = Reach(this_machine=True),  # noqa: B008 (it is immutable)
        faces: bool = True,
        production: Production | None = None,
        stored: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`stored` is in the bucket from the beginning."""
        self.folder = folder
        self.reach = reach
        self.faces = faces
        self.queues = FakeQueues()
        self.objects = FakeObjects(folder / "objects")
        for key, content in stored.items():
            self.objects.add(key, content)
        self.keyring = Keyring(KEY)
        self._engine = engine
        self._limits = limits
        self.production = production
        self.start()

    def start(self) -> None:
        self.scripted = InProcess()
        understanding: Understanding = self.scripted
        if self._engine:
            understanding = Workers(self._engine, self.folder / "workers.log", limits=self._limits)
        self.service = IntelligentMediaServices(
            self.folder / "ims",
            PLACE,
            self.keyring,
            self.queues,
            self.objects,
            understanding,
            open_library,
            endpoint=lambda: f"http://127.0.0.1:{self.door.port}",
            settings=Settings(retry_seconds=0.01, reach=self.reach, faces=self.faces, production_threads=2),
            production=self.production or InProcessProduction(),
        )
        self.door = Door([self.service], scratch=self.folder / "scratch")
        self.service.start()
        self.door.start()

    def stop(self) -> None:
        self.door.stop()
        self.service.stop()

    def client(self, key: Credential = KEY, **settings: Any) -> Any:
        return client(self.door.port, key, **settings)


class Website:
    """Serves a few files over HTTP; a path that is a number answers with that status, `/to?address` redirects there, `/loop` to itself."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        website = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                website.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def put(self, name: str, content: str | bytes) -> str:
        self.files[f"/{name}"] = content.encode() if isinstance(content, str) else content
        return f"{self.address}/{name}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        content = self.files.get(path, b"")
        status, headers = self._status(path, query)
        handler.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _status(self, path: str, query: str) -> tuple[int, Mapping[str, str]]:
        if path == "/to":
            return 302, {"Location": query}
        if path == "/loop":
            return 302, {"Location": "/loop"}
        if path.strip("/").isdigit():
            return int(path.strip("/")), {}
        return (200 if path in self.files else 404), {}

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
