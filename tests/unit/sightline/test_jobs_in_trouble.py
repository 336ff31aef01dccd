"""Jobs beside the smart tags when things go wrong around them: outages, slow writers, rules that changed, answers that can't be true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sightline.errors import KeyRefused, LedgerConflict, ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.ims.production.client import ProductionJob
from sightline.ledger.facts import Fact
from sightline.pai.results import VideoQuality
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.endings import remove
from sightline.pipeline.orphans import find_orphans
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep
from sightline.record.subtitles import read_subtitles
from sightline.rules.reading import read_rules
from tests.fakes.many_jobs import CLIP, PHOTO, later, record, upload, world_with
from tests.fakes.sightline import World, etag, make_world, raised

OTHER = "uploads/home/door/b.mp4"
AWAY = ServiceUnreachable("PAI", "GetAsyncJob", "refused", sent=False)
BUSY = ServiceRefused("IMS", "SubmitIProductionJob", 503, "Throttling.User", "busy")


@pytest.mark.parametrize("error", [BUSY, KeyRefused("PAI", "image_qa", 401, "InvalidAppId", "unknown")])
def test_an_outage_fails_no_job_however_long_it_lasts(error: ServiceRefused) -> None:
    key, job = (CLIP, "production:Cover") if error.service == "IMS" else (PHOTO, "pai:image_qa")
    world = world_with("smarttag", job, submit_attempts=2)
    service = world.producing if error.service == "IMS" else world.analysing
    service.refuse = error
    identity = upload(world, key)
    world.finish("job-1")
    for _ in range(5):
        service.refuse = error
        later(world, 3600)
    assert world.pipeline.ledger.read(identity).story.jobs[job].stage == "released"
    service.refuse = None
    later(world, 3600)
    assert world.pipeline.ledger.read(identity).story.jobs[job].stage in ("submitted", "done")


def test_an_answer_that_stays_unusable_ends_after_the_attempts() -> None:
    world = world_with("smarttag", "pai:image_qa", submit_attempts=3)
    problem = UnusableAnswer("PAI", "image_qa", "data.iqa_result", "is missing", retryable=True)
    world.analysing.refuse = problem
    identity = upload(world, PHOTO)
    world.finish("job-1")
    for _ in range(4):
        world.analysing.refuse = problem
        later(world, 3600)
    (gap,) = record(world, identity).found.gaps
    assert "iqa_result is missing" in gap.reason


def test_a_job_of_pai_whose_id_was_not_told_ends_at_once() -> None:
    """There are no callbacks, so nobody would ever hear of it."""
    world = world_with("smarttag", "pai:video_qa")
    world.analysing.refuse = UnusableAnswer("PAI", "VideoQA", "job_id", "is missing", retryable=False)
    identity = upload(world)
    world.finish("job-1")
    assert [gap.job for gap in record(world, identity).found.gaps] == ["pai:video_qa"]


def test_who_is_not_asked_for_want_of_calls_neither_fails_nor_waits_longer() -> None:
    world = world_with("smarttag", "pai:video_qa", analysis_calls_per_sweep=1)
    identities = [upload(world, f"uploads/home/door/{name}.mp4") for name in "abc"]
    for number in (1, 2, 3):
        world.finish(f"job-{number}")
    world.analysing.succeed({number: VideoQuality(50.0) for number in (100, 101, 102)})
    later(world, 7 * 3600)
    for _ in range(2):
        later(world, 1)
    assert [record(world, identity).found.quality for identity in identities] == [50.0] * 3


def test_the_trouble_of_one_job_is_no_other_s() -> None:
    world = world_with("smarttag", "pai:video_qa", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    world.analysing.refuse = AWAY
    later(world)
    assert record(world, identity).found.cover


def test_an_outage_of_pai_ends_no_sweep() -> None:
    world = world_with("smarttag", "pai:video_qa")
    for number in range(1, 9):
        upload(world, f"uploads/home/door/{number}.mp4")
        world.finish(f"job-{number}")
    world.analysing.calls.clear()

    def away(_job_id: int) -> Any:
        world.analysing.calls.append("job")
        raise AWAY

    world.analysing.job = away  # type: ignore[method-assign, assignment]
    world.clock.forward(90)
    report = sweep(world.pipeline, raised)
    assert (report.left, report.errors) == ("", {})
    assert len(world.analysing.calls) == 3, "then it is left alone"


def waiting_for_a_batch(world: World, *keys: str) -> list[str]:
    identities = []
    for number, key in enumerate(keys, 1):
        world.analysing.refuse = ServiceUnreachable("PAI", "VideoQA", "refused", sent=False)
        identities.append(upload(world, key))
        world.finish(f"job-{number}")
    return identities


def test_a_batch_that_is_refused_for_one_video_fails_that_one_alone() -> None:
    world = world_with("smarttag", "pai:video_qa")
    first, second = waiting_for_a_batch(world, CLIP, OTHER)
    begin_one = world.analysing.video_quality

    def batch(_urls: Any) -> int:
        raise ServiceRefused("PAI", "VideoQA", 400, "InvalidParameter", "one of the videos can't be fetched")

    def one(url: str) -> int:
        if OTHER in url:
            raise ServiceRefused("PAI", "VideoQA", 400, "InvalidParameter", "it can't be fetched")
        return begin_one(url)

    world.analysing.video_quality_batch = batch  # type: ignore[method-assign, assignment]
    world.analysing.video_quality = one  # type: ignore[method-assign]
    later(world)
    assert world.pipeline.ledger.read(first).story.jobs["pai:video_qa"].stage == "submitted"
    assert [gap.job for gap in record(world, second).found.gaps] == ["pai:video_qa"]


def test_a_ledger_that_can_t_be_written_keeps_no_batch_up() -> None:
    world = world_with("smarttag", "pai:video_qa")
    first, second = waiting_for_a_batch(world, CLIP, OTHER)

    def before_append(key: str) -> None:
        if first in key:
            raise LedgerConflict("it keeps growing")

    world.state.before_append = before_append
    later(world)
    assert world.pipeline.ledger.read(second).story.jobs["pai:video_qa"].stage == "submitted"


def test_of_a_batch_whose_video_was_replaced_the_others_still_count() -> None:
    world = world_with("smarttag", "pai:video_qa")
    first, second = waiting_for_a_batch(world, CLIP, OTHER)
    later(world)
    upload(world, CLIP, b"another clip")
    world.finish("job-3")
    world.analysing.succeed({100: VideoQuality(1.0), 101: VideoQuality(2.0), 102: VideoQuality(3.0)})
    places = {job.address.partition("?")[0].rpartition("/")[2]: number for number, job in world.analysing.jobs.items() if number != 102}
    later(world)
    assert record(world, second).found.quality == {100: 1.0, 101: 2.0}[places["b.mp4"]]
    assert record(world, first).found.quality == 3.0


def test_a_callback_counts_that_comes_while_the_sweep_asks() -> None:
    """The sweep got its answer before the job ended, and notes that between the callback's reading and its append."""
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])

    def sweep_notes(key: str) -> None:
        if key.endswith("ledger.jsonl"):
            world.state.before_append = lambda key: None
            journal = world.pipeline.ledger.read(identity)
            details = {"job": "production:Cover", "job_id": "made-1", "asks": 1}
            world.pipeline.ledger.append(journal, [Fact("job_submitted", world.clock(), etag(b"a clip"), details)])

    world.state.before_append = sweep_notes
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert record(world, identity).found.cover


def test_a_claim_that_lapsed_is_another_s_and_one_job_counts() -> None:
    world = world_with("smarttag", "production:Cover")
    submit_slowly, nested = world.producing.submit, list[str]()

    def submit_late(request: Any) -> str:
        job_id = submit_slowly(request)
        if not nested:
            nested.append("")
            later(world, 100)
        return job_id

    world.producing.submit = submit_late  # type: ignore[method-assign]
    identity = upload(world)
    world.finish("job-1")
    assert world.pipeline.ledger.read(identity).story.jobs["production:Cover"].job_id == "made-2"
    for job_id in ("made-1", "made-2"):
        world.producing.succeed(job_id, [b"1"])
        collect_production(world.pipeline, job_id)
    assert world.facts(identity).count("job_done") == 1


def test_a_job_of_an_earlier_upload_ends_none_of_the_next() -> None:
    """The outputs of content that was replaced are deleted; when it comes back, they have to be made again."""
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    upload(world, CLIP, b"another clip")
    world.producing.succeed("made-1", [b"1"])
    assert collect_production(world.pipeline, "made-1").startswith("ignored")
    world.producing.refuse = BUSY
    upload(world, CLIP)
    world.finish("job-3")
    assert collect_production(world.pipeline, "made-1") == "ignored: another job of this content counts"
    later(world)
    world.producing.succeed("made-3", [b"1"])
    collect_production(world.pipeline, "made-3")
    assert world.media.head(record(world, identity).found.cover or "") is not None


def test_nobody_calls_a_media_searchable_whose_record_lacks_what_a_job_told() -> None:
    """A second job ends while the first one's collect waits for the index, and its own collect is killed after the fact."""
    world = world_with("smarttag", "production:Cover", "production:CaptionExtraction")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    world.producing.succeed("made-2", [b"1\n00:00:01,000 --> 00:00:02,000\nMind the gap\n"])
    ask, nested = world.library.index_states, list[str]()

    def index_states(media_id: str) -> Any:
        if not nested:
            nested.append("")
            insert, world.library.insert = world.library.insert, killed  # type: ignore[method-assign, assignment]
            with pytest.raises(Killed):
                collect_production(world.pipeline, "made-2")
            world.library.insert = insert  # type: ignore[method-assign]
        return ask(media_id)

    world.library.index_states = index_states  # type: ignore[method-assign]
    collect_production(world.pipeline, "made-1")
    assert (world.stage(identity), list(world.pipeline.ledger.pending())) == ("understood", [identity])
    later(world)
    assert set(record(world, identity).jobs) == {"production:Cover", "production:CaptionExtraction"}
    assert world.stage(identity) == "searchable"


class Killed(BaseException):
    pass


def killed(*_arguments: Any) -> None:
    raise Killed


def test_no_more_is_called_inserted_than_was() -> None:
    """The second job ends while the first one's record is on its way, and both collects are killed before they make it anew."""
    world = world_with("smarttag", "production:Cover", "production:VideoClip")
    identity = upload(world)
    world.finish("job-1")
    for job_id in ("made-1", "made-2"):
        world.producing.succeed(job_id, [b"1"])
    insert, calls = world.library.insert, list[str]()

    def insert_and_die(*arguments: Any) -> None:
        calls.append("")
        if len(calls) == 1:
            with pytest.raises(Killed):
                collect_production(world.pipeline, "made-2")
            insert(*arguments)
        else:
            raise Killed

    world.library.insert = insert_and_die  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        collect_production(world.pipeline, "made-1")
    world.library.insert = insert  # type: ignore[method-assign]
    assert world.stage(identity) == "understood"
    later(world)
    assert set(record(world, identity).jobs) == {"production:Cover", "production:VideoClip"}


def test_an_output_that_is_not_there_is_neither_shown_nor_inserted() -> None:
    world = world_with("smarttag", "production:Cover", "production:VideoClip")
    identity = upload(world)
    covers, clips = world.producing.succeed("made-1", [b"1", b"2"]), world.producing.succeed("made-2", [b"short"])
    world.media.delete(covers[0])
    world.media.delete(clips[0])
    for job_id in ("made-1", "made-2"):
        collect_production(world.pipeline, job_id)
    assert world.finish("job-1") == "searchable"
    found = record(world, identity).found
    assert (found.cover, list(found.key_frames), list(found.derived)) == (covers[1], [covers[1]], [])
    assert [gap.job for gap in found.gaps] == ["production:VideoClip"]


def test_a_question_that_is_refused_for_good_ends_at_the_deadline() -> None:
    world = world_with("smarttag", "pai:video_qa")
    identity = upload(world)
    world.finish("job-1")

    def refused(_job_id: int) -> Any:
        raise ServiceRefused("PAI", "GetAsyncJob", 400, "InvalidParameter", "no")

    world.analysing.job = refused  # type: ignore[method-assign, assignment]
    later(world)
    assert world.pipeline.ledger.read(identity).story.open_jobs
    later(world, 7 * 3600)
    assert [gap.job for gap in record(world, identity).found.gaps] == ["pai:video_qa"]


def change_rules(world: World, rules: bytes) -> None:
    world.pipeline = world.pipeline._replace(rules=lambda: read_rules(rules))


def test_what_no_rule_gave_a_job_is_taken_on_once_one_does() -> None:
    """An event, or `sightline backfill`, has it judged anew; the sweep does not: whoever changes rules says when that is paid for."""
    world = make_world({"rules": [{"match": {"kind": "image"}, "jobs": ["smarttag"]}]})
    identity = upload(world)
    assert world.stage(identity) == "refused"
    change_rules(world, b'{"rules": [{"jobs": ["smarttag"]}]}')
    later(world, 3600)
    assert world.stage(identity) == "refused"
    assert submit(world.pipeline, CLIP, None) == "submitted: job job-1"
    world.finish("job-1")
    assert world.stage(identity) == "searchable"


def test_a_job_that_the_rules_no_longer_give_leaves_a_gap_and_one_they_gain_is_for_the_next_upload() -> None:
    world = world_with("smarttag", "production:Cover")
    world.producing.refuse = BUSY
    identity = upload(world)
    world.finish("job-1")
    change_rules(world, b'{"rules": [{"jobs": ["smarttag", "production:VideoClip"]}]}')
    later(world)
    assert [(gap.job, gap.reason) for gap in record(world, identity).found.gaps] == [("production:Cover", "no rule asks for it any more")]
    assert world.producing.jobs == {}


def test_refused_content_that_is_uploaded_again_is_looked_at_once() -> None:
    world = make_world({"rules": [{"match": {"kind": "image"}, "jobs": ["smarttag"]}]})
    identity = upload(world)
    world.clock.forward(3600)
    world.upload(CLIP)
    world.clock.forward(3600)
    done = [sweep(world.pipeline, raised).done for _ in range(4)]
    assert done[-1] == {}
    assert world.facts(identity).count("refused") <= 2


def test_outputs_go_whose_content_the_recent_facts_know_no_more() -> None:
    world = world_with("smarttag", "production:VideoClip")
    identity = upload(world)
    old = f"derived/{identity}/{'0' * 32}/VideoClip.mp4"
    world.media.put(old, b"of content long ago")
    world.clock.forward(10)
    world.finish("job-1")
    kept = world.producing.succeed("made-1", [b"short"])
    collect_production(world.pipeline, "made-1")
    newer = f"derived/{identity}/{'1' * 32}/VideoClip.mp4"
    world.clock.forward(700)
    world.media.put(newer, b"of content whose facts nobody has read yet")
    find_orphans(world.pipeline, lambda _name, act: bool(act() or True), world.clock() + timedelta(hours=1))
    assert world.media.head(old) is None
    assert world.media.head(kept[0]) is not None
    assert world.media.head(newer) is not None


def test_a_removal_during_its_jobs_leaves_nothing_once_they_have_ended() -> None:
    world = world_with("smarttag", "production:VideoClip")
    identity = upload(world)
    world.finish("job-1")
    world.media.delete(CLIP)
    remove(world.pipeline, CLIP)
    keys = world.producing.succeed("made-1", [b"short"])
    assert collect_production(world.pipeline, "made-1").startswith("ignored")
    assert world.media.head(keys[0]) is None
    assert [key for key in world.state.contents if key.startswith((f"{identity}/", "pending/"))] == [f"{identity}/ledger.jsonl"]


def test_a_service_that_names_another_state_is_asked_until_the_deadline() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    world.producing.jobs["made-1"] = ProductionJob(
        "made-1", "Cover", "Analysing", "", reason="the service says 'Odd', which is no known state"
    )
    later(world)
    assert world.pipeline.ledger.read(identity).story.jobs["production:Cover"].asks == 1
    later(world, 7 * 3600)
    assert "'Odd'" in record(world, identity).found.gaps[0].reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\nOne\n \t\n2\n00:00:03,000 --> 00:00:04,000\nTwo\n", ["One", "Two"]),
        (b"\n\n\n1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nTwo", ["Two"]),
        (b"1\nnan:00:01 --> 00:00:02\nX\n\n2\n00:00:03 --> inf\nY\n\n3\n00:00:05 --> 00:00:04\nZ\n", []),
        (b"--> " * 100_000, []),
        (b"1\n00:00:01,000 --> 00:00:02,000\n" + b"many words " * 100_000, ["many words"]),
    ],
)
def test_subtitles_as_they_are_met(content: bytes, expected: list[str]) -> None:
    assert [cue.text[:10] for cue in read_subtitles(content)] == expected


def test_a_record_of_earlier_content_that_came_late_takes_none_of_the_newer_s_parts() -> None:
    """Somebody slow writes the record of replaced content while the newer one's collect waits for the index."""
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    stale = world.state.contents[f"{identity}/record.json"]
    upload(world, CLIP, b"another clip")
    covers = world.producing.succeed("made-2", [b"1"])
    collect_production(world.pipeline, "made-2")
    ask = world.library.index_states

    def index_states(media_id: str) -> Any:
        world.library.index_states = ask  # type: ignore[method-assign]
        world.state.put(f"{identity}/record.json", stale)
        return ask(media_id)

    world.library.index_states = index_states  # type: ignore[method-assign]
    assert world.finish("job-2") == "searchable"
    assert world.media.head(covers[0]) is not None
    for _ in range(3):
        later(world, 1300)
    assert record(world, identity).found.cover == covers[0]
    assert world.stage(identity) == "searchable"
