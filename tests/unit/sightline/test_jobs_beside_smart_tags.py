"""Production and analysis jobs on the road of a clip: begun with the smart tags, ended in any order, merged into one record."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from sightline.acts.collect import collect_act
from sightline.errors import ServiceRefused, ServiceUnreachable, UnusableAnswer
from sightline.pai.results import ImageLabels, Tag, VideoLabels, VideoQuality
from sightline.pipeline.collect_production import collect_production
from sightline.pipeline.endings import remove
from sightline.pipeline.submit import submit
from sightline.record.findings import Derived, FoundTag, Gap
from tests.fakes.many_jobs import CLIP, PHOTO, later, record, upload, world_with
from tests.fakes.sightline import etag, make_world


def film_of(milliseconds: int) -> bytes:
    """An MP4 that says how long it is, and nothing else (ISO/IEC 14496-12, 8.2.2)."""

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    return box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", struct.pack(">12xII80x", 1000, milliseconds)))


def test_a_cover_that_comes_first_is_in_the_first_insert() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    first = f"derived/{identity}/{etag(b'a clip')}/Cover-00001.png"
    details = [{"Score": 3, "Url": first}, {"Score": 8, "Url": first.replace("00001", "00002")}]
    keys = world.producing.succeed("made-1", [b"1", b"2"], details)
    assert collect_production(world.pipeline, "made-1") == "kept: the media is submitted"
    assert world.finish("job-1") == "searchable"
    assert world.library.inserts == 1
    assert world.library.entries[identity]["key_frames"] == f"oss://media/{keys[1]} oss://media/{keys[0]}"
    found = record(world, identity).found
    assert (found.cover, list(found.key_frames)) == (keys[1], [keys[1], keys[0]])
    assert keys[0] == first
    assert list(world.pipeline.ledger.pending()) == []


def test_a_cover_that_comes_last_updates_the_entry() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    assert world.finish("job-1") == "searchable"
    assert list(world.pipeline.ledger.pending()) == [identity], "its cover is still to come"
    keys = world.producing.succeed("made-1", [b"1"])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert (world.library.inserts, len(world.library.entries)) == (2, 1)
    assert record(world, identity).found.cover == keys[0]
    assert list(world.pipeline.ledger.pending()) == []
    assert collect_production(world.pipeline, "made-1") == "kept: the media is searchable", "a repeated callback changes nothing"
    assert world.library.inserts == 2


def test_the_request_says_where_the_job_belongs() -> None:
    world = world_with("smarttag", {"job": "production:CaptionExtraction", "parameters": {"lang": "en"}, "output": "captions/"})
    identity = upload(world)
    request = world.producing.requests["made-1"]
    assert json.loads(request.user_data) == {
        "mediaId": identity,
        "generation": etag(b"a clip"),
        "kind": "production:CaptionExtraction",
    }
    assert len(request.user_data) <= 256
    assert (request.source, dict(request.parameters), request.name) == (f"oss://media/{CLIP}", {"lang": "en"}, "a.mp4")
    assert request.output == f"oss://media/derived/captions/{identity}/{etag(b'a clip')}/CaptionExtraction.srt"


MEASURES = {"score": 54.0, "snr_db": 12.5}
SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\nMind the gap\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n你好\r\nthere\r\n".encode()


def test_captions_are_on_the_record_and_in_the_index() -> None:
    world = world_with("smarttag", "production:CaptionExtraction")
    identity = upload(world)
    world.finish("job-1")
    keys = world.producing.succeed("made-1", [SRT])
    collect_production(world.pipeline, "made-1")
    found = record(world, identity).found
    assert [(cue.start, cue.end, cue.text) for cue in found.captions] == [(1.0, 2.5, "Mind the gap"), (3.0, 4.0, "你好 there")]
    assert found.captions_key == keys[0]
    assert world.library.entries[identity]["description"] == "A person walks to the right. Mind the gap. 你好 there."


@pytest.mark.parametrize(
    ("function", "content", "details", "field", "expected"),
    [
        ("AudioQualityAssessment", None, MEASURES, "sound", MEASURES),
        ("MusicSegmentDetect", b"{}", {"result": [{"start": 39.32, "end": 63.85, "title": "副歌"}]}, "choruses", [(39.32, 63.85, "副歌")]),
        ("AudioBeatDetection", b'{"BeatList":[0.5,1.0],"DownBeatList":[0.5]}', None, "beats", ([0.5, 1.0], [0.5])),
    ],
)
def test_what_is_heard_is_on_the_record(function: str, content: bytes | None, details: Any, field: str, expected: Any) -> None:
    world = world_with("smarttag", f"production:{function}")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [content] if content else [], details)
    collect_production(world.pipeline, "made-1")
    told = getattr(record(world, identity).found, field)
    if field == "choruses":
        told = [(cue.start, cue.end, cue.text) for cue in told]
    assert (told if field != "beats" else (list(told.beats), list(told.down_beats))) == expected


def test_whatever_makes_something_new_is_linked_and_goes_with_its_media() -> None:
    world = world_with("smarttag", "production:VideoH2V", {"job": "production:MusicDemix", "output": "songs/"})
    identity = upload(world)
    world.finish("job-1")
    tall, voices = world.producing.succeed("made-1", [b"tall"]), world.producing.succeed("made-2", [b"voice", b"rest"])
    for job_id in ("made-1", "made-2"):
        collect_production(world.pipeline, job_id)
    assert set(record(world, identity).found.derived) == {
        Derived("VideoH2V", tall[0]),
        Derived("MusicDemix", voices[0]),
        Derived("MusicDemix", voices[1]),
    }
    assert voices[0].startswith("derived/songs/")
    world.media.delete(CLIP)
    assert remove(world.pipeline, CLIP) == "removed"
    assert [key for key in world.media.contents if key.startswith("derived/")] == []


def test_a_job_that_fails_leaves_a_gap_and_holds_up_nobody() -> None:
    world = world_with("smarttag", "production:Cover", "production:VideoClip")
    identity = upload(world)
    world.finish("job-1")
    world.producing.fail("made-1", "InvalidInput: it has no picture")
    world.producing.succeed("made-2", [b"short"])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert collect_production(world.pipeline, "made-2") == "searchable"
    found = record(world, identity).found
    assert found.gaps == [Gap("production:Cover", "InvalidInput: it has no picture")]
    assert [made.function for made in found.derived] == ["VideoClip"]
    assert list(world.pipeline.ledger.pending()) == []


def test_wrong_parameters_in_a_rule_leave_a_gap_that_names_them() -> None:
    world = world_with("smarttag", {"job": "production:CaptionExtraction", "parameters": {"fps": 11}})
    identity = upload(world)
    world.finish("job-1")
    assert record(world, identity).found.gaps[0].reason == "JobParams.fps: is 11; give a whole number from 2 to 10"
    assert world.producing.jobs == {}


def test_a_media_without_smart_tags_is_found_by_its_name_and_takes_no_place_in_line() -> None:
    world = world_with("production:VideoClip", jobs_in_flight=1)
    upload(world, "uploads/home/door/first.mp4")
    identity = world.upload(CLIP)
    assert submit(world.pipeline, CLIP, "e2") == "searchable"
    assert world.tagging.jobs == {}
    assert world.library.entries[identity]["title"] == "a.mp4"
    world.producing.succeed("made-2", [b"short"])
    assert collect_production(world.pipeline, "made-2") == "searchable"
    assert [made.function for made in record(world, identity).found.derived] == ["VideoClip"]


def test_sound_is_refused_unless_a_rule_gives_it_a_job() -> None:
    key, films = "uploads/home/door/a.wav", {"match": {"kind": "video"}, "jobs": ["smarttag"]}
    world = make_world({"rules": [films, {"match": {"kind": "audio"}, "jobs": ["production:SpeechDenoise"]}]})
    world.upload(key)
    assert submit(world.pipeline, key, "e1") == "searchable"
    other = make_world({"rules": [films]})
    identity = other.upload(key)
    assert submit(other.pipeline, key, "e1").startswith("refused: no rule gives it a job")
    assert other.stage(identity) == "refused"


def test_an_image_is_judged_at_once() -> None:
    world = world_with("smarttag", "pai:image_qa", "pai:multi_label_image_v2")
    world.analysing.image_labels = ImageLabels([Tag("garden", 0.9)], [0.5] * 512)
    identity = upload(world, PHOTO)
    world.finish("job-1")
    found = record(world, identity).found
    assert (found.quality, list(found.tags), found.alike) == (66.88, [FoundTag("garden", 0.9)], 512)
    assert world.library.inserts == 1
    assert "garden" in world.library.entries[identity]["description"]
    assert any(key.startswith("similar/") for key in world.state.contents)
    world.media.delete(PHOTO)
    remove(world.pipeline, PHOTO)
    assert not any(key.startswith("similar/") for key in world.state.contents)


def test_a_picture_that_a_service_makes_is_derived() -> None:
    world = world_with("smarttag", "pai:watermark_remover")
    identity = upload(world, PHOTO)
    world.finish("job-1")
    (made,) = record(world, identity).found.derived
    assert world.media.contents[made.key] == b"\x89PNG clean"
    assert made.key.endswith("/watermark_remover.png")


def test_without_pai_nobody_gets_a_job_of_it() -> None:
    world = make_world({"rules": [{"jobs": ["smarttag", "pai:image_qa"]}]})
    identity = upload(world, PHOTO)
    assert world.pipeline.ledger.read(identity).story.jobs == {}


def test_a_video_is_asked_about_by_the_sweep_later_each_time() -> None:
    world = world_with("smarttag", "pai:video_qa")
    identity = upload(world)
    world.finish("job-1")
    asked = [world.analysing.calls.count("job") for _ in range(12) if later(world, 60) is not None]
    assert asked == sorted(asked)
    assert 3 <= asked[-1] <= 5, "12 sweeps, and a question after 1, 2, 4 and 8 minutes"
    world.analysing.succeed({100: VideoQuality(20.5)})
    later(world, 1800)
    assert record(world, identity).found.quality == 20.5
    assert list(world.pipeline.ledger.pending()) == []


def test_several_that_wait_go_as_a_batch_and_one_question_asks_about_all() -> None:
    world = world_with("smarttag", "pai:classify_label_video")
    keys = [f"uploads/home/door/{name}.mp4" for name in "abc"]
    identities = []
    for number, key in enumerate(keys, 1):
        world.analysing.refuse = ServiceUnreachable("PAI", "ClassifyLabelVideo", "refused", sent=False)
        identities.append(upload(world, key))
        world.finish(f"job-{number}")
    later(world)
    assert world.analysing.calls == ["classify_videos"]
    world.analysing.succeed(
        {
            job.job_id: VideoLabels([Tag("Pets", 0.9)], [Tag(job.address.partition("?")[0][-5:], 0.8)])
            for job in world.analysing.jobs.values()
        }
    )
    later(world)
    assert world.analysing.calls == ["classify_videos", "batch"]
    for key, identity in zip(keys, identities, strict=True):
        assert [tag.name for tag in record(world, identity).found.tags] == ["Pets", key[-5:]]


def test_a_sweep_makes_no_more_calls_than_its_budget() -> None:
    world = world_with("smarttag", "pai:video_qa", analysis_calls_per_sweep=2)
    for number, name in enumerate("abcd", 1):
        upload(world, f"uploads/home/door/{name}.mp4")
        world.finish(f"job-{number}")
    begun = len(world.analysing.calls)
    later(world)
    assert world.analysing.calls[begun:] == ["job", "job"]


@pytest.mark.parametrize(("film", "seconds"), [(film_of(12_500), 12.5), (b"a clip", None)])
def test_with_its_cover_a_record_knows_how_long_the_film_is(film: bytes, seconds: float | None) -> None:
    """Where it is known: so a search can tell a moment from the whole."""
    world = world_with("smarttag", "production:Cover")
    identity = upload(world, content=film)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert record(world, identity).found.seconds == seconds


@pytest.mark.parametrize(
    ("job", "result"),
    [
        ("pai:video_qa", VideoQuality(50.0, seconds=12.5)),
        ("pai:classify_label_video", VideoLabels(tags=[Tag("Pets", 0.9)], seconds=12.5)),
    ],
)
def test_how_long_a_film_is_pai_tells_as_well(job: str, result: VideoQuality | VideoLabels) -> None:
    world = world_with("smarttag", job)
    identity = upload(world)
    world.finish("job-1")
    world.analysing.succeed({100: result})
    later(world)
    assert record(world, identity).found.seconds == 12.5


def test_a_lost_callback_is_made_good_by_the_sweep() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    later(world)
    assert record(world, identity).found.cover is not None


def test_a_busy_service_is_asked_again() -> None:
    world = world_with("smarttag", "production:Cover")
    world.producing.refuse = ServiceRefused("IMS", "SubmitIProductionJob", 503, "Throttling.User", "busy")
    identity = upload(world)
    assert world.producing.jobs == {}
    world.finish("job-1")
    later(world)
    world.producing.succeed("made-1", [b"1"])
    collect_production(world.pipeline, "made-1")
    assert record(world, identity).found.cover is not None


def test_a_crash_after_the_submit_makes_one_result() -> None:
    """The id was never noted; the callback of the first job counts, and the second, begun when the claim had lapsed, changes nothing."""
    world = world_with("smarttag", "production:Cover")
    world.producing.after_submit = ServiceUnreachable("IMS", "SubmitIProductionJob", "reset")
    identity = upload(world)
    world.finish("job-1")
    later(world, 100)
    assert set(world.producing.jobs) == {"made-1", "made-2"}
    for job_id in ("made-1", "made-2"):
        world.producing.succeed(job_id, [b"1"])
        collect_production(world.pipeline, job_id)
    assert world.facts(identity).count("job_done") == 1
    assert world.stage(identity) == "searchable"


def test_a_job_whose_id_was_not_told_is_known_by_its_callback() -> None:
    world = world_with("smarttag", "production:Cover")
    world.producing.after_submit = UnusableAnswer("IMS", "SubmitIProductionJob", "JobId", "is missing", retryable=False)
    identity = upload(world)
    world.finish("job-1")
    later(world, 600)
    assert set(world.producing.jobs) == {"made-1"}
    world.producing.succeed("made-1", [b"1"])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert record(world, identity).found.cover is not None


def test_a_job_that_never_ends_leaves_a_gap() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    later(world, 7 * 3600)
    assert "did not finish in time" in record(world, identity).found.gaps[0].reason
    assert list(world.pipeline.ledger.pending()) == []


def test_what_ends_after_its_content_was_replaced_is_deleted() -> None:
    world = world_with("smarttag", "production:VideoClip")
    upload(world)
    world.media.put(CLIP, b"other")
    submit(world.pipeline, CLIP, "e2")
    keys = world.producing.succeed("made-1", [b"of the old"])
    assert collect_production(world.pipeline, "made-1").startswith("ignored")
    assert keys[0] not in world.media.contents


def test_nothing_outside_the_media_s_own_outputs_is_read_or_shown() -> None:
    world = world_with("smarttag", "production:VideoClip")
    identity = upload(world)
    world.finish("job-1")
    world.media.put("secret/other.mp4", b"x")
    world.producing.succeed("made-1")
    world.producing.jobs["made-1"] = world.producing.jobs["made-1"]._replace(outputs=["secret/other.mp4", f"derived/x/{identity}/../y"])
    collect_production(world.pipeline, "made-1")
    found = record(world, identity).found
    assert list(found.derived) == []
    assert "names no file" in found.gaps[0].reason


@pytest.mark.parametrize("kind", ["IProduction", "AIProduceComplete"])
def test_a_production_job_s_message_leads_to_production(kind: str) -> None:
    world = world_with("smarttag", "production:Cover")
    upload(world)
    world.producing.succeed("made-1", [b"1"])
    body: dict[str, Any] = {"Type": kind, "JobId": "made-1", "State": "Success"}
    if kind == "AIProduceComplete":
        body = {"EventType": kind, "MessageBody": {"JobId": "made-1", "Status": "Success"}}
    assert collect_act(world.pipeline)(body) == "kept: the media is submitted"
    assert collect_act(world.pipeline)({"Type": "IProduction", "JobId": "unknown", "State": "Success"}).startswith("ignored")
    assert collect_act(world.pipeline)({"Type": "IProduction", "JobId": "made-1", "State": "Analysing"}).startswith("nothing to do yet")


def test_two_that_end_at_once_are_both_in_the_record() -> None:
    """The one that composed its record before the other's fact was there, and wrote it after the other's, makes it anew."""
    world = world_with("smarttag", "production:Cover", "production:VideoClip")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    world.producing.succeed("made-2", [b"short"])
    inner, nested = world.library.insert, list[str]()

    def insert(*arguments: Any) -> None:
        if not nested:
            nested.append("")
            nested.append(collect_production(world.pipeline, "made-2"))
            stale = record(world, identity)
            world.pipeline.records._bucket.put(  # what the slower one had composed by then
                f"{identity}/record.json", json.dumps({**stale.to_json(), "found": {}, "jobs": ["production:Cover"]}).encode()
            )
        inner(*arguments)

    world.library.insert = insert  # type: ignore[method-assign, assignment]
    collect_production(world.pipeline, "made-1")
    found = record(world, identity)
    assert set(found.jobs) == {"production:Cover", "production:VideoClip"}
    assert found.found.cover
    assert found.found.derived


def test_a_record_that_lacks_a_part_is_made_anew_by_the_sweep() -> None:
    world = world_with("smarttag", "production:Cover")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"1"])
    collect_production(world.pipeline, "made-1")
    stale = record(world, identity)._replace(jobs=())
    world.state.put(f"{identity}/record.json", json.dumps(stale.to_json()).encode())
    later(world, 700)
    later(world, 700)
    assert record(world, identity).jobs == ("production:Cover",)


def test_what_changes_nothing_in_the_library_is_not_given_to_it_again() -> None:
    """To index a film once more costs money, and the service may not find it meanwhile."""
    world = world_with("smarttag", "production:VideoH2V", "production:CaptionExtraction")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"tall"])
    assert collect_production(world.pipeline, "made-1") == "searchable"
    assert (world.library.inserts, len(record(world, identity).found.derived)) == (1, 1)
    world.producing.succeed("made-2", [SRT])
    assert collect_production(world.pipeline, "made-2") == "searchable"
    assert world.library.inserts == 2


def test_an_entry_that_is_lost_is_given_again_though_nothing_changed() -> None:
    world = world_with("smarttag", "production:VideoH2V")
    identity = upload(world)
    world.finish("job-1")
    world.producing.succeed("made-1", [b"tall"])
    collect_production(world.pipeline, "made-1")
    world.library.entries.clear()
    later(world, 700)
    later(world, 700)
    assert identity in world.library.entries
