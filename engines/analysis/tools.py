"""The classifiers and the reader that are on this machine, for callers that bring none of their own."""

from __future__ import annotations

from functools import lru_cache

from engines.recognition.faces import FaceReader
from engines.understanding.reading import Reader
from engines.understanding.tools import Tools


@lru_cache(1)
def usual_tools() -> Tools:
    """Loaded on first use and kept by the process; not for two threads at once. No detector, since that is a file of the user's."""
    return Tools(reader=Reader() if Reader.available() else None, faces=FaceReader() if FaceReader.available() else None)
