"""Killed, restarted, deaf: nothing is lost."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from mns.account import Account
from mns.topic import TopicMeta

from cli.deployment.target import MPS_VERSION
from tests.laptop import Cloud, wait_until

MakeCloud = Callable[..., Cloud]


def put_all(cloud: Cloud, clips: dict[str, Path]) -> list[str]:
    keys = []
    for name, path in clips.items():
        if path.is_file():
            keys.append(f"uploads/default/corner/{name}.mp4")
            cloud.bucket().put_object_from_file(keys[-1], str(path))
    return keys


def test_a_killed_cloud_goes_on_where_it_was(new_cloud: MakeCloud, clips: dict[str, Path]) -> None:
    """GIVEN uploads that were just acknowledged WHEN the cloud is killed, twice THEN each of them still becomes searchable."""
    cloud = new_cloud(SIGHTLINE_CALLBACK_SECONDS="5", SIGHTLINE_CLAIM_SECONDS="5", SIGHTLINE_REQUEST_SECONDS="2")
    keys = put_all(cloud, clips)
    cloud.end(signal.SIGKILL)
    cloud.start()
    wait_until(lambda: any(cloud.story(key).stage == "submitted" for key in keys), 60)
    cloud.end(signal.SIGKILL)
    cloud.start()

    def finished() -> bool:
        cloud.command("invoke", "sweep")
        return all(cloud.story(key).is_final for key in keys)

    wait_until(finished, 120, lambda: str([cloud.story(key) for key in keys]))
    assert {cloud.story(key).stage for key in keys} == {"searchable"}
    assert cloud.search("a person in red walks to the right")["hits"][0]["key"] == "uploads/default/corner/street-by-day.mp4"


def test_what_was_found_is_found_after_a_restart(new_cloud: MakeCloud, clips: dict[str, Path]) -> None:
    cloud = new_cloud()
    key = "uploads/default/corner/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    cloud.wait(key)

    def found() -> list[tuple[str, float, float]]:
        return [(hit["key"], hit["score"], hit["starts_at"]) for hit in cloud.search("a person in red")["hits"]]

    before = found()
    assert cloud.end() == 0
    cloud.start()
    assert found() == before
    assert [key for key, _, _ in before] == [key]


def test_the_sweep_finishes_a_media_whose_callback_was_lost(new_cloud: MakeCloud, clips: dict[str, Path]) -> None:
    """GIVEN a pipeline that calls back to a topic that nobody hears WHEN the sweep runs THEN the media is searchable."""
    cloud = new_cloud(SIGHTLINE_CALLBACK_SECONDS="0")
    assert cloud.running is not None
    running, ims = cloud.running, cloud.clients.ims()
    Account(running.endpoint, running.access_key_id, running.access_key_secret).get_topic("nobody-hears").create(TopicMeta())
    pipeline = ims.call("ListPipelines", {})["PipelineList"][0]["PipelineId"]
    binding = {
        "PipelineId": pipeline,
        "Name": "deaf",
        "State": "Active",
        "NotifyConfig": json.dumps({"Topic": "nobody-hears"}),
        "Role": "r",
    }
    ims.call("UpdatePipeline", binding, version=MPS_VERSION)
    key = "uploads/default/corner/clip.mp4"
    cloud.bucket().put_object_from_file(key, str(clips["street-by-day"]))
    wait_until(lambda: cloud.story(key).stage == "submitted", 30)
    job = cloud.story(key).job_id
    wait_until(lambda: cloud.clients.tagging().query(job).state == "Success", 60)
    assert cloud.story(key).stage == "submitted"
    assert "searchable" in cloud.command("invoke", "sweep").stdout
    assert cloud.story(key).stage == "searchable"


def test_a_second_cloud_on_the_same_folder_is_refused(cloud: Cloud) -> None:
    refused = cloud.command("up", "--port", "0", code=3)
    assert "sightline down" in refused.stderr
