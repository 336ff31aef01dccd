"""A media whose smart tags failed is found by its name and by what its other jobs tell; where none tells anything, it has failed."""

from __future__ import annotations

import pytest

from sightline.errors import ServiceRefused, ServiceUnreachable
from sightline.pai.results import ImageQuality
from sightline.pipeline.collect import collect
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.endings import remove
from sightline.pipeline.reindex import reindex
from sightline.record.findings import Gap
from tests.fakes.many_jobs import CLIP, PHOTO, later, record, upload, world_with
from tests.fakes.sightline import World

WHY = "the sound is damaged"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nMind the gap\n"


def untagged(*jobs: str) -> tuple[World, str]:
    """A film whose smart tags failed while its other jobs, captions and a clip unless others are named, run."""
    world = world_with("smarttag", *(jobs or ("production:CaptionExtraction", "production:VideoClip")))
    identity = upload(world)
    world.tagging.fail("job-1", WHY)
    assert collect(world.pipeline, "job-1") == f"no smart tags: {WHY}"
    return world, identity


def check_found(world: World, identity: str) -> None:
    kept, story = record(world, identity), world.pipeline.ledger.read(identity).story
    assert (kept.said.title, kept.said.caption) == ("a.mp4", "")
    assert Gap("smarttag", WHY) in kept.found.gaps
    assert (story.stage, story.tags_failed) == ("searchable", WHY)
    assert world.library.entries[identity]["title"] == "a.mp4"


def test_what_its_other_jobs_tell_later_it_is_found_by() -> None:
    world, identity = untagged()
    story = world.pipeline.ledger.read(identity).story
    assert (story.stage, story.reason, story.is_final) == ("untagged", WHY, False)
    assert list(world.pipeline.ledger.pending()) == [identity]
    world.producing.succeed("made-1", [SRT])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    check_found(world, identity)
    assert "Mind the gap" in world.library.entries[identity]["description"]
    world.producing.fail("made-2", "too short")
    assert collect_production(world.pipeline, "made-2") == "searchable"
    check_found(world, identity)
    assert record(world, identity).found.gaps[1] == Gap("production:VideoClip", "too short")
    assert list(world.pipeline.ledger.pending()) == []


def test_what_they_told_before_counts_at_once() -> None:
    world = world_with("smarttag", "pai:image_qa")
    identity = upload(world, PHOTO)
    world.tagging.fail("job-1", WHY)
    assert collect(world.pipeline, "job-1") == f"no smart tags: {WHY}; searchable"
    assert record(world, identity).found.quality == 66.88
    assert record(world, identity).found.gaps == [Gap("smarttag", WHY)]
    assert list(world.pipeline.ledger.pending()) == []
    assert list(world.pipeline.line.slots.holders()) == []


@pytest.mark.parametrize("has_answer", [True, False])
def test_what_they_tell_in_the_submit_counts_though_the_smart_tags_have_failed_by_then(has_answer: bool) -> None:
    world = world_with("smarttag", "pai:image_qa")

    def judge(_url: str) -> ImageQuality:
        world.tagging.fail("job-1", WHY)
        collect(world.pipeline, "job-1")
        if not has_answer:
            raise ServiceRefused("PAI", "image_qa", 400, "InvalidParameter", "no picture")
        return ImageQuality(50.0)

    world.analysing.image_quality = judge  # type: ignore[method-assign, assignment]
    identity = upload(world, PHOTO)
    assert world.stage(identity) == ("searchable" if has_answer else "failed")
    assert list(world.pipeline.ledger.pending()) == []


def test_where_none_tells_anything_it_has_failed_and_says_why() -> None:
    world, identity = untagged()
    for job_id, told in (("made-1", "untagged"), ("made-2", "failed")):
        world.producing.fail(job_id, "no picture")
        assert collect_production(world.pipeline, job_id) == f"kept: the media is {told}"
    story = world.pipeline.ledger.read(identity).story
    assert (story.stage, story.step, story.reason) == ("failed", "understand", WHY)
    assert list(world.pipeline.ledger.pending()) == []
    assert world.library.entries == {}


def test_jobs_of_a_media_whose_smart_tags_were_refused_are_begun_by_the_sweep() -> None:
    world = world_with("smarttag", "production:CaptionExtraction")
    world.tagging.refuse = ServiceRefused("IMS", "SubmitSmarttagJob", 400, "InvalidParameter", "no such template")
    identity = upload(world)
    assert (world.stage(identity), world.producing.jobs) == ("untagged", {})
    later(world)
    world.producing.succeed("made-1", [SRT])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert "no such template" in world.pipeline.ledger.read(identity).story.tags_failed


def test_jobs_of_a_media_whose_submits_are_used_up_go_on_without_another_submit() -> None:
    world = world_with("smarttag", "production:CaptionExtraction", submit_attempts=2, jobs_in_flight=1)
    world.tagging.after_submit = ServiceUnreachable("IMS", "SubmitSmarttagJob", "reset")
    identity = upload(world)
    world.tagging.after_submit = ServiceUnreachable("IMS", "SubmitSmarttagJob", "reset")
    for _ in range(2):
        later(world, 1000)
    assert (world.stage(identity), len(world.tagging.jobs)) == ("untagged", 2)
    assert list(world.pipeline.line.slots.holders()) == []
    later(world)
    world.producing.succeed("made-1", [SRT])
    assert collect_production(world.pipeline, "made-1") == "searchable"


@pytest.mark.parametrize("is_searchable", [False, True])
def test_more_news_of_the_smart_tags_changes_nothing(is_searchable: bool) -> None:
    world, identity = untagged()
    if is_searchable:
        world.producing.succeed("made-1", [SRT])
        collect_production(world.pipeline, "made-1")
    before = world.facts(identity)
    assert collect(world.pipeline, "job-1") == "nothing to do: done before"
    world.tagging.succeed("job-1")
    assert collect(world.pipeline, "job-1") == "nothing to do: done before"
    assert world.facts(identity) == before


def test_uploaded_again_it_is_another_try() -> None:
    world, identity = untagged()
    world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    upload(world)
    assert len(world.tagging.jobs) == 1, "it was written in the same second: an event that came twice"
    world.clock.forward(5)
    upload(world)
    assert identity in world.library.entries, "it is found meanwhile"
    assert world.finish("job-2") == "searchable"
    assert record(world, identity).said.title == "A person walks"
    assert world.pipeline.ledger.read(identity).story.tags_failed == ""


def test_a_lost_event_of_another_try_is_found() -> None:
    world, _ = untagged("production:CaptionExtraction")
    world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    world.clock.forward(5)
    world.upload(CLIP)
    for _ in range(3):
        later(world, 1300)
    assert len(world.tagging.jobs) == 2


def test_another_try_that_tells_nothing_is_found_no_more() -> None:
    world, identity = untagged("production:CaptionExtraction")
    world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    world.clock.forward(5)
    upload(world)
    world.producing.fail("made-2", "no picture")
    collect_production(world.pipeline, "made-2")
    world.tagging.fail("job-2", WHY)
    assert collect(world.pipeline, "job-2") == f"failed: {WHY}"
    assert (world.library.entries, world.pipeline.records.get(identity)) == ({}, None)


def test_nothing_is_forgotten_that_its_jobs_told_though_earlier_content_has_a_record() -> None:
    world = world_with("smarttag", "production:CaptionExtraction")
    identity = upload(world)
    world.finish("job-1")
    upload(world, content=b"another clip")
    captions = world.producing.succeed("made-2", [SRT])
    assert collect_production(world.pipeline, "made-2") == "kept: the media is submitted"
    world.tagging.fail("job-2", WHY)
    assert collect(world.pipeline, "job-2") == f"no smart tags: {WHY}; searchable"
    assert record(world, identity).found.captions_key == captions[0]
    for _ in range(3):
        later(world, 1300)
    assert world.media.head(captions[0]) is not None
    check_found(world, identity)


def test_removed_meanwhile_it_leaves_nothing() -> None:
    world, identity = untagged("production:CaptionExtraction")
    world.media.delete(CLIP)
    assert remove(world.pipeline, CLIP) == "removed"
    keys = world.producing.succeed("made-1", [SRT])
    assert collect_production(world.pipeline, "made-1").startswith("ignored")
    assert world.media.head(keys[0]) is None
    later(world)
    assert [key for key in world.state.contents if key.startswith((f"{identity}/", "pending/"))] == [f"{identity}/ledger.jsonl"]


def test_it_is_indexed_anew_from_what_its_jobs_told() -> None:
    world, identity = untagged("production:CaptionExtraction")
    world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    world.library.entries.clear()
    assert reindex(world.pipeline, identity, "missing", world.clock()) == "searchable"
    check_found(world, identity)


def test_an_outage_of_the_other_service_does_not_end_its_wait() -> None:
    world = world_with("smarttag", "production:CaptionExtraction")
    world.producing.refuse = ServiceRefused("IMS", "SubmitIProductionJob", 503, "Throttling.User", "busy")
    identity = upload(world)
    world.tagging.fail("job-1", WHY)
    collect(world.pipeline, "job-1")
    world.producing.refuse = ServiceRefused("IMS", "SubmitIProductionJob", 503, "Throttling.User", "busy")
    later(world, 3600)
    assert (world.stage(identity), list(world.pipeline.ledger.pending())) == ("untagged", [identity])
    later(world, 3600)
    world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    check_found(world, identity)
