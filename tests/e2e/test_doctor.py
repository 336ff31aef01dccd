"""The doctor, on a laptop cloud that is well, and on one where each thing is broken in turn."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import oss2
import pytest
from mns.queue import Message
from mns.topic import TopicMeta

from cli.deployment import target as deployment
from cli.deployment.target import MPS_VERSION, Target, project_folder
from cli.doctor.callbacks import pipeline
from cli.doctor.checks import CHECKS
from cli.doctor.finding import Finding, State
from cli.doctor.jobs import rules
from cli.doctor.runner import run
from cli.doctor.site import Site
from localcloud.identity import Keyring
from localcloud.place import Place
from sightline.clock import utc_now
from sightline.credentials import Credentials
from tests.laptop import Cloud

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:1"
SECRET = "aSecretThatNobodyMaySee0123456"

# What no laptop can tell: OSS here keeps no retention policies, and a layer is a folder here, without a checksum.
UNKNOWN_HERE = {"state-bucket-retention", "layer-content"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One that the tests here may break; each mends what it broke."""
    started = Cloud(tmp_path_factory.mktemp("doctor")).start()
    yield started
    assert started.end() == 0


@pytest.fixture
def target(own: Cloud) -> Target:
    assert own.running is not None
    return deployment.laptop(own.running, {})


# Patient: what is refused is refused at once, and a busy machine is no broken service.
def look(target: Target, clock: Callable[[], datetime] = utc_now, seconds: float = 20) -> dict[str, Finding]:
    with closing(Site.of(target, project_folder(), clock, seconds)) as site:
        return {one.check.name: one.finding for one in run(CHECKS, site)}


def wrong(findings: dict[str, Finding]) -> dict[str, State]:
    """All that does not pass, without what a laptop can't tell, and sweeps that were not due."""
    return {
        name: one.state
        for name, one in findings.items()
        if one.state is not State.PASS and not (one.state is State.UNKNOWN and name in UNKNOWN_HERE | {"sweep"})
    }


def renamed(target: Target, **names: str) -> Target:
    return replace(target, names=replace(target.names, **names))


def with_settings(target: Target, **settings: str) -> Target:
    return replace(target, settings={**target.settings, **settings})


def test_all_is_well_after_up(own: Cloud) -> None:
    told = json.loads(own.here("doctor", "--json").stdout)
    assert [one["check"] for one in told] == [check.name for check in CHECKS]
    assert {one["check"] for one in told if one["state"] == "unknown"} - {"sweep"} == UNKNOWN_HERE
    assert {one["state"] for one in told} == {"pass", "unknown"}


def test_the_cloud_path_finds_the_same(own: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--cloud`, with the SIGHTLINE_ variables naming the laptop's endpoints."""
    running = own.running
    assert running is not None
    place = Place(running.region, running.account_id)
    key = (running.access_key_id, running.access_key_secret)
    ids = (running.template_id, running.pipeline_id)
    variables = deployment.laptop_variables(running.endpoint, place, deployment.LAPTOP_NAMES, {}, *ids, key)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", running.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", running.access_key_secret)
    told = {one["check"]: one for one in json.loads(own.here("doctor", "--cloud", "--json").stdout)}
    # An address of this machine names no region.
    assert told.pop("endpoints")["state"] == "unknown"
    assert {name for name, one in told.items() if one["state"] != "pass"} - {"sweep"} == UNKNOWN_HERE

    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    done = own.here("doctor", "--cloud", code=1)
    assert "fail     credentials" in done.stdout
    assert "export ALIBABA_CLOUD_ACCESS_KEY_ID" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert running.access_key_secret not in done.stdout + done.stderr


def test_what_people_read(own: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each check, its fix below it, a sum at the end; and an exit code for programs."""
    monkeypatch.setenv("SIGHTLINE_LETTER_ATTEMPTS", "0")
    done = own.here("doctor", code=1)
    lines = done.stdout.splitlines()
    number = next(index for index, line in enumerate(lines) if line.startswith("fail     function-settings"))
    assert lines[number + 1].strip().startswith("-> mend LETTER_ATTEMPTS in s.yaml")
    # The functions still have what `up` gave them.
    assert "pass, 1 warn, 1 fail, " in lines[-1]
    assert f"1 of {len(CHECKS)} checks failed; the first: function-settings: LETTER_ATTEMPTS" in done.stderr


def test_a_wrong_clock(target: Target) -> None:
    for off, state in ((timedelta(minutes=3), State.WARN), (timedelta(minutes=-20), State.FAIL)):
        finding = look(target, lambda off=off: utc_now() + off)["clock"]  # type: ignore[misc]
        assert finding.state is state
        assert "timedatectl" in finding.fix
        assert ("ahead of" if off > timedelta(0) else "behind") in finding.found


def test_a_wrong_key_is_told_once(target: Target) -> None:
    for key in (Credentials(target.credentials.access_key_id, SECRET), Credentials("LTAInobody", SECRET)):
        findings = look(replace(target, credentials=key))
        assert findings["credentials"].state is State.FAIL
        assert [name for name, one in findings.items() if one.state is State.FAIL] == ["credentials"]
        assert findings["state-bucket-versioning"].found == "needs state-bucket"
        assert not any(SECRET in one.found + one.fix for one in findings.values())


def test_a_temporary_key(target: Target, own: Cloud) -> None:
    """One of a role that may search and no more: what it may not ask is unknown, and not well."""
    keyring = Keyring.open(own.data / "keys.json")
    issued = keyring.issue("sightline-search", 600)
    key = Credentials(issued.access_key_id, issued.access_key_secret, issued.security_token)
    findings = look(replace(target, credentials=key))
    assert findings["credentials"].state is State.PASS
    assert "temporary" in findings["credentials"].found
    assert findings["template"].state is State.UNKNOWN
    assert "ice:GetCustomTemplate" in findings["template"].fix
    assert not any(issued.security_token in one.found + one.fix for one in findings.values() if issued.security_token)

    expired = keyring.issue("sightline-search", -1)
    key = Credentials(expired.access_key_id, expired.access_key_secret, expired.security_token)
    assert look(replace(target, credentials=key))["credentials"].state is State.FAIL


@pytest.mark.parametrize(
    ("service", "failing"),
    [
        ("oss", {"media-bucket", "state-bucket"}),
        ("ims", {"template"}),
        ("ims_search", {"search-library"}),
        ("mps", {"pipeline"}),
        ("mns", {"callback-topic", "dead-queue"}),
        ("function_compute", {"functions"}),
        ("ram", {"function-roles", "trigger-roles"}),
    ],
)
def test_an_endpoint_where_nobody_is(target: Target, service: str, failing: set[str]) -> None:
    """It hides nothing of the others, and costs no long wait."""
    began = time.monotonic()
    findings = look(replace(target, endpoints=replace(target.endpoints, **{service: NOBODY})))
    assert time.monotonic() - began < 15
    assert {name for name, state in wrong(findings).items() if state is State.FAIL} == failing
    assert {name: findings[name] for name, state in wrong(findings).items() if state not in (State.FAIL, State.SKIPPED)} == {}
    assert all("no answer" in findings[name].found for name in failing)


@pytest.mark.parametrize("service", ["oss", "ims", "function_compute"])
def test_an_endpoint_that_is_silent_is_waited_for_once(target: Target, service: str) -> None:
    """It takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        findings = look(replace(target, endpoints=replace(target.endpoints, **{service: endpoint})), seconds=3)
    # Two questions that wait for each other may be silent; not one after the other of all that go there.
    assert time.monotonic() - began < 9
    assert findings["credentials"].state is State.PASS
    assert State.FAIL in wrong(findings).values()


def test_settings_and_names(target: Target) -> None:
    for broken, check in (
        (with_settings(target, LETTER_ATTEMPTS="many"), "function-settings"),
        (with_settings(target, OSS_ENDPOINT="https://oss-cn-beijing.aliyuncs.com"), "endpoints"),
        (renamed(target, state_bucket=target.names.media_bucket), "buckets-apart"),
        (replace(target, search_region="cn-shenzhen"), "search-region"),
        (renamed(target, media_bucket="sightline-elsewhere"), "media-bucket"),
        (renamed(target, state_bucket="sightline-elsewhere"), "state-bucket"),
        (renamed(target, library="IPCamera_other"), "search-library"),
        (with_settings(target, SMARTTAG_TEMPLATE_ID="unknown"), "template"),
        (with_settings(target, SMARTTAG_TEMPLATE_ID=""), "template"),
        (with_settings(target, SMARTTAG_PIPELINE_ID="unknown"), "pipeline"),
        (with_settings(target, RULES_FILE="/opt/nowhere.json"), "rules"),
        (with_settings(target, DERIVED_PREFIX="uploads/made/"), "outputs-apart"),
        (with_settings(target, PAI_TOKEN=SECRET), "analysis"),
        (with_settings(target, PAI_APP_ID="nobody"), "analysis"),
        (with_settings(target, PAI_HOST=NOBODY), "analysis"),
        (renamed(target, topic="sightline-other"), "callback-topic"),
        (renamed(target, dead_queue="sightline-other"), "dead-queue"),
    ):
        finding = look(broken)[check]
        assert finding.state is State.FAIL, (check, finding)
        assert finding.fix


def test_a_token_that_pai_does_not_take_is_told_without_it(target: Target) -> None:
    finding = look(with_settings(target, PAI_TOKEN=SECRET))["analysis"]
    assert "it does not take the AppId or its token" in finding.found
    assert "SIGHTLINE_PAI_TOKEN" in finding.fix
    assert SECRET not in finding.found + finding.fix
    assert look(with_settings(target, PAI_HOST=""))["analysis"].found == "not set up: no upload gets a job of it"
    another = look(with_settings(target, PAI_HOST=f"{target.endpoints.oss}/not-pai"))["analysis"]
    assert (another.state, another.found.partition(":")[0]) == (State.UNKNOWN, "what answers at PAI_HOST may be another service")


@pytest.mark.parametrize(
    ("jobs", "state", "said"),
    [
        (["smarttag"], State.PASS, "1 rules in rules.json"),
        ([], State.WARN, "has no job"),
        ([{"job": "production:CaptionExtraction", "parameters": {"fps": 50}}], State.FAIL, "fps"),
        ([{"job": "pai:image_qa", "parameters": {"top": 3}}], State.FAIL, "top"),
        (["production:Covers"], State.FAIL, "rules[0].jobs[0].job is 'production:Covers', which is no job"),
    ],
)
def test_rules_that_a_deployment_brings(target: Target, tmp_path: Path, jobs: list[object], state: State, said: str) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": [{"jobs": jobs}]}))
    with closing(Site.of(with_settings(target, RULES_FILE=str(file)), project_folder())) as site:
        finding = rules.examine(site)
    assert finding.state is state
    assert said in finding.found


def test_jobs_of_another_region(target: Target) -> None:
    away = replace(target, endpoints=replace(target.endpoints, ims="https://ice.cn-beijing.aliyuncs.com"))
    with closing(Site.of(away, project_folder())) as site:
        assert pipeline.examine(site).state is State.WARN


@pytest.fixture
def bucket(target: Target) -> Iterator[oss2.Bucket]:
    """A new one, in the place of both."""
    made = target.bucket("sightline-broken")
    made.create_bucket(oss2.BUCKET_ACL_PRIVATE)
    yield made
    made.delete_bucket()


def test_buckets_that_are_open(target: Target, bucket: oss2.Bucket) -> None:
    name = bucket.bucket_name
    of_media, of_state = renamed(target, media_bucket=name), renamed(target, state_bucket=name)
    assert look(of_media)["media-bucket-private"].state is State.PASS
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
    for broken, check in ((of_media, "media-bucket-private"), (of_state, "state-bucket-private")):
        assert look(broken)[check].state is State.FAIL
        assert "public-read" in look(broken)[check].found
    bucket.put_bucket_acl(oss2.BUCKET_ACL_PRIVATE)
    statement = {"Effect": "Allow", "Action": ["oss:GetObject"], "Principal": ["*"], "Resource": [f"acs:oss:*:*:{name}/*"]}
    bucket.put_bucket_policy(json.dumps({"Version": "1", "Statement": [statement]}))
    assert "everybody" in look(of_media)["media-bucket-private"].found
    bucket.put_bucket_policy(json.dumps({"Version": "1", "Statement": [{**statement, "Principal": ["1000000000000002"]}]}))
    assert look(of_media)["media-bucket-private"].state is State.PASS


@pytest.mark.contract("PutObject, x-oss-forbid-overwrite: it has no effect where versioning is enabled or suspended")
def test_a_state_bucket_with_versioning(target: Target, bucket: oss2.Bucket) -> None:
    broken = renamed(target, state_bucket=bucket.bucket_name)
    assert look(broken)["state-bucket-versioning"].state is State.PASS
    for status in (oss2.BUCKET_VERSIONING_ENABLE, oss2.BUCKET_VERSIONING_SUSPEND):
        config = oss2.models.BucketVersioningConfig()
        config.status = status
        bucket.put_bucket_versioning(config)
        finding = look(broken)["state-bucket-versioning"]
        assert (finding.state, status in finding.found) == (State.FAIL, True)


def test_a_state_bucket_that_forgets(target: Target, bucket: oss2.Bucket) -> None:
    broken = renamed(target, state_bucket=bucket.bucket_name)

    def rule(name: str, prefix: str, **more: object) -> oss2.models.LifecycleRule:
        return oss2.models.LifecycleRule(name, prefix, status=oss2.models.LifecycleRule.ENABLED, **more)

    days = oss2.models.LifecycleExpiration(days=7)
    parts = rule("parts", "", abort_multipart_upload=oss2.models.AbortMultipartUpload(days=3))
    # Two rules of one bucket may not overlap in what they do, so the harmless pair is set first.
    bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule("budgets", "budget/", expiration=days), parts]))
    assert look(broken)["state-bucket-lifecycle"].state is State.PASS
    bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule("all", "", expiration=days)]))
    assert look(broken)["state-bucket-lifecycle"].state is State.FAIL


def test_a_template_of_another_kind(target: Target) -> None:
    config = json.dumps({"AnalyseTypes": "ocr,asr", "Industry": "common", "Scene": "search", "TemplateName": "other"})
    for kind, said in ((11, "vlEventDesc"), (2, "type")):
        made = target.ims().call("CreateCustomTemplate", {"Name": f"other-{kind}", "Type": kind, "TemplateConfig": config, "Subtype": None})
        identity = made["CustomTemplate"]["TemplateId"]
        finding = look(with_settings(target, SMARTTAG_TEMPLATE_ID=identity))["template"]
        target.ims().call("DeleteCustomTemplate", {"TemplateId": identity})
        assert finding.state is State.FAIL
        assert said in finding.found


def test_an_index_that_is_off_or_not_there(target: Target, own: Cloud) -> None:
    ims, library = target.ims_search(), "IPCamera_broken"
    ims.call("CreateSearchLib", {"SearchLibName": library})
    broken = renamed(target, library=library)
    assert "no index" in look(broken)["search-index"].found
    ims.call("CreateSearchIndex", {"SearchLibName": library, "IndexType": "mm", "IndexStatus": "Active"})
    assert look(broken)["search-index"].state is State.PASS
    ims.call("AlterSearchIndex", {"SearchLibName": library, "IndexType": "mm", "IndexStatus": "Deactive"})
    assert look(broken)["search-index"].state is State.FAIL
    ims.call("DropSearchLib", {"SearchLibName": library})


def test_a_pipeline_that_tells_somebody_else(target: Target, own: Cloud) -> None:
    identity = target.settings["SMARTTAG_PIPELINE_ID"]

    def bind(config: dict[str, str], state: str = "Active") -> None:
        parameters = {"PipelineId": identity, "Name": "sightline", "State": state, "NotifyConfig": json.dumps(config)}
        target.mps().call("UpdatePipeline", parameters, version=MPS_VERSION)

    for config, state, said in (
        ({}, "Active", "nobody"),
        ({"QueueName": target.names.dead_queue}, "Active", f"queue {target.names.dead_queue}"),
        ({"Topic": target.names.topic}, "Paused", "Paused"),
    ):
        bind(config, state)
        finding = look(target)["pipeline"]
        assert finding.state is State.FAIL
        assert said in finding.found
        mend = shlex.split(finding.fix.strip("`"))
        if mend[0] == "sightline":
            own.command(*mend[1:])
        else:
            bind({"Topic": target.names.topic})
        assert look(target)["pipeline"].state is State.PASS


def test_a_topic_that_somebody_deleted(target: Target, own: Cloud) -> None:
    topic = target.messages().get_topic(target.names.topic)
    topic.delete()
    try:
        finding = look(target)["callback-topic"]
    finally:
        topic.create(TopicMeta())
    assert finding.state is State.FAIL
    assert finding.fix.startswith("`sightline provision ")
    assert look(target)["callback-topic"].state is State.PASS


def test_failed_events_and_dead_letters_that_wait(target: Target) -> None:
    queue = target.messages().get_queue(target.names.dead_queue)
    queue.send_message(Message("an event"))
    finding = look(target)["dead-queue"]
    assert (finding.state, "1 failed events" in finding.found) == (State.WARN, True)
    queue.delete_message(queue.receive_message().receipt_handle)
    assert look(target)["dead-queue"].state is State.PASS

    state = target.bucket(target.names.state_bucket)
    state.put_object("letters/dead/one.json", b"{}")
    state.put_object("letters/retrying/two.json", b"{}")
    finding = look(target)["dead-letters"]
    assert (finding.state, finding.found[:16]) == (State.WARN, "1 dead, 1 tried ")
    for key in ("letters/dead/one.json", "letters/retrying/two.json"):
        state.delete_object(key)
    assert look(target)["dead-letters"].state is State.PASS


def test_sweeps_that_do_not_come(target: Target, own: Cloud) -> None:
    own.here("invoke", "sweep")
    assert look(target)["sweep"].state is State.PASS
    finding = look(target, lambda: utc_now() + timedelta(minutes=10))["sweep"]
    assert finding.state is State.WARN
    assert "invoke sweep" in finding.fix


@pytest.fixture(scope="module")
def neglected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A deployment of another s.yaml than this checkout's, looked at with this checkout's."""
    folder = tmp_path_factory.mktemp("neglected")
    for name in ("functions", "shared", "template.yaml"):
        (folder / name).symlink_to(ROOT / name)
    text = (ROOT / "s.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("timeout: 60\n", "timeout: 50\n"),
        ("UPLOAD_PREFIX: ${vars.uploadPrefix}", "UPLOAD_PREFIX: elsewhere/"),
        ("prefix: ${vars.uploadPrefix}", "prefix: elsewhere/"),
        ("notifyStrategy: EXPONENTIAL_DECAY_RETRY", "notifyStrategy: BACKOFF_RETRY"),
        ("enable: true", "enable: false"),
        ("maxAsyncRetryAttempts: 3", "maxAsyncRetryAttempts: 1"),
        ("authType: anonymous", "authType: function"),
        ("logstore: functions", 'logstore: ""'),
    ):
        assert old in text, f"s.yaml no longer has {old!r}"
        text = text.replace(old, new)
    first, others = text.split("- ${vars.layer}", 1)
    (folder / "s.yaml").write_text(
        f"{first}- acs:fc:${{vars.region}}:${{vars.account}}:layers/sightline/versions/9{others}", encoding="utf-8"
    )
    data = tmp_path_factory.mktemp("neglected-data")
    cloud = Cloud(data, {"SIGHTLINE_PROJECT": str(folder)}).start()
    assert cloud.running is not None
    yield deployment.laptop(cloud.running, {})
    assert cloud.end() == 0
    shutil.rmtree(data)


def test_functions_that_are_not_as_s_yaml_says(neglected: Target) -> None:
    findings = look(neglected)
    said = {
        "function-configuration": (
            State.WARN,
            "sightline-submit: layers is acs:fc:cn-shanghai:1000000000000001:layers/sightline/versions/9, not ",
        ),
        "function-environment": (State.WARN, "UPLOAD_PREFIX differs"),
        "layer-version": (State.WARN, "9 is the latest"),
        "oss-trigger": (State.FAIL, "triggerConfig.filter.key.prefix is elsewhere/, not uploads/"),
        "timer-trigger": (State.FAIL, "triggerConfig.enable is False, not True"),
        "http-trigger": (State.FAIL, "triggerConfig.authType is function, not anonymous"),
        "failure-destinations": (State.FAIL, "maxAsyncRetryAttempts is 1, not 3"),
        "log-store": (State.WARN, "sightline-sweep"),
        "topic-trigger": (State.FAIL, "notifyStrategy is BACKOFF_RETRY, not EXPONENTIAL_DECAY_RETRY"),
        "sweep": (State.SKIPPED, "needs timer-trigger"),
    }
    assert wrong(findings) == {name: state for name, (state, _) in said.items()}
    for name, (_, text) in said.items():
        assert text in findings[name].found


def test_functions_that_are_not_deployed(target: Target) -> None:
    declared = target.project.functions
    extra = declared["sightline-search"].model_copy(update={"function_name": "sightline-more"})
    findings = look(replace(target, project=target.project.model_copy(update={"functions": {**declared, "sightline-more": extra}})))
    assert (findings["functions"].state, findings["functions"].found) == (State.FAIL, "not deployed: sightline-more")
    assert findings["layer-version"].state is State.SKIPPED

    versions = {
        name: one.model_copy(update={"layers": tuple(arn.replace("/versions/1", "/versions/4") for arn in one.layers)})
        for name, one in declared.items()
    }
    findings = look(replace(target, project=target.project.model_copy(update={"functions": versions})))
    assert (findings["layer-version"].state, findings["layer-version"].found) == (State.FAIL, "layer sightline has no version 4")
