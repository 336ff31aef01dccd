"""Rules: the first whose conditions an upload meets says which jobs it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sightline.ledger.story import SMARTTAG
from sightline.media.types import MediaKind
from sightline.value import Value

# The services of PAI's multimedia analysis (SDK 1.1.5), by the names that `sightline.pai.services` has for them, and what they look at.
_OF_IMAGES = ("image_qa", "face_attr_image", "fairface", "multi_label_image_v2", "tagger", "body_reshaping", "watermark_remover")
PAI_SERVICES: Mapping[str, tuple[MediaKind, ...]] = {
    **dict.fromkeys(_OF_IMAGES, ("image",)),
    "multimodal_classify": ("image", "video"),
    "video_qa": ("video",),
    "classify_label_video": ("video",),
}
# SubmitIProductionJob's functions, "Input and output fields". Those of sound take a film's sound as well.
_OF_VIDEO: tuple[MediaKind, ...] = ("video",)
_OF_SOUND: tuple[MediaKind, ...] = ("audio", "video")
PRODUCTION_FUNCTIONS: Mapping[str, tuple[MediaKind, ...]] = {
    **dict.fromkeys(("Cover", "VideoClip", "VideoDelogo", "VideoDetext", "CaptionExtraction", "HybridCaptionExtraction"), _OF_VIDEO),
    **dict.fromkeys(("VideoGreenScreenMatting", "FaceBeauty", "VideoH2V"), _OF_VIDEO),
    **dict.fromkeys(("MusicSegmentDetect", "AudioBeatDetection", "AudioQualityAssessment"), _OF_SOUND),
    **dict.fromkeys(("SpeechDenoise", "AudioMixing", "MusicDemix"), _OF_SOUND),
}


class Job(Value):
    """`name` is smarttag, production:<FunctionName> or pai:<service>; `output` a folder below the one of all outputs, or empty."""

    name: str
    parameters: Mapping[str, Any] = {}
    output: str = ""

    @property
    def family(self) -> str:
        return self.name.partition(":")[0]

    @property
    def task(self) -> str:
        """The function or the service; empty for smart tags."""
        return self.name.partition(":")[2]

    def unsuited(self, kind: MediaKind) -> str:
        """Why it is not for media of this kind; empty where it is."""
        kinds = kinds_of(self.name)
        return "" if kind in kinds else f"{self.name} is for {' and '.join(kinds)}, not for {kind}"


def kinds_of(name: str) -> Sequence[MediaKind]:
    """The kinds of media that a job is for; empty for an unknown job."""
    family, _, task = name.partition(":")
    if family == "production":
        return PRODUCTION_FUNCTIONS.get(task, ())
    if family == "pai":
        return PAI_SERVICES.get(task, ())
    return ("image", "video", "sequence") if name == SMARTTAG else ()


class Range(Value):
    """Both ends count; None is no end."""

    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_open(self) -> bool:
        return self.at_least is None and self.at_most is None

    def outside(self, value: float) -> str:
        """On which side; empty inside."""
        if self.at_least is not None and value < self.at_least:
            return f"less than {self.at_least:,g}"
        return f"more than {self.at_most:,g}" if self.at_most is not None and value > self.at_most else ""


class Subject(Value):
    """An upload as rules see it. `size` in bytes; `duration` in seconds, None where it is not known."""

    key: str
    kind: MediaKind
    size: int
    namespace: str
    duration: float | None = None


class Match(Value):
    """All conditions must hold; of each list one entry. An empty list, or an open range, is no condition."""

    prefixes: Sequence[str] = ()
    suffixes: Sequence[str] = ()
    kinds: Sequence[str] = ()
    namespaces: Sequence[str] = ()
    size: Range = Range()
    duration: Range = Range()

    def mismatch(self, subject: Subject) -> str:
        """The first condition that does not hold, in words; empty where all do."""
        for told, good, wanted in (
            (f"the key does not begin with {_any(self.prefixes)}", subject.key.startswith(tuple(self.prefixes)), self.prefixes),
            (f"the key does not end in {_any(self.suffixes)}", subject.key.endswith(tuple(self.suffixes)), self.suffixes),
            (f"it is of kind {subject.kind}, not {_any(self.kinds)}", subject.kind in self.kinds, self.kinds),
            (f"its namespace is {subject.namespace}, not {_any(self.namespaces)}", subject.namespace in self.namespaces, self.namespaces),
        ):
            if wanted and not good:
                return told
        beside = self.size.outside(subject.size)
        if beside:
            return f"it has {subject.size:,} bytes, {beside}"
        if self.duration.is_open:
            return ""
        if subject.duration is None:
            return "its duration is not known"
        beside = self.duration.outside(subject.duration)
        return f"it lasts {subject.duration:,g} s, {beside}" if beside else ""


def _any(choices: Sequence[str]) -> str:
    return " or ".join(choices)


class Rule(Value):
    name: str
    match: Match
    jobs: Sequence[Job]


class Rules(Value):
    rules: Sequence[Rule]

    @property
    def ask_for_duration(self) -> bool:
        """Whether anybody has to find out how long a media lasts."""
        return any(not rule.match.duration.is_open for rule in self.rules)

    def rule_for(self, subject: Subject) -> Rule | None:
        return next((rule for rule in self.rules if not rule.match.mismatch(subject)), None)

    def jobs_for(self, subject: Subject) -> Sequence[Job]:
        """Empty where no rule matches, or none of its jobs is for media of this kind."""
        rule = self.rule_for(subject)
        return [job for job in rule.jobs if not job.unsuited(subject.kind)] if rule else []
