"""What the functions do for one event, as it was measured: tests/unit/cli/test_plan_measured.py counts it again with the real layer.

Requests are exact, and the same anywhere. Processor time and sizes are of one machine and of made-up media: they say how much, not how
much exactly. Tables with more of it: bench/RESULTS.md, "what an event costs" and "what a sweep costs" (`python -m bench.pipeline`,
`python -m bench.pipeline_sweep`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Work:
    """Requests by service and kind, as `bench.pipeline_meter` names them, and milliseconds of one whole processor."""

    requests: Mapping[str, int]
    processor_milliseconds: float = 0


def _work(processor_milliseconds: float, **requests: int) -> Work:
    return Work(MappingProxyType({name.replace("_", " "): count for name, count in requests.items()}), processor_milliseconds)


SUBMIT = _work(2.3, OSS_GET=1, OSS_HEAD=1, OSS_LIST=1, OSS_APPEND=3, OSS_PUT=1, IMS_SubmitSmarttagJob=1)
"""Of an upload that gets smart tags, without what its other jobs add."""
SUBMIT_UNTAGGED = _work(
    3.1, OSS_GET=2, OSS_HEAD=2, OSS_LIST=1, OSS_APPEND=2, OSS_PUT=2, IMS_InsertMediaToSearchLib=1, IMS_QueryMediaIndexJob=1
)
"""Of one that gets other jobs alone, and goes into the library at once."""
REFUSE = _work(1.4, OSS_GET=2, OSS_HEAD=2, OSS_APPEND=1, OSS_PUT=1, OSS_DELETE=1)
"""Of one that gets no job at all."""
COLLECT = _work(
    4.2,
    OSS_GET=4,
    OSS_HEAD=2,
    OSS_LIST=1,
    OSS_APPEND=3,
    OSS_PUT=2,
    OSS_DELETE=1,
    IMS_QuerySmarttagJob=1,
    IMS_InsertMediaToSearchLib=1,
    IMS_QueryMediaIndexJob=1,
)
"""Of a smart tag job's end, without `PART` for each job that ended before, and without `LAST` where no job is open any more."""
STILL_RUNNING = _work(0.1)
"""The news that a job has begun, which asks for nothing."""
COLLECT_PRODUCTION = _work(3.6, OSS_GET=3, OSS_HEAD=2, OSS_APPEND=3, OSS_PUT=2, IMS_QueryIProductionJob=1, IMS_QueryMediaIndexJob=1)
"""Of a production job's end; `PART` and `LAST` as above."""
INSERT = _work(0.3, IMS_InsertMediaToSearchLib=1)
"""Of an end that changes what the library is given: key frames, captions, tags."""
PART = _work(0.1, OSS_GET=1)
"""What each job that ended before adds to the record that is composed."""
LAST = _work(0.4, OSS_GET=1, OSS_DELETE=1)
"""What the last end adds: the media is pending no more."""
READ_RESULT = _work(0.3, OSS_GET=1, OSS_HEAD=1)
"""Of a function whose output is read for the record: captions, beats."""
LOOK = _work(0.1, OSS_HEAD=1)
"""Whether a file that a function says it has made is there."""
MEASURE_LENGTH = _work(0.3, OSS_GET=1, OSS_HEAD=1)
"""How long a film is that has got a cover; one whose header stands at its end takes another GET or two."""
BEGIN_PRODUCTION = _work(1.0, OSS_APPEND=2, IMS_SubmitIProductionJob=1)
ANALYSE_IMAGE = _work(1.2, OSS_APPEND=2, OSS_PUT=1, PAI_images=1)
KEEP_PICTURE = _work(0.3, OSS_PUT=1)
"""Of a service that answers with a picture."""
REMEMBER = _work(4.5, OSS_LIST=1, OSS_PUT=13)
"""Of one that answers with an embedding."""
BEGIN_ANALYSIS = _work(0.9, OSS_APPEND=2, PAI_videos=1)
ASK_ANALYSIS = _work(
    6.0,
    OSS_GET=7,
    OSS_HEAD=3,
    OSS_APPEND=3,
    OSS_PUT=2,
    OSS_DELETE=1,
    PAI_async_jobs=1,
    IMS_QueryMediaIndexJob=1,
)
"""What a sweep does for a video that PAI is done with when it asks."""
REMOVE = _work(3.8, OSS_GET=5, OSS_HEAD=4, OSS_LIST=1, OSS_APPEND=1, OSS_PUT=1, OSS_DELETE=3, IMS_DeleteMediaFromSearchLib=1)
"""The event of a deleted object: entry, record and the part of the smart tags go."""
REMOVE_REFUSED = _work(2.0, OSS_GET=3, OSS_HEAD=4, OSS_APPEND=1, OSS_PUT=1, OSS_DELETE=1)
REMOVE_FOUND = _work(0.25, OSS_LIST=1)
"""What looking for outputs adds, where there were other jobs; and what looking for an embedding adds, where PAI had one of them."""
REMOVE_ONE = _work(0.2, OSS_DELETE=1)
"""Each part and output."""
FORGET = _work(4.0, OSS_GET=1, OSS_DELETE=13)
"""The embedding of one."""
SEARCH = _work(0.3, IMS_SearchMediaByHybrid=1)
SEARCH_HIT = _work(0.6, OSS_GET=1, OSS_HEAD=1)
"""What each hit of an answer adds: its record, and whether its object is still there."""
SWEEP = _work(3.9, OSS_GET=2, OSS_HEAD=1, OSS_LIST=9, OSS_PUT=3, MNS_GET=1)
"""One that finds nothing to do, and no media."""
SWEEP_CHECK = _work(0.55, OSS_GET=2, OSS_HEAD=1, IMS_QueryMediaIndexJob=1)
"""What each media adds that a sweep checks."""
SWEEP_AUDIT = _work(0.3, OSS_GET=1)
"""What each upload adds to one sweep after it, which looks whether its event came."""
KEYS_A_LIST = 1_000

STATE_BYTES = 2_500
"""Ledger, part and record of a media with a short caption."""
HIT_BYTES = 1_400
"""One hit in the answer of a search."""
LOG_LINES = 6
"""That a function writes in an invocation, with those of Function Compute itself."""
LOG_BYTES = 700
"""In those lines together."""
