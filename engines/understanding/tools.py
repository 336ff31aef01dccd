"""The classifiers and models that looking and watching share, loaded once and kept by the process."""

from __future__ import annotations

from dataclasses import dataclass, field

from engines.recognition.faces import FaceReader
from engines.understanding.detector import Detector
from engines.understanding.people import PeopleFinder
from engines.understanding.reading import Reader


@dataclass
class Tools:
    """`reader` is None without the `ocr` extra or where reading is switched off, `detector` where the user named no file, `faces` without
    the extra of that name.
    """

    people: PeopleFinder = field(default_factory=PeopleFinder)
    reader: Reader | None = None
    detector: Detector | None = None
    faces: FaceReader | None = None
