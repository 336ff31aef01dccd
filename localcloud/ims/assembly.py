"""IMS put together: which part gets which of the others. `service` serves what is made here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.recognition.faces import FaceReader
from localcloud.ims import operations
from localcloud.ims.callbacks.callbacks import Callbacks
from localcloud.ims.callbacks.events import EventCallback
from localcloud.ims.callbacks.outbox import Notices
from localcloud.ims.inputs import InputLimits, Inputs
from localcloud.ims.jobs.cognition_jobs import CognitionJobs
from localcloud.ims.jobs.editing import Editing
from localcloud.ims.jobs.notices import StateChanges
from localcloud.ims.jobs.orders import Orders
from localcloud.ims.jobs.pipelines import Pipelines
from localcloud.ims.jobs.runner import CognitionRunner
from localcloud.ims.jobs.smarttag import SmarttagJobs
from localcloud.ims.jobs.store import JobStore
from localcloud.ims.jobs.templates import Templates
from localcloud.ims.jobs.work import Sources
from localcloud.ims.libraries.analyses import Analyses
from localcloud.ims.libraries.indexes import IndexKinds, MomentIndex
from localcloud.ims.libraries.indexing import Indexing
from localcloud.ims.libraries.key_frames import KeyFrameLooker
from localcloud.ims.libraries.label_search import LabelSearch
from localcloud.ims.libraries.labels import LabelIndex
from localcloud.ims.libraries.libraries import Libraries
from localcloud.ims.libraries.media import MediaShelf
from localcloud.ims.libraries.media_search import MediaSearch
from localcloud.ims.libraries.searching import Searching
from localcloud.ims.libraries.shelf import OpenLibrary, Shelf
from localcloud.ims.libraries.streams import Streams
from localcloud.ims.production.addresses import Addresses
from localcloud.ims.production.jobs import ProductionJobs
from localcloud.ims.production.messages import Endings
from localcloud.ims.production.orders import Orders as ProductionOrders
from localcloud.ims.production.producing import Production
from localcloud.ims.production.runner import ProductionRunner
from localcloud.ims.production.store import ProductionStore
from localcloud.ims.recognition.face_index import FaceIndex
from localcloud.ims.recognition.face_search import FaceSearch
from localcloud.ims.recognition.known_faces import KnownFaces
from localcloud.ims.recognition.libraries import RecognitionLibs, open_recognition_store
from localcloud.ims.recognition.pictures import PICTURE_LIMITS, Pictures
from localcloud.ims.recognition.samples import RecognitionSamples
from localcloud.ims.runner import Runner
from localcloud.ims.store import open_store
from localcloud.ims.understanding.engine import Memory, Understanding
from localcloud.network import Reach
from localcloud.nonces import NonceBook
from localcloud.place import Place
from localcloud.ports import CallbackQueues, WritableObjects

PRODUCTION_THREADS = max(2, os.cpu_count() or 2)
"""Each keeps a processor busy."""


@dataclass(frozen=True)
class Settings:
    """`jobs_at_once` is a pipeline's default in the cloud; `production_threads` are the production jobs of all pipelines together;
    `retry_seconds` is the first wait before a callback is sent again; `reach` says where the URLs of inputs may lead, `faces` whether the
    engine compares any.
    """

    jobs_at_once: int = 2
    production_threads: int = PRODUCTION_THREADS
    index_jobs_at_once: int = 4
    inputs: InputLimits = field(default_factory=InputLimits)
    reach: Reach = field(default_factory=Reach)
    retry_seconds: float = 1.0
    faces: bool = field(default_factory=FaceReader.available)


@dataclass(frozen=True)
class Surroundings:
    """What IMS needs of the rest: its neighbours, the engines, and the address under which clients reach it."""

    place: Place
    queues: CallbackQueues
    objects: WritableObjects
    understanding: Understanding
    production: Production
    open_library: OpenLibrary
    endpoint: Callable[[], str]
    clock: Callable[[], float]


class Parts:
    """Everything behind the operations. `stopping` is set when the service stops, before `close`."""

    def __init__(self, data: Path, around: Surroundings, settings: Settings, stopping: threading.Event) -> None:
        self._around = around
        self._settings = settings
        self.database = open_store(data / "ims.sqlite")
        self.nonces = NonceBook(data / "nonces.sqlite")
        self._recognition = open_recognition_store(data / "recognition.sqlite")
        self._shelf = Shelf(data / "libraries", around.open_library)
        self._inputs = Inputs(around.objects, data / "scratch", settings.inputs, stopping, settings.reach)
        self._pictures = Inputs(around.objects, data / "scratch-samples", PICTURE_LIMITS, stopping, settings.reach)
        self._notices = Notices(self.database, around.queues, around.clock, settings.retry_seconds)
        self._callbacks = Callbacks(self.database, around.queues, around.clock, settings.retry_seconds)
        self._memory = Memory(self.database, around.understanding.fingerprint)
        pictures = Pictures(self._pictures, around.understanding)
        samples = RecognitionSamples(self._recognition, pictures, around.clock)
        events = EventCallback(self.database, self._callbacks, around.queues, around.place.account_id, around.clock)
        tagging = self._tagging(events, samples)
        # What was assumed of pipelines for one kind of job holds for the other: each runs two at a time.
        endings = Endings(self._notices, self._callbacks, events)
        self._productions = ProductionStore(self.database, endings, around.clock, settings.jobs_at_once)
        producing = self._producing(data)
        kinds = self._index_kinds(samples)
        indexing = Indexing(self.database, self._shelf, self._inputs, kinds, around.clock, settings.index_jobs_at_once).runner
        self.runners: Sequence[Runner[Any]] = (self._notices.runner, self._callbacks.runner, tagging, indexing, producing)
        known_faces = KnownFaces(self._recognition, samples.acquaintance)
        face_search = FaceSearch(self.database, pictures, known_faces, around.clock)
        recognition = (RecognitionLibs(self._recognition, around.clock), samples, face_search)
        self.operations = operations.table((*self._jobs(tagging, producing), *recognition, events, *self._search(kinds, indexing)))

    def close(self) -> None:
        self._inputs.close()
        self._pictures.close()
        self._callbacks.close()
        self._shelf.close()
        self._recognition.close()
        self.nonces.close()
        self.database.close()

    def _tagging(self, events: EventCallback, samples: RecognitionSamples) -> Runner[Any]:
        return CognitionRunner(
            self.database,
            StateChanges(self._notices, self._callbacks, events),
            self._inputs,
            self._around.understanding,
            self._memory,
            samples.acquaintance,
            self._around.place.account_id,
            self._around.clock,
            self._settings.jobs_at_once,
        ).runner

    def _index_kinds(self, samples: RecognitionSamples) -> IndexKinds:
        analyses, key_frames = Analyses(self._around.understanding, self._memory), KeyFrameLooker(self._inputs)
        return {
            "mm": MomentIndex(self._shelf, analyses, key_frames),
            "aiLabel": LabelIndex(self.database, analyses, samples.acquaintance, key_frames),
            "face": FaceIndex(self.database, self._around.understanding, self._settings.faces),
        }

    def _producing(self, data: Path) -> Runner[Any]:
        around, threads = self._around, self._settings.production_threads
        store, folder = self._productions, data / "scratch-production"
        return ProductionRunner(store, self._inputs, around.objects, around.production, folder, threads).runner

    def _jobs(self, tagging: Runner[Any], producing: Runner[Any]) -> tuple[object, ...]:
        """Those who answer operations on templates, pipelines and jobs."""
        around, database = self._around, self.database
        templates = Templates(database, around.clock)

        def changed() -> None:
            tagging.call()
            producing.call()

        pipelines = Pipelines(database, around.queues, around.clock, changed)
        jobs = JobStore(database, pipelines, around.place.account_id, around.clock, tagging.call, around.endpoint)
        sources = Sources(database, self._inputs)
        addresses = Addresses(around.place.region, around.endpoint)
        orders = ProductionOrders(database, sources, self._inputs, around.objects, addresses, around.clock)
        production = ProductionJobs(self._productions, orders, pipelines, producing.call)
        cognition = (SmarttagJobs(jobs, templates, sources), CognitionJobs(jobs, templates, sources))
        return (templates, pipelines, *cognition, production, Editing(database))

    def _search(self, kinds: IndexKinds, indexing: Runner[Any]) -> tuple[object, ...]:
        """Those who answer operations on search libraries, what is in them, and what of it is paid for."""
        clock, database, shelf = self._around.clock, self.database, self._shelf
        orders = Orders(database, clock)
        return (
            Libraries(database, shelf, kinds, clock),
            MediaShelf(database, shelf, kinds, self._inputs, clock, indexing.call),
            Searching(database, shelf, orders.searched),
            LabelSearch(database),
            MediaSearch(database, self._recognition, self._around.place.region),
            Streams(database, clock),
            orders,
        )
