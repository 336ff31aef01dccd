"""`sightline provision`, as somebody runs it: on a laptop, and on an account whose services are two laptop clouds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oss2
import pytest
from mns.account import Account
from mns.queue import QueueMeta
from mns.topic import TopicMeta

from cli.deployment.target import MPS_VERSION
from cli.running import Running
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
STAGE = {
    "SIGHTLINE_MEDIA_BUCKET": "prod-media",
    "SIGHTLINE_STATE_BUCKET": "prod-state",
    "SIGHTLINE_CALLBACK_TOPIC": "prod-jobs",
    "SIGHTLINE_DEAD_QUEUE": "prod-dead",
    "SIGHTLINE_TEMPLATE_NAME": "prod",
    "SIGHTLINE_SEARCH_LIBRARY": "IPCamera_prod",
}


@pytest.fixture(scope="module")
def search(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The region that is searched in: the same account's keys, and nothing else in common."""
    data = tmp_path_factory.mktemp("search")
    shutil.copy(cloud.data / "keys.json", data / "keys.json")
    started = Cloud(data).start()
    yield started
    assert started.end() == 0


@pytest.fixture
def exported(cloud: Cloud, search: Cloud, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The environment of somebody who deploys."""
    assert cloud.running is not None
    assert search.running is not None
    home = cloud.running
    variables = {
        **STAGE,
        **{f"SIGHTLINE_{name}_ENDPOINT": home.endpoint for name in ("OSS", "OSS_PUBLIC", "MNS", "IMS", "MPS")},
        "SIGHTLINE_IMS_SEARCH_ENDPOINT": search.running.endpoint,
        "SIGHTLINE_ACCOUNT_ID": home.account_id,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": home.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": home.access_key_secret,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return home


def stack(home: Running) -> None:
    """What template.yaml makes."""
    auth = oss2.AuthV4(home.access_key_id, home.access_key_secret)
    for bucket in ("prod-media", "prod-state"):
        oss2.Bucket(auth, home.endpoint, bucket, region=home.region).create_bucket()
    messages = Account(home.endpoint, home.access_key_id, home.access_key_secret)
    messages.get_topic("prod-jobs").create(TopicMeta())
    messages.get_queue("prod-dead").create(QueueMeta())


def bind_elsewhere(cloud: Cloud) -> str:
    """Somebody takes the laptop's pipeline for themselves."""
    assert cloud.running is not None
    home, pipeline = cloud.running, cloud.running.pipeline_id
    Account(home.endpoint, home.access_key_id, home.access_key_secret).get_topic("sightline-dev-null").create(TopicMeta())
    config = json.dumps({"Topic": "sightline-dev-null"})
    parameters = {"PipelineId": pipeline, "Name": "theirs", "State": "Active", "NotifyConfig": config}
    cloud.clients.ims().call("UpdatePipeline", parameters, version=MPS_VERSION)
    return pipeline


def bound_to(cloud: Cloud, pipeline: str) -> Any:
    answer = cloud.clients.ims().call("QueryPipelineList", {"PipelineIds": pipeline}, version=MPS_VERSION)
    return answer["PipelineList"]["Pipeline"][0]["NotifyConfig"]


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {item["kind"]: item["outcome"] for item in document["items"]}


def test_on_a_laptop_everything_is_there_already(cloud: Cloud) -> None:
    document = json.loads(cloud.here("provision", "--json").stdout)
    assert set(outcomes(document).values()) == {"found"}
    assert cloud.running is not None
    assert document["variables"] == {"SIGHTLINE_TEMPLATE_ID": cloud.running.template_id, "SIGHTLINE_PIPELINE_ID": cloud.running.pipeline_id}
    told = cloud.here("provision").stdout
    assert "in the laptop cloud" in told
    assert "SIGHTLINE_TEMPLATE_ID and SIGHTLINE_PIPELINE_ID name these already" in told


def test_an_account_is_provisioned_in_the_order_of_the_guide(cloud: Cloud, search: Cloud, exported: Running) -> None:
    refused = cloud.here("provision", "--cloud", code=1)
    assert "bucket prod-media is missing; nothing was made" in refused.stderr
    assert "template.yaml" in refused.stderr
    assert "export" not in refused.stdout

    stack(exported)
    planned = json.loads(cloud.here("provision", "--cloud", "--pipeline", "prod", "--dry-run", "--json").stdout)
    assert {kind for kind, outcome in outcomes(planned).items() if outcome == "would make"} == {
        *("template", "search library", "index", "pipeline"),
    }

    made = json.loads(cloud.here("provision", "--cloud", "--pipeline", "prod", "--json").stdout)
    assert {kind for kind, outcome in outcomes(made).items() if outcome == "made"} == {
        *("template", "search library", "index", "pipeline", "callback"),
    }
    again = json.loads(cloud.here("provision", "--cloud", "--pipeline", "prod", "--json").stdout)
    assert set(outcomes(again).values()) == {"found"}
    assert again["variables"] == made["variables"]
    shown = cloud.here("provision", "--cloud", "--pipeline", "prod").stdout
    assert f"export SIGHTLINE_TEMPLATE_ID={made['template_id']} SIGHTLINE_PIPELINE_ID={made['pipeline_id']}" in shown

    libraries = search.clients.ims().call("ListSearchLib", {"PageSize": 50})["SearchLibInfoList"]
    assert "IPCamera_prod" in [item["SearchLibName"] for item in libraries]
    assert bound_to(cloud, made["pipeline_id"]) == {"Topic": "prod-jobs"}


def test_the_pipeline_of_another_deployment_is_left(cloud: Cloud, exported: Running) -> None:
    """The laptop's own pipeline tells the laptop's own functions; a second deployment may not take it from them unasked."""
    stack(exported)
    assert cloud.running is not None
    left = cloud.here("provision", "--cloud", "--pipeline", cloud.running.pipeline_id).stdout
    assert "callback prod-jobs: the pipeline tells Topic sightline-jobs" in left
    assert "--change callback" in left
    assert set(outcomes(json.loads(cloud.here("provision", "--json").stdout)).values()) == {"found"}


def test_what_is_wished_may_stand_beside_s_yaml(cloud: Cloud, exported: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack(exported)
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    shutil.copy(ROOT / "s.yaml", tmp_path / "s.yaml")
    (tmp_path / ".env").write_text("SIGHTLINE_PEOPLE_LIBRARY=from the file\nSIGHTLINE_PET_LIBRARY=from the file\n")
    monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_PET_LIBRARY", "from the environment")
    planned = json.loads(cloud.here("provision", "--cloud", "--dry-run", "--json").stdout)
    assert {item["kind"]: item["name"] for item in planned["items"] if "recognition" in item["kind"]} == {
        "recognition library (pedestrian)": "from the file",
        "recognition library (pet)": "from the environment",
    }
    monkeypatch.setenv("SIGHTLINE_INDEX_LEVEL", "Huge")
    assert "SIGHTLINE_INDEX_LEVEL is 'Huge'" in cloud.here("provision", "--cloud", "--dry-run", code=2).stderr


def test_no_secret_is_shown(cloud: Cloud, exported: Running) -> None:
    for arguments in (["--dry-run"], ["--json", "--dry-run"]):
        shown = cloud.here("provision", "--cloud", *arguments)
        assert exported.access_key_secret not in shown.stdout + shown.stderr


@pytest.mark.parametrize("name", ["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "SIGHTLINE_ACCOUNT_ID"])
def test_a_variable_that_is_not_set_is_named(cloud: Cloud, exported: Running, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    assert name in cloud.here("provision", "--cloud", code=2).stderr


def test_a_wrong_key_is_told_without_it(cloud: Cloud, exported: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "another-secret")
    refused = cloud.here("provision", "--cloud", code=1)
    assert "OSS says 403 SignatureDoesNotMatch" in refused.stderr
    assert "another-secret" not in refused.stdout + refused.stderr


def test_what_somebody_has_chosen_on_a_laptop_outlives_its_next_start(new_cloud: Callable[..., Cloud]) -> None:
    """A library in the template, which changes only when that is asked for; a pipeline that tells somebody else."""
    cloud = new_cloud()
    left = json.loads(cloud.here("provision", "--people", "family", "--json").stdout)
    assert (outcomes(left)["recognition library (pedestrian)"], outcomes(left)["template"]) == ("made", "left")
    changed = json.loads(cloud.here("provision", "--people", "family", "--change", "template", "--json").stdout)
    assert outcomes(changed)["template"] == "changed"
    assert set(outcomes(json.loads(cloud.here("provision", "--people", "family", "--json").stdout)).values()) == {"found"}
    pipeline = bind_elsewhere(cloud)
    assert cloud.end() == 0
    again = Cloud(cloud.data, {"SIGHTLINE_PEOPLE_LIBRARY": "family"}).start()
    try:
        told = json.loads(again.here("provision", "--people", "family", "--json").stdout)
        assert {kind: outcome for kind, outcome in outcomes(told).items() if outcome != "found"} == {"callback": "left"}
        assert bound_to(again, pipeline) == {"Topic": "sightline-dev-null"}
        log = (again.data / "logs" / "laptop-cloud.log").read_text()
        assert "callback sightline-jobs: the pipeline tells Topic sightline-dev-null" in log
    finally:
        assert again.end() == 0


def test_without_a_laptop_cloud_it_says_how_to_get_one(tmp_path: Path) -> None:
    refused = Cloud(tmp_path / "nothing").here("provision", code=3)
    assert "sightline up" in refused.stderr
