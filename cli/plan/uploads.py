"""What one upload is done with: the work of each event on its way, by the jobs that the rules give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cli.plan import measured
from cli.plan.load import Load
from cli.plan.measured import Work
from sightline.ledger.story import SMARTTAG
from sightline.pai.services import SERVICES
from sightline.rules.model import Job, Rules, Subject
from sightline.settings import FIELDS

_READ = ("CaptionExtraction", "HybridCaptionExtraction", "AudioBeatDetection")
_TOLD = ("MusicSegmentDetect", "AudioQualityAssessment")
"""Whose result says all there is to say."""
_GIVEN = ("Cover", "CaptionExtraction", "HybridCaptionExtraction", "classify_label_video", "multimodal_classify")
"""Whose findings are what the search library is given of a media: key frames, words and tags."""
_FILES = {"Cover": 3, "MusicDemix": 2, "AudioQualityAssessment": 0}
"""That a function makes of one media, where it is not one ("Input and output fields", SubmitIProductionJob)."""

Works = Sequence[Work]


@dataclass(frozen=True)
class Upload:
    """`jobs` are those of one upload, smart tags among them or not."""

    jobs: Sequence[Job]

    @property
    def is_tagged(self) -> bool:
        return any(job.name == SMARTTAG for job in self.jobs)

    @property
    def productions(self) -> Sequence[Job]:
        return [job for job in self.jobs if job.family == "production"]

    @property
    def analyses(self) -> Sequence[Job]:
        """PAI's: those that are answered at once, and those that are asked about."""
        return [job for job in self.jobs if job.family == "pai"]

    @property
    def asked(self) -> Sequence[Job]:
        return [job for job in self.analyses if SERVICES[job.task].is_job]

    @property
    def files(self) -> int:
        """What its jobs leave in the bucket."""
        return self.files_of_production + sum(SERVICES[job.task].makes_picture for job in self.analyses)

    @property
    def files_of_production(self) -> int:
        """Those that IMS writes."""
        return sum(_FILES.get(job.task, 1) for job in self.productions)

    @property
    def inserts(self) -> int:
        """How often it goes into the library: a job that ends later and changes what that is given brings it there again."""
        return (1 if self.jobs else 0) + sum(job.task in _GIVEN for job in (*self.productions, *self.asked))

    @property
    def embeddings(self) -> int:
        return sum(_has_embedding(job) for job in self.analyses)

    def submit(self) -> Works:
        if not self.jobs:
            return [measured.REFUSE]
        begun = [work for job in self.jobs for work in _begin(job)]
        return [measured.SUBMIT if self.is_tagged else measured.SUBMIT_UNTAGGED, *begun]

    def collect(self) -> Works:
        """Of the smart tags: images' services have answered by then, and the others' jobs have not ended."""
        later = self.productions or self.asked
        return [measured.COLLECT, *[measured.PART] * self._at_once, *([] if later else [measured.LAST])]

    def collect_production(self) -> Iterator[tuple[Job, Works]]:
        """In turn, after the smart tags; videos that PAI has are asked about after them."""
        for before, job in enumerate(self.productions):
            is_last = not self.asked and job is self.productions[-1]
            parts = [measured.PART] * (self.is_tagged + self._at_once + before)
            yield job, [measured.COLLECT_PRODUCTION, *parts, *_results(job), *_given(job), *([measured.LAST] if is_last else [])]

    def ask(self) -> Works:
        """The sweep's, each once."""
        return [work for job in self.asked for work in (measured.ASK_ANALYSIS, *_given(job))]

    def remove(self) -> Works:
        if not self.jobs:
            return [measured.REMOVE_REFUSED]
        others = len(self.productions) + len(self.analyses)
        gone = others + self.files - (not self.is_tagged)
        found = [measured.REMOVE_FOUND] * (bool(others) + bool(self.analyses))
        return [measured.REMOVE, *found, *[measured.REMOVE_ONE] * gone, *[measured.FORGET] * self.embeddings]

    @property
    def _at_once(self) -> int:
        return len(self.analyses) - len(self.asked)


def _begin(job: Job) -> Works:
    if job.family == "production":
        return [measured.BEGIN_PRODUCTION]
    if job.family != "pai":
        return []
    service = SERVICES[job.task]
    if service.is_job:
        return [measured.BEGIN_ANALYSIS]
    picture, embedding = service.makes_picture, _has_embedding(job)
    return [measured.ANALYSE_IMAGE, *([measured.KEEP_PICTURE] if picture else []), *([measured.REMEMBER] if embedding else [])]


def _results(job: Job) -> Works:
    """What is done with the files of a job that has ended."""
    if job.task in _TOLD:
        return []
    if job.task in _READ:
        return [measured.READ_RESULT]
    return [*[measured.LOOK] * _FILES.get(job.task, 1), *([measured.MEASURE_LENGTH] if job.task == "Cover" else [])]


def _given(job: Job) -> Works:
    return [measured.INSERT] if job.task in _GIVEN else []


def _has_embedding(job: Job) -> bool:
    return job.task == "multi_label_image_v2" and job.parameters.get("output_embedding", True) is not False


def usual_upload(rules: Rules, environment: Mapping[str, str], load: Load, kind: Literal["video", "image"]) -> Upload:
    """What the rules give an upload of the load's size and length, in the default namespace and in no folder that a rule names.

    `environment` is that of the functions.
    """
    prefix, namespace = (environment.get(name.upper()) or FIELDS[name].default for name in ("upload_prefix", "default_namespace"))
    extension, megabytes, seconds = (
        ("mp4", load.video_megabytes, float(load.video_minutes * 60)) if kind == "video" else ("jpg", load.image_megabytes, None)
    )
    subject = Subject(f"{prefix}{namespace}/camera/upload.{extension}", kind, int(megabytes * 2**20), str(namespace), seconds)
    return Upload([job for job in rules.jobs_for(subject) if job.family != "pai" or environment.get("PAI_HOST")])
