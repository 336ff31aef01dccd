"""What the result of a production job means for the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sightline.errors import UnusableAnswer
from sightline.ims.production.client import ProductionJob
from sightline.ims.production.results import cover_images, music_segments, quality_scores, read_beats
from sightline.pipeline.derivatives import is_output
from sightline.pipeline.home import Home
from sightline.pipeline.ports import Pipeline
from sightline.record.findings import (
    LONGEST_CUE,
    MOST_BEATS,
    MOST_CHORUSES,
    MOST_DERIVED,
    MOST_KEY_FRAMES,
    MOST_MEASURES,
    Beats,
    Cue,
    Derived,
    Findings,
)
from sightline.record.subtitles import read_subtitles

MOST_RESULT_BYTES = 4 * 2**20


def findings_of(pipeline: Pipeline, job: ProductionJob, home: Home, key: str) -> Findings:
    """`key` is the media's.

    Raises UnusableAnswer where an output that has to be read is missing or unreadable; ServiceRefused and ServiceUnreachable.
    """
    outputs = [made for made in job.outputs if is_output(pipeline, made, home.media_id, home.generation)]
    function = home.job.partition(":")[2]
    read = _READERS.get(function)
    if read is not None:
        return read(_Ended(pipeline, job, outputs, key))
    made = _those_there(pipeline, outputs[:MOST_DERIVED])
    if not made:
        raise _unusable("OutputFiles", "names no file that was asked for and is there")
    return Findings(derived=[Derived(function, key) for key in made])


def _those_there(pipeline: Pipeline, keys: Sequence[str]) -> Sequence[str]:
    """Nobody is shown, and no library is given, what a service only says that it has written."""
    return [key for key in keys if pipeline.media_bucket.head(key) is not None]


class _Ended:
    """A job that ended well, of the media at `key`; `outputs` are the keys of those that can be its own."""

    def __init__(self, pipeline: Pipeline, job: ProductionJob, outputs: Sequence[str], key: str) -> None:
        self.pipeline = pipeline
        self.job = job
        self.outputs = outputs
        self.key = key

    def seconds(self) -> float | None:
        """How long the media lasts, where its file tells."""
        from sightline.media.duration import duration

        found = self.pipeline.media_bucket.head(self.key)
        return duration(self.pipeline.media_bucket, self.key, found.size) if found else None

    def read(self) -> bytes:
        """The one file that it made. Raises UnusableAnswer."""
        if not self.outputs:
            raise _unusable("OutputFiles", "names no file that was asked for")
        found = self.pipeline.media_bucket.head(self.outputs[0])
        if found is None or found.size > MOST_RESULT_BYTES:
            problem = "is not there" if found is None else f"has {found.size:,} bytes, which is no result of this function"
            raise _unusable(self.outputs[0], problem)
        return self.pipeline.media_bucket.get(self.outputs[0]) or b""


def _cover(job: _Ended) -> Findings:
    told = [image.key for image in cover_images(job.job) if image.key in job.outputs]
    images = _those_there(job.pipeline, told[:MOST_KEY_FRAMES])
    if not images:
        raise _unusable("OutputFiles", "names no image that was asked for and is there")
    key_frames = [] if images[0].endswith(".gif") else images  # it moves: a key frame is a still
    # A search shows the cover where what it found is the whole film, so that it has to know how long that is.
    return Findings(cover=images[0], key_frames=key_frames, seconds=job.seconds())


def _captions(job: _Ended) -> Findings:
    return Findings(captions=read_subtitles(job.read()), captions_key=job.outputs[0])


def _beats(job: _Ended) -> Findings:
    told = read_beats(job.read())
    if told is None:
        raise _unusable(job.outputs[0], "holds no beats")
    return Findings(beats=Beats(told.beats[:MOST_BEATS], told.downbeats[:MOST_BEATS]))


def _choruses(job: _Ended) -> Findings:
    return Findings(choruses=[Cue(part.start, part.end, part.title[:LONGEST_CUE]) for part in music_segments(job.job)[:MOST_CHORUSES]])


def _sound(job: _Ended) -> Findings:
    measures = quality_scores(job.job)
    if not measures:
        raise _unusable("Result", "holds no measure")
    return Findings(sound=dict(list(measures.items())[:MOST_MEASURES]))


def _unusable(field: str, problem: str) -> UnusableAnswer:
    return UnusableAnswer("IMS", "QueryIProductionJob", field, problem, retryable=False)


_READERS: Mapping[str, Callable[[_Ended], Findings]] = {
    "Cover": _cover,
    "CaptionExtraction": _captions,
    "HybridCaptionExtraction": _captions,
    "AudioBeatDetection": _beats,
    "MusicSegmentDetect": _choruses,
    "AudioQualityAssessment": _sound,
}
