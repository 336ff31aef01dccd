"""Intelligent Media Services behind the door: routing, signatures, and the life of its threads."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from engines.recognition.faces import FaceReader
from localcloud.acs import TERMS, AcsError, acs_error_reply, acs_refusal, authenticate, json_reply, parameters
from localcloud.http import Reply, Request, Terms, Trouble
from localcloud.identity import Keyring
from localcloud.ims import operations
from localcloud.ims.analyses import Analyses
from localcloud.ims.answers import Answer
from localcloud.ims.callbacks import Callbacks
from localcloud.ims.cognition_jobs import CognitionJobs
from localcloud.ims.cognition_notices import StateChanges
from localcloud.ims.cognition_runner import CognitionRunner
from localcloud.ims.cognition_store import JobStore
from localcloud.ims.cognition_work import Sources
from localcloud.ims.editing import Editing
from localcloud.ims.errors import unsupported_method
from localcloud.ims.events import EventCallback
from localcloud.ims.indexes import IndexKinds, MomentIndex
from localcloud.ims.indexing import Indexing
from localcloud.ims.inputs import InputLimits, Inputs
from localcloud.ims.label_search import LabelSearch
from localcloud.ims.labels import LabelIndex
from localcloud.ims.libraries import Libraries
from localcloud.ims.media import MediaShelf
from localcloud.ims.media_search import MediaSearch
from localcloud.ims.notices import Notices
from localcloud.ims.operation import ICE, MPS
from localcloud.ims.orders import Orders
from localcloud.ims.pipelines import Pipelines
from localcloud.ims.recognition import RecognitionLibs, open_recognition_store
from localcloud.ims.recognition_pictures import PICTURE_LIMITS, Pictures
from localcloud.ims.recognition_samples import RecognitionSamples
from localcloud.ims.recognition_search import FaceIndex, FaceSearch
from localcloud.ims.results_subtitles import is_subtitle, serve_subtitle
from localcloud.ims.searching import Searching
from localcloud.ims.shelf import OpenLibrary, Shelf
from localcloud.ims.smarttag import SmarttagJobs
from localcloud.ims.store import open_store
from localcloud.ims.streams import Streams
from localcloud.ims.templates import Templates
from localcloud.ims.understanding import Memory, Understanding
from localcloud.network import Reach
from localcloud.place import Place
from localcloud.ports import CallbackQueues, Objects

log = logging.getLogger("localcloud.ims")

STOP_SECONDS = 5.0
"""For all threads together. One that waits for a silent server is left to end with the process, or with its time limit."""


@dataclass(frozen=True)
class Settings:
    """`jobs_at_once` is a pipeline's default in the cloud; `retry_seconds` the first wait before a callback is sent again;
    `reach` says where the URLs of inputs may lead, `faces` whether the engine compares any.
    """

    jobs_at_once: int = 2
    index_jobs_at_once: int = 4
    inputs: InputLimits = field(default_factory=InputLimits)
    reach: Reach = field(default_factory=Reach)
    retry_seconds: float = 1.0
    faces: bool = field(default_factory=FaceReader.available)


class IntelligentMediaServices:
    """A `Service`: IMS (product ICE, 2020-11-09), and of MPS (2014-06-18) the one operation that binds callbacks.

    `data` is its own folder; `endpoint` the address under which clients reach it; `understanding` is started and closed with it. What was
    under way when the process ended is done again after `start`.
    """

    def __init__(
        self,
        data: Path,
        place: Place,
        keyring: Keyring,
        queues: CallbackQueues,
        objects: Objects,
        understanding: Understanding,
        open_library: OpenLibrary,
        endpoint: Callable[[], str],
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings()
        self._keyring = keyring
        self._clock = clock
        self._understanding = understanding
        self._stopping = threading.Event()
        self._database = open_store(data / "ims.sqlite")
        self._shelf = Shelf(data / "libraries", open_library)
        self._inputs = inputs = Inputs(objects, data / "scratch", settings.inputs, self._stopping, settings.reach)
        self._recognition = open_recognition_store(data / "recognition.sqlite")
        self._samples = Inputs(objects, data / "scratch-samples", PICTURE_LIMITS, self._stopping, settings.reach)
        pictures = Pictures(self._samples, understanding)
        samples = RecognitionSamples(self._recognition, pictures, clock)
        memory = Memory(self._database, understanding.fingerprint)
        notices = Notices(self._database, queues, clock, settings.retry_seconds)
        self._callbacks = callbacks = Callbacks(self._database, queues, clock, settings.retry_seconds)
        events = EventCallback(self._database, callbacks, queues, place.account_id, clock)
        changes = StateChanges(notices, callbacks, events)
        tagging = CognitionRunner(
            self._database, changes, inputs, understanding, memory, samples.acquaintance, place.account_id, clock, settings.jobs_at_once
        ).runner
        analyses = Analyses(understanding, memory)
        kinds: IndexKinds = {
            "mm": MomentIndex(self._shelf, analyses),
            "aiLabel": LabelIndex(self._database, analyses, samples.acquaintance),
            **({"face": FaceIndex(self._database, understanding)} if settings.faces else {}),
        }
        indexing = Indexing(self._database, self._shelf, inputs, kinds, clock, settings.index_jobs_at_once).runner
        self._runners = (notices.runner, callbacks.runner, tagging, indexing)
        templates = Templates(self._database, clock)
        pipelines = Pipelines(self._database, queues, clock, tagging.call)
        jobs = JobStore(self._database, pipelines, place.account_id, clock, tagging.call, endpoint)
        sources = Sources(self._database, inputs)
        orders = Orders(self._database, clock)
        self._operations = operations.table(
            (
                templates,
                pipelines,
                SmarttagJobs(jobs, templates, sources),
                CognitionJobs(jobs, templates, sources),
                RecognitionLibs(self._recognition, clock),
                samples,
                FaceSearch(self._database, pictures, clock),
                events,
                Libraries(self._database, self._shelf, kinds, clock),
                MediaShelf(self._database, self._shelf, kinds, inputs, clock, indexing.call),
                Searching(self._database, self._shelf, orders.searched),
                LabelSearch(self._database),
                MediaSearch(self._database, self._recognition, place.region),
                Streams(self._database, clock),
                orders,
                Editing(self._database),
            )
        )

    def start(self) -> None:
        self._understanding.start()
        for runner in self._runners:
            runner.start()

    def stop(self) -> None:
        self._stopping.set()
        for runner in self._runners:
            runner.stop()
        self._understanding.close()
        deadline = time.monotonic() + STOP_SECONDS
        for runner in self._runners:
            runner.join(max(0.0, deadline - time.monotonic()))
        self._inputs.close()
        self._samples.close()
        self._callbacks.close()
        self._shelf.close()
        self._recognition.close()
        self._database.close()

    def claims(self, request: Request) -> bool:
        return _version(request) in (ICE, MPS) or is_subtitle(request)

    def terms(self, request: Request) -> Terms:  # noqa: ARG002 - the port's signature
        return TERMS

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return acs_refusal(request, trouble, str(uuid.uuid4()).upper())

    def serve(self, request: Request) -> Reply:
        if is_subtitle(request):
            return serve_subtitle(self._database, request)
        request_id = str(uuid.uuid4()).upper()
        try:
            answer = self._answer(request)
        except AcsError as error:
            log.info("%s refused: %s %s", _action(request), error.code, error.message)
            return acs_error_reply(error, request_id, request.headers.get("host", ""))
        return json_reply({"RequestId": request_id, **answer}, request_id)

    def _answer(self, request: Request) -> Answer:
        authenticate(request, self._keyring, self._clock())
        if request.method not in ("POST", "GET"):
            raise unsupported_method(request.method)
        return operations.find(self._operations, _version(request), _action(request))(parameters(request))


def _version(request: Request) -> str:
    return request.headers.get("x-acs-version") or request.query.get("Version", "")


def _action(request: Request) -> str:
    return request.headers.get("x-acs-action") or request.query.get("Action", "")
