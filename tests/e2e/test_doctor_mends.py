"""What the doctor says mends a thing does mend it: on a laptop, with the very commands that it prints."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.deployment import target as deployment
from cli.deployment.target import MPS_VERSION, Target
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
Found = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One that the tests here may break; the doctor mends what they broke."""
    started = Cloud(tmp_path_factory.mktemp("mended")).start()
    yield started
    assert started.end() == 0


def looked(cloud: Cloud) -> Found:
    """What does not pass, and could."""
    done = cloud.here("doctor", "--json", code=None)
    return {one["check"]: one for one in json.loads(done.stdout) if one["state"] in ("warn", "fail")}


def follow(cloud: Cloud, fix: str) -> None:
    """Runs the commands of ours in a fix, in their order."""
    for line in re.findall(r"`(sightline [^`]+)`", fix):
        _, *words = shlex.split(line)
        assert words[words.index("--data") + 1] == str(cloud.data.resolve()), "it acts on another deployment"
        if words[0] == "up":
            cloud.environment = {}
            cloud.start()
        else:
            cloud.here(*words)
            if words[0] == "down":
                assert cloud.wait_for_end() == 0


def mended(cloud: Cloud, check: str) -> None:
    """Follows the fix of `check`, and of what comes to light after it, until nothing is wrong."""
    found = looked(cloud)
    assert check in found
    for _ in range(3):
        follow(cloud, next(iter(found.values()))["fix"])
        found = looked(cloud)
        if not found:
            return
    raise AssertionError(found)


def no_media_bucket(target: Target) -> None:
    target.bucket(target.names.media_bucket).delete_bucket()


def no_state_bucket(target: Target) -> None:
    bucket = target.bucket(target.names.state_bucket)
    for one in bucket.list_objects_v2(max_keys=1000).object_list:
        bucket.delete_object(one.key)
    bucket.delete_bucket()


def no_topic(target: Target) -> None:
    target.messages().get_topic(target.names.topic).delete()


def no_queue(target: Target) -> None:
    target.messages().get_queue(target.names.dead_queue).delete()


def no_template(target: Target) -> None:
    target.ims().call("DeleteCustomTemplate", {"TemplateId": target.settings["SMARTTAG_TEMPLATE_ID"]})


def template_of_other_analyses(target: Target) -> None:
    config = json.dumps({"AnalyseTypes": "ocr", "Industry": "common", "Scene": "search"})
    parameters = {"TemplateId": target.settings["SMARTTAG_TEMPLATE_ID"], "TemplateConfig": config}
    target.ims().call("UpdateCustomTemplate", parameters)


def no_library(target: Target) -> None:
    target.ims_search().call("DropSearchLib", {"SearchLibName": target.names.library})


def no_index(target: Target) -> None:
    target.ims_search().call("DropSearchIndex", {"SearchLibName": target.names.library, "IndexType": "mm"})


def index_that_is_off(target: Target) -> None:
    parameters = {"SearchLibName": target.names.library, "IndexType": "mm", "IndexStatus": "Deactive"}
    target.ims_search().call("AlterSearchIndex", parameters)


def pipeline(target: Target, **parameters: str) -> None:
    identity = {"PipelineId": target.settings["SMARTTAG_PIPELINE_ID"], "Name": "sightline", "State": "Active"}
    target.mps().call("UpdatePipeline", {**identity, **parameters}, version=MPS_VERSION)


def pipeline_that_tells_nobody(target: Target) -> None:
    pipeline(target, NotifyConfig="{}")


def pipeline_that_tells_another(target: Target) -> None:
    pipeline(target, NotifyConfig=json.dumps({"QueueName": target.names.dead_queue}))


def pipeline_that_is_paused(target: Target) -> None:
    pipeline(target, State="Paused")


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (no_media_bucket, "media-bucket"),
        (no_state_bucket, "state-bucket"),
        (no_topic, "callback-topic"),
        (no_queue, "dead-queue"),
        (no_template, "template"),
        (template_of_other_analyses, "template"),
        (no_library, "search-library"),
        (no_index, "search-index"),
        (index_that_is_off, "search-index"),
        (pipeline_that_tells_nobody, "pipeline"),
        (pipeline_that_tells_another, "pipeline"),
        (pipeline_that_is_paused, "pipeline"),
    ],
)
def test_the_command_that_is_printed_mends_it(own: Cloud, broken: Callable[[Target], None], check: str) -> None:
    assert own.running is not None
    broken(deployment.laptop(own.running, {}))
    mended(own, check)


def test_settings_that_the_functions_do_not_have_yet(own: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_CAPTION_LANGUAGE", "zh")
    mended(own, "function-environment")
    monkeypatch.delenv("SIGHTLINE_CAPTION_LANGUAGE")
    mended(own, "function-environment")


def test_functions_of_another_s_yaml(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Most of what is said of functions and triggers, at once."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("functions", "shared", "template.yaml"):
        (folder / name).symlink_to(ROOT / name)
    text = (ROOT / "s.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("timeout: 60\n", "timeout: 50\n"),
        ("prefix: ${vars.uploadPrefix}", "prefix: elsewhere/"),
        ("notifyStrategy: EXPONENTIAL_DECAY_RETRY", "notifyStrategy: BACKOFF_RETRY"),
        ("enable: true", "enable: false"),
        ("maxAsyncRetryAttempts: 3", "maxAsyncRetryAttempts: 1"),
        ("logstore: functions", 'logstore: ""'),
    ):
        assert old in text, f"s.yaml no longer has {old!r}"
        text = text.replace(old, new)
    (folder / "s.yaml").write_text(text, encoding="utf-8")
    data = tmp_path_factory.mktemp("data")
    cloud = Cloud(data, {"SIGHTLINE_PROJECT": str(folder)}).start()
    mended(cloud, "oss-trigger")
    assert cloud.end() == 0
    shutil.rmtree(data)
