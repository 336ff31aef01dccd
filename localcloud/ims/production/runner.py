"""Runs the production jobs: fetches what they read, has it worked on in another process, and writes what came of it into OSS."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engines.production.types import Output, Produced, Unfit
from engines.understanding.types import UnreadableMedia
from localcloud.ims.inputs import InputError, Inputs
from localcloud.ims.production.orders import Order
from localcloud.ims.production.producing import Cancelled, Production, Task
from localcloud.ims.production.results import failed, succeeded
from localcloud.ims.production.store import Made, MediaKind, ProductionStore
from localcloud.ims.runner import Runner, own_fault
from localcloud.ims.understanding.engine import AnalysisFailed
from localcloud.ports import WritableObjects

log = logging.getLogger("localcloud.ims")

_TYPES: Mapping[str, tuple[str, MediaKind]] = {
    ".png": ("image/png", "image"),
    ".gif": ("image/gif", "image"),
    ".mp4": ("video/mp4", "video"),
    ".webm": ("video/webm", "video"),
    ".wav": ("audio/wav", "audio"),
    ".srt": ("application/x-subrip", "text"),
    ".json": ("application/json", "text"),
}
"""The content type and the kind of what a function made, by the ending that it gave it."""


class ProductionRunner:
    """`scratch` is a folder of its own; what a killed process left in it goes now."""

    def __init__(
        self, store: ProductionStore, inputs: Inputs, objects: WritableObjects, production: Production, scratch: Path, threads: int
    ) -> None:
        self._store = store
        self._inputs = inputs
        self._objects = objects
        self._production = production
        self._scratch = scratch
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self.runner: Runner[sqlite3.Row] = Runner("ims-production", threads, store.claim, self._run, self._give_up)

    def _run(self, job: sqlite3.Row) -> None:
        order = Order.from_json(job["work"])
        try:
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                produced = self._produce(job, order, Path(folder))
                made = self._keep(job, order, produced.outputs)
        except Cancelled:
            return
        except Unfit as reason:
            self._fail(job, order, "InvalidParameter", f"{reason.field} {reason}")
        except UnreadableMedia as reason:
            self._fail(job, order, "InvalidParameter", f"Input.Media can't be read: {reason}")
        except AnalysisFailed as reason:
            self._fail(job, order, "InternalError", str(reason))
        else:
            notes = [*order.notes, *_surprises(made, produced.outputs)]
            self._store.end(job, "Success", succeeded(order.function, produced, [each.key for each in made], notes), made)

    def _produce(self, job: sqlite3.Row, order: Order, folder: Path) -> Produced:
        with self._files(order) as (source, others):
            task = Task(order.function, source, folder, {**order.options, **{name: str(file) for name, file in others.items()}})
            return self._production.produce(task, lambda: not self._store.is_running(job))

    @contextmanager
    def _files(self, order: Order) -> Iterator[tuple[Path, dict[str, Path]]]:
        """The input and the other files of a job, on this machine's disk. Raises Unfit, naming the parameter."""
        with ExitStack() as stack:
            source = self._fetched(stack, "Input.Media", order.source)
            yield source, {name: self._fetched(stack, field, address) for name, (field, address) in order.others.items()}

    def _fetched(self, stack: ExitStack, field: str, address: str) -> Path:
        try:
            return stack.enter_context(self._inputs.files([address]))[0]
        except InputError as reason:
            raise Unfit(field, f"can't be had: {reason}") from None

    def _keep(self, job: sqlite3.Row, order: Order, outputs: Sequence[Output]) -> list[Made]:
        """Raises Cancelled before anything is written, and Unfit where the bucket is no longer there."""
        if not self._store.is_running(job):
            raise Cancelled
        made = []
        for number, output in enumerate(outputs, start=1):
            ending = output.path.suffix
            key = order.name.key(number, output.result_type or ending.removeprefix("."))
            content_type, kind = _TYPES[ending]
            try:
                self._objects.put(order.bucket, key, output.path, content_type)
            except KeyError:
                raise Unfit("Output", f'names the bucket "{order.bucket}", which is no longer there') from None
            made.append(Made(order.bucket, key, kind))
        return made

    def _fail(self, job: sqlite3.Row, order: Order, code: str, message: str) -> None:
        self._store.end(job, "Fail", failed(code, message, order.notes))

    def _give_up(self, job: sqlite3.Row, error: Exception) -> None:
        log.error("job %s failed", job["id"], exc_info=error)
        self._store.end(job, "Fail", failed("InternalError", own_fault(error)))


def _surprises(made: Sequence[Made], outputs: Sequence[Output]) -> list[str]:
    """Outputs whose name promises something else than what is in them."""
    pairs = [(each.key, output.path.suffix) for each, output in zip(made, outputs, strict=True)]
    return [
        f"{key} holds {ending.removeprefix('.')}, whatever its name says" for key, ending in pairs if Path(key).suffix.lower() != ending
    ]
