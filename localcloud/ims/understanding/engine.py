"""What IMS needs of an understanding engine, and its memory of what was already understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from engines.recognition.types import Algorithm, Enrolment
from engines.speech.types import Transcript
from engines.understanding.types import USUAL, Description, MediaKind, Wishes
from localcloud.database import Database

DESCRIPTION: TypeAdapter[Description] = TypeAdapter(Description)
"""A description as JSON, on the way from a worker and in the store."""
WISHES: TypeAdapter[Wishes] = TypeAdapter(Wishes)
"""On the way to a worker."""
TRANSCRIPT: TypeAdapter[Transcript] = TypeAdapter(Transcript)
"""As DESCRIPTION."""
ENROLMENT: TypeAdapter[Enrolment] = TypeAdapter(Enrolment)
"""As DESCRIPTION."""
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
    speech_base_url: str | None = None
    speech_api_key: str | None = field(default=None, repr=False)
    speech_model: str | None = None
    factory: str = "localcloud.ims.understanding.worker:build_engine"

    @property
    def fingerprint(self) -> str:
        """Different for engines that may answer differently; the keys of endpoints are no part of it."""
        named = (self.detector, self.detector_sha256, self.vision_base_url, self.vision_model, self.factory)
        spoken = (self.speech_base_url, self.speech_model)
        return hashlib.sha256(repr((named, spoken)).encode()).hexdigest()


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

    def enrol(self, picture: Path, algorithm: Algorithm) -> Enrolment:
        """What of a sample's picture can be compared; made apart from all else, since somebody waits for it.

        Raises UnreadableMedia (NothingToEnrol is one), AnalysisFailed, or Stopped.
        """
        ...

    def transcribe(self, file: Path, language: str | None = None, urgent: bool = True) -> Transcript:
        """What is said in a media with sound; `language` is an ISO 639-1 code where it is known.

        Raises Untranscribed (no endpoint is set, it failed, there is no sound), UnreadableMedia, AnalysisFailed, or Stopped.
        """
        ...

    def close(self) -> None: ...


class Memory:
    """Descriptions and transcripts by content, so that the index job of a clip need not repeat the work of its smart tag job."""

    def __init__(self, database: Database, fingerprint: str) -> None:
        self._database = database
        self._fingerprint = fingerprint

    def content(self, files: Sequence[Path], kind: MediaKind, language: str = "en") -> str:
        """The same for the same bytes, understood in the same way by the same engine."""
        digest = hashlib.sha256(f"{self._fingerprint} {kind} {language}".encode())
        for file in files:
            digest.update(_sha256(file))
        return digest.hexdigest()

    def recall(self, content: str) -> Description | None:
        row = self._database.one("SELECT description FROM understanding WHERE content = ?", content)
        return DESCRIPTION.validate_json(row["description"]) if row else None

    def remember(self, content: str, description: Description) -> None:
        self._keep(content, DESCRIPTION.dump_json(description).decode())

    def recall_speech(self, content: str) -> Transcript | None:
        row = self._database.one("SELECT description FROM understanding WHERE content = ?", _spoken(content))
        return TRANSCRIPT.validate_json(row["description"]) if row else None

    def remember_speech(self, content: str, transcript: Transcript) -> None:
        self._keep(_spoken(content), TRANSCRIPT.dump_json(transcript).decode())

    def _keep(self, content: str, text: str) -> None:
        with self._database.transaction() as write:
            write.execute("INSERT OR REPLACE INTO understanding (content, description) VALUES (?, ?)", (content, text))
            write.execute("DELETE FROM understanding WHERE position <= (SELECT MAX(position) FROM understanding) - ?", (KEPT,))


def _spoken(content: str) -> str:
    return f"speech of {content}"


def _sha256(file: Path) -> bytes:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.digest()
