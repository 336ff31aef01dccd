"""What is in the files of a media: from memory where the same bytes were understood before, else by an analysis after everything urgent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from engines.recognition.types import Known
from engines.speech.types import Transcript
from engines.understanding.types import Description, MediaKind, UnreadableMedia, Wishes
from localcloud.ims.understanding.engine import Memory, Understanding

T = TypeVar("T")
KINDS: dict[str, MediaKind] = {"video": "video", "image": "image"}


class Analyses:
    """Several indexes of one media ask for the same at the same time: the first has it done, the others wait for it."""

    def __init__(self, understanding: Understanding, memory: Memory) -> None:
        self._understanding = understanding
        self._memory = memory
        self._under_way: dict[str, tuple[threading.Lock, int]] = {}
        self._lock = threading.Lock()

    def description(self, files: Sequence[Path], media_type: str) -> Description:
        """Raises UnreadableMedia, AnalysisFailed, Stopped."""
        kind = _kind(media_type)
        content = self._memory.content(files, kind)
        return self._once(
            content,
            lambda: self._memory.recall(content),
            lambda: self._understanding.describe(files, kind, urgent=False),
            lambda made: self._memory.remember(content, made),
        )

    def places(self, files: Sequence[Path], media_type: str, known: tuple[Known, ...] = ()) -> Description:
        """A description with who and what was seen when and where, and with the names of `known`. Raises as `description` does."""
        kind = _kind(media_type)
        wishes = Wishes(places=True, known=known)
        if known:
            # Names go with the samples that they came from, and so are not remembered for others.
            return self._understanding.describe(files, kind, wishes, urgent=False)
        content = self._memory.content(files, kind)

        def recall() -> Description | None:
            usual = self._memory.recall(content)
            has_places = usual is not None and bool(usual.tags or usual.people or usual.readings)
            return usual if has_places else self._memory.recall(_with_places(content))

        def remember(made: Description) -> None:
            for key in (content, _with_places(content)):
                self._memory.remember(key, made)

        return self._once(content, recall, lambda: self._understanding.describe(files, kind, wishes, urgent=False), remember)

    def transcript(self, files: Sequence[Path]) -> Transcript:
        """Raises Untranscribed, UnreadableMedia, AnalysisFailed, Stopped."""
        content = self._memory.content(files, "video")
        return self._once(
            f"speech of {content}",
            lambda: self._memory.recall_speech(content),
            lambda: self._understanding.transcribe(files[0], urgent=False),
            lambda made: self._memory.remember_speech(content, made),
        )

    def _once(self, key: str, recall: Callable[[], T | None], make: Callable[[], T], remember: Callable[[T], None]) -> T:
        with self._alone(key):
            known = recall()
            if known is None:
                known = make()
                remember(known)
            return known

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        with self._lock:
            lock, users = self._under_way.get(key, (threading.Lock(), 0))
            self._under_way[key] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                users = self._under_way[key][1] - 1
                self._under_way[key] = lock, users
                if not users:
                    del self._under_way[key]


def _kind(media_type: str) -> MediaKind:
    kind = KINDS.get(media_type)
    if kind is None:
        raise UnreadableMedia(f"this laptop cloud can't look into media of type {media_type}")
    return kind


def _with_places(content: str) -> str:
    return f"places of {content}"
