"""All operations, gathered from who answers them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from localcloud.ims.callbacks import events
from localcloud.ims.errors import unknown_operation
from localcloud.ims.jobs import cognition_jobs, editing, orders, pipelines, smarttag, templates
from localcloud.ims.libraries import label_search, libraries, media, media_search, searching, streams
from localcloud.ims.operation import Bound, Operation
from localcloud.ims.production import jobs as production
from localcloud.ims.recognition import face_search, samples
from localcloud.ims.recognition import libraries as recognition

FAMILIES: Mapping[type, Sequence[Operation[Any, Any]]] = {
    templates.Templates: templates.OPERATIONS,
    pipelines.Pipelines: pipelines.OPERATIONS,
    smarttag.SmarttagJobs: smarttag.OPERATIONS,
    cognition_jobs.CognitionJobs: cognition_jobs.OPERATIONS,
    production.ProductionJobs: production.OPERATIONS,
    recognition.RecognitionLibs: recognition.OPERATIONS,
    samples.RecognitionSamples: samples.OPERATIONS,
    face_search.FaceSearch: face_search.OPERATIONS,
    events.EventCallback: events.OPERATIONS,
    libraries.Libraries: libraries.OPERATIONS,
    media.MediaShelf: media.OPERATIONS,
    searching.Searching: searching.OPERATIONS,
    label_search.LabelSearch: label_search.OPERATIONS,
    media_search.MediaSearch: media_search.OPERATIONS,
    streams.Streams: streams.OPERATIONS,
    orders.Orders: orders.OPERATIONS,
    editing.Editing: editing.OPERATIONS,
}
"""The operations by the class that answers them."""

Table = Mapping[tuple[str, str], Bound]


def table(behaviours: Iterable[object]) -> Table:
    """All operations by version and name, each bound to the one of `behaviours` that answers it."""
    return {(one.version, one.name): one.bind(behaviour) for behaviour in behaviours for one in FAMILIES[type(behaviour)]}


def find(operations: Table, version: str, name: str) -> Bound:
    """Raises AcsError."""
    operation = operations.get((version, name))
    if operation is None:
        raise unknown_operation(name, version)
    return operation
