"""What IMS needs of an understanding engine, and its memory of what was already understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from engines.understanding.types import USUAL, Description, MediaKind, Wishes
from localcloud.database import Database

DESCRIPTION: TypeAdapter[Description] = TypeAdapter(Description)
"""A description as JSON, on the way from a worker and in the store."""
WISHES: TypeAdapter[Wishes] = TypeAdapter(Wishes)
"""On the way to a worker."""
KEPT = 10_000
"""Descriptions remembered; the oldest are forgotten first."""


class AnalysisFailed(Exception):
    """The analysis of one media did not end well, through no fault that the engine could name: a crash, a time limit, too much memory."""


@dataclass(frozen=True)
class EngineSettings:
    """Which engine the workers build. `factory` is `module:function`, called with these settings in the worker."""

    detector: str | None = None
    detector_sha256: str | None = None
    vision_base_url: str | None = None
    vision_api_key: str | None = field(default=None, repr=False)
    vision_model: str | None = None
    factory: str = "localcloud.ims.worker:build_engine"

    @property
    def fingerprint(self) -> str:
        """Different for engines that may answer differently; the key of a vision endpoint is no part of it."""
        named = (self.detector, self.detector_sha256, self.vision_base_url, self.vision_model, self.factory)
        return hashlib.sha256(repr(named).encode()).hexdigest()


class Understanding(Protocol):
    """Met by `workers.Workers`, which runs the engine in processes of its own."""

    @property
    def fingerprint(self) -> str: ...

    def start(self) -> None: ...

    def describe(self, files: Sequence[Path], kind: MediaKind, wishes: Wishes = USUAL, urgent: bool = True) -> Description:
        """What is not urgent waits until nothing urgent does.

        Raises UnreadableMedia, AnalysisFailed, or Stopped once it was closed.
        """
        ...

    def close(self) -> None: ...


class Memory:
    """Descriptions by content, so that the index job of a clip need not repeat the work of its smart tag job."""

    def __init__(self, database: Database, fingerprint: str) -> None:
        self._database = database
        self._fingerprint = fingerprint

    def content(self, files: Sequence[Path], kind: MediaKind) -> str:
        """The same for the same bytes, understood in the same way by the same engine."""
        digest = hashlib.sha256(f"{self._fingerprint} {kind}".encode())
        for file in files:
            digest.update(_sha256(file))
        return digest.hexdigest()

    def recall(self, content: str) -> Description | None:
        row = self._database.one("SELECT description FROM understanding WHERE content = ?", content)
        return DESCRIPTION.validate_json(row["description"]) if row else None

    def remember(self, content: str, description: Description) -> None:
        with self._database.transaction() as write:
            text = DESCRIPTION.dump_json(description).decode()
            write.execute("INSERT OR REPLACE INTO understanding (content, description) VALUES (?, ?)", (content, text))
            write.execute("DELETE FROM understanding WHERE position <= (SELECT MAX(position) FROM understanding) - ?", (KEPT,))


def _sha256(file: Path) -> bytes:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.digest()
