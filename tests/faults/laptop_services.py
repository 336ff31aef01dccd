"""The real services of the laptop cloud, without their threads: whatever happens in them happens when the scheduler says so.

This module alone knows the laptop cloud's insides: which threads it would have, and what each of them would do next.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx

from cli.provision.report import Provisioned
from cli.up import provisioned
from engines.retrieval import open_library
from localcloud.cloud import LaptopCloud
from localcloud.door import Door
from localcloud.http import Body, FileSlice, Headers, Later, Reply, Request, Service
from localcloud.identity import Keyring
from localcloud.ims.service import IntelligentMediaServices, Settings
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.mns.service import MessageService
from localcloud.network import Reach
from localcloud.oss import ObjectStorage
from localcloud.pai import MultimediaAnalysis
from localcloud.place import Place
from localcloud.ports import ObjectEvent, TopicMessage
from tests.faults.null_engine import NullAnalysis, NullEngine, NullProduction
from tests.faults.simulated_clock import SimulatedClock

ENDPOINT = "http://127.0.0.1:9"
"""Of services without sockets; nobody listens there."""
ANSWER_SECONDS = 60
PLACE = Place()


def provisioned_folder(folder: Path) -> Provisioned:
    """Fill a data folder as `sightline up` does: over the wire, with the official SDKs."""
    cloud = LaptopCloud(folder, PLACE, EngineSettings(), understanding=NullEngine())
    cloud.start()
    try:
        return provisioned(cloud, PLACE, {})
    finally:
        cloud.stop()


class Gate:
    """Stands where Function Compute would: takes events and messages, and keeps them for the scheduler."""

    def __init__(self) -> None:
        self.taken: list[ObjectEvent | TopicMessage] = []

    def object_event(self, event: ObjectEvent) -> None:
        self.taken.append(event)

    def topic_message(self, message: TopicMessage) -> None:
        self.taken.append(message)


@dataclass(frozen=True)
class LibraryEntry:
    media_id: str
    address: str
    namespace: str
    text: str


class LaptopServices:
    """OSS, MNS and IMS on a copy of a provisioned folder. `serve` answers one request, in the caller's thread or through a socket."""

    def __init__(self, template: Path, data: Path, clock: SimulatedClock, sockets: bool = False) -> None:
        shutil.copytree(template, data, ignore=shutil.ignore_patterns("blobs", "scratch*"))
        self.gate = Gate()
        self.keyring = Keyring.open(data / "keys.json", clock.seconds)
        self._clock = clock
        self._mns = MessageService(data / "mns", PLACE, self.keyring, self.gate, clock.seconds, endpoint=lambda: self.endpoint)
        self._oss = ObjectStorage(data / "oss", PLACE, self.keyring, self.gate, clock.seconds, endpoint=lambda: self.endpoint)
        self._ims = IntelligentMediaServices(
            data / "ims",
            PLACE,
            self.keyring,
            self._mns,
            self._oss,
            NullEngine(),
            open_library,
            lambda: self.endpoint,
            clock.seconds,
            Settings(faces=False, reach=Reach(own=lambda: self.endpoint)),
            production=NullProduction(),
        )
        reach = Reach(own=lambda: self.endpoint)
        self._pai = MultimediaAnalysis(data / "pai", self.keyring, self._oss, NullAnalysis(), reach, clock.seconds)
        services: list[Service] = [self._mns, self._ims, self._pai, self._oss]
        self._door = Door(services, scratch=data / "scratch") if sockets else None
        if self._door:
            self._door.start()
            self._transport: httpx.BaseTransport = httpx.HTTPTransport(trust_env=False)
        else:
            self._transport = Direct(services)
            for inputs in self._all_inputs():
                inputs._client.close()
                inputs._client = httpx.Client(transport=self._transport)

    def _all_inputs(self) -> list[Any]:
        """Whatever fetches media by their addresses."""
        media: Any = self._pai._media
        return [self._parts._inputs, media._images, media._videos]

    @property
    def _parts(self) -> Any:
        return self._ims._parts

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._door.port}" if self._door else ENDPOINT

    @property
    def mns(self) -> MessageService:
        return self._mns

    def serve(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        response.read()
        response.request = request
        response.headers["Date"] = format_datetime(self._clock(), usegmt=True)
        return response

    def close(self) -> None:
        if self._door:
            self._transport.close()
            self._door.stop()
        self._parts.close()
        self._pai.stop()
        self._oss._store.close()
        self._mns._queues.close()
        self._mns._database.close()

    def take_news(self) -> list[ObjectEvent | TopicMessage]:
        """Let every outbox be emptied, as its thread would; what has arrived at the gate."""
        self._oss._outbox._round()  # type: ignore[union-attr]
        notices, callbacks = self._parts.runners[:2]
        while notices._step() or callbacks._step():
            pass
        for lane in self._mns._topic_store.lanes_due(self._clock.seconds()):
            self._mns._courier.deliver_due(*lane)
        news, self.gate.taken = self.gate.taken, []
        return news

    def start_job(self) -> str | None:
        """The id of the oldest job that waits, which runs from now on."""
        row = self._tagging._claim() or self._producing._claim()
        return None if row is None else str(row["id"])

    def finish_job(self, job_id: str) -> None:
        row, runner = self._job(job_id), self._tagging if self._is_tagging(job_id) else self._producing
        try:
            runner._run(row)
        except Exception as error:  # noqa: BLE001 - the boundary that the runner's thread would be
            runner._give_up(row, error)

    def run_index_job(self) -> bool:
        """Whether there was one, or a film that PAI looks at."""
        return bool(self._parts.runners[3]._step()) or bool(self._films._step())

    def job_state(self, job_id: str) -> str:
        return str(self._job(job_id)["state"])

    def waiting_jobs(self) -> int:
        return self._count("SELECT COUNT(*) AS n FROM smarttag_job WHERE state = 'Submitted'") + self._count(
            "SELECT COUNT(*) AS n FROM production_job WHERE state = 'Queuing'"
        )

    def index_jobs(self) -> int:
        return self._count("SELECT COUNT(*) AS n FROM index_job WHERE status = 'Running'") + self._films_waiting()

    def library(self) -> list[LibraryEntry]:
        rows = self._parts.database.query("SELECT * FROM media ORDER BY id")
        return [LibraryEntry(row["id"], row["input"], row["namespace"], f"{row['title']} {row['description']}") for row in rows]

    @property
    def _tagging(self) -> Any:
        return self._parts.runners[2]

    @property
    def _producing(self) -> Any:
        return self._parts.runners[4]

    @property
    def _films(self) -> Any:
        return self._pai._videos.runner

    def _films_waiting(self) -> int:
        row: Any = self._pai._jobs._database.one("SELECT COUNT(*) AS n FROM job WHERE state < 2")
        return int(row["n"])

    def _is_tagging(self, job_id: str) -> bool:
        return self._parts.database.one("SELECT 1 FROM smarttag_job WHERE id = ?", job_id) is not None

    def _job(self, job_id: str) -> sqlite3.Row:
        table = "smarttag_job" if self._is_tagging(job_id) else "production_job"
        row: sqlite3.Row = self._parts.database.one(f"SELECT * FROM {table} WHERE id = ?", job_id)
        return row

    def _count(self, sql: str) -> int:
        return int(self._parts.database.one(sql)["n"])


class Direct(httpx.BaseTransport):
    """Hands a request to the service that claims it, as the door does, but for the sockets."""

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = services

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        asked = Request(request.method, request.url.raw_path.decode("ascii"), Headers(pairs), Body(request.read()))
        service = next(each for each in self._services if each.claims(asked))
        return _response(_reply(service.serve(asked), is_message=isinstance(service, MessageService)), request.method)


def _reply(reply: Reply | Later, *, is_message: bool) -> Reply:
    while isinstance(reply, Later):
        if is_message and not reply.ready.done():
            # Nobody waits for a message here: while time stands still, none will come.
            reply.ready.cancel()
        elif not is_message:
            reply.ready.exception(ANSWER_SECONDS)
        reply = reply.reply()
    return reply


def _response(reply: Reply, method: str) -> httpx.Response:
    body = reply.body
    if isinstance(body, FileSlice):
        with body.path.open("rb") as file:
            file.seek(body.start)
            content = file.read(body.length)
    else:
        content = body
    headers = {"Content-Length": str(len(content)), **reply.headers}
    return httpx.Response(reply.status, headers=headers, content=b"" if method == "HEAD" else content)


@contextmanager
def laptop_services(template: Path, data: Path, clock: SimulatedClock, sockets: bool = False) -> Iterator[LaptopServices]:
    services = LaptopServices(template, data, clock, sockets)
    try:
        yield services
    finally:
        services.close()
        shutil.rmtree(data, ignore_errors=True)
