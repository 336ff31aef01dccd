"""The project file: what is read, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.project import Project
from localcloud.fc.project.trigger import EventBridgeTrigger, HttpTrigger, MnsTopicTrigger, OssTrigger, TimerTrigger

REAL = """
edition: 3.0.0
name: media-pipeline
access: default
vars:
  region: cn-hangzhou
  account: "1234567890123456"
  layerArn: acs:fc:${vars.region}:${vars.account}:layers/shared/versions/1
resources:
  ingest:
    component: fc3
    actions: {pre-deploy: [{run: echo building layer, path: ./}]}
    props:
      region: ${vars.region}
      functionName: media-ingest
      runtime: python3.10
      handler: index.handler
      code: ./code_ingest
      memorySize: 512
      cpu: 0.35
      diskSize: 512
      timeout: 60
      role: acs:ram::1234567890123456:role/media-fc-role
      layers: ["${vars.layerArn}"]
      environmentVariables: {BUCKET: "${env('MEDIA_BUCKET', 'media-in')}"}
      instanceLifecycleConfig:
        initializer: {handler: index.initialize, timeout: 10}
        preStop: {handler: index.pre_stop, timeout: 5}
      logConfig: {project: media-logs, logstore: fc, enableRequestMetrics: true, logBeginRule: DefaultRegex}
      asyncInvokeConfig:
        maxAsyncRetryAttempts: 2
        maxAsyncEventAgeInSeconds: 3600
        destinationConfig:
          onFailure: {destination: "acs:mns:${vars.region}:${vars.account}:/queues/media-dlq/messages"}
      triggers:
        - triggerName: oss-upload
          triggerType: oss
          qualifier: LATEST
          sourceArn: acs:oss:${vars.region}:${vars.account}:media-in
          invocationRole: acs:ram::1234567890123456:role/aliyunosseventnotificationrole
          triggerConfig:
            events: [oss:ObjectCreated:PutObject, oss:ObjectCreated:PostObject]
            filter: {key: {prefix: uploads/, suffix: .mp4}}
        - triggerName: sweep
          triggerType: timer
          triggerConfig: {cronExpression: "@every 5m", enable: true, payload: '{"job":"sweep"}'}
        - triggerName: queue
          triggerType: eventbridge
          triggerConfig:
            triggerEnable: true
            asyncInvocationType: false
            eventRuleFilterPattern: "{}"
            eventSinkConfig: {deliveryOption: {mode: event-streaming, eventSchema: CloudEvents}}
            eventSourceConfig:
              eventSourceType: MNS
              eventSourceParameters: {sourceMNSParameters: {RegionId: cn-hangzhou, QueueName: jobs, IsBase64Decode: true}}
            runOptions: {mode: event-streaming, errorsTolerance: ALL, batchWindow: {CountBasedWindow: 10, TimeBasedWindow: 0}}
  search:
    component: fc3
    props:
      region: ${vars.region}
      functionName: media-search
      runtime: python3.12
      handler: index.handler
      code: {src: ./code_search}
      environmentVariables: {INGEST: "${resources.ingest.props.functionName}"}
      triggers:
        - triggerName: mns-callback
          triggerType: mns_topic
          sourceArn: acs:mns:${vars.region}:${vars.account}:/topics/ice-callback
          triggerConfig: {notifyContentFormat: JSON, notifyStrategy: BACKOFF_RETRY}
        - triggerName: http
          triggerType: http
          triggerConfig: {authType: anonymous, disableURLInternet: false, methods: [GET, POST, OPTIONS]}
"""


def read(folder: Path, document: dict[str, Any], **environment: str) -> Project:
    for name in ("code_ingest", "code_search"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "s.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return Project.read(folder / "s.yaml", environment)


@pytest.fixture
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(REAL)
    return loaded


def test_a_real_file_is_read(tmp_path: Path, document: dict[str, Any]) -> None:
    project = read(tmp_path, document)
    assert (project.name, list(project.functions)) == ("media-pipeline", ["media-ingest", "media-search"])
    ingest, search = project.functions.values()
    assert (ingest.code, search.code) == (tmp_path / "code_ingest", tmp_path / "code_search")
    assert (ingest.memory_size, ingest.timeout, search.memory_size, search.timeout) == (512, 60, 512, 3)
    assert ingest.layer_names == ("shared",)
    assert ingest.environment_variables == {"BUCKET": "media-in"}
    assert search.environment_variables == {"INGEST": "media-ingest"}
    hooks = ingest.instance_lifecycle_config
    assert hooks.initializer
    assert (hooks.initializer.handler, hooks.initializer.timeout) == ("index.initialize", 10)
    assert ingest.async_invoke_config.max_async_retry_attempts == 2
    assert search.async_invoke_config.max_async_retry_attempts == 3
    failure = ingest.async_invoke_config.destination_config.on_failure
    assert failure
    assert (failure.kind, failure.name) == ("queues", "media-dlq")


def test_the_triggers_are_read(tmp_path: Path, document: dict[str, Any]) -> None:
    project = read(tmp_path, document)
    oss, timer, bridge = project.functions["media-ingest"].triggers
    topic, http = project.functions["media-search"].triggers
    assert isinstance(oss, OssTrigger)
    assert (oss.bucket, oss.key.prefix, oss.key.suffix) == ("media-in", "uploads/", ".mp4")
    assert isinstance(timer, TimerTrigger)
    assert isinstance(bridge, EventBridgeTrigger)
    assert (bridge.source.queue_name, bridge.source.is_base64_decode, bridge.is_list) == ("jobs", True, True)
    assert bridge.trigger_config.run_options.batch_window.count_based_window == 10
    assert isinstance(topic, MnsTopicTrigger)
    assert (topic.topic, topic.trigger_config.notify_content_format) == ("ice-callback", "JSON")
    assert isinstance(http, HttpTrigger)
    assert http.trigger_config.methods == ("GET", "POST", "OPTIONS")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("memorySize", 100, r"memorySize: .*100"),
        ("timeout", 0, r"timeout: .*0"),
        ("handler", "handler", r"handler: "),
        ("handler", 5, r"handler: is 5, not a text"),
        ("handler", None, r"handler: is missing; add it"),
        ("runtime", "nodejs20", r"runtime: .*python3\.12"),
        ("code", "./nowhere", r"nowhere is neither a folder nor a zip file; correct the path"),
        ("cpu", 0.33, r"cpu: 0\.33 is not a multiple of 0\.05"),
        ("cpu", 2, r"cpu: the ratio"),
        ("environmentVariables", {"N": 1}, r"environmentVariables\.N: is 1, not a text; put it in quotes"),
        ("environmentVariables", {"FC_X": "1"}, r"FC_X is kept for Function Compute"),
        ("environmentVariables", {"X": "x" * 5000}, r"exceed 4096 bytes"),
        ("environmentVariables", {"X": "${env('NOT_SET')}"}, r"environmentVariables\.X: the environment variable NOT_SET is not set"),
        ("layers", ["shared"], r"layers\[0\]: "),
        ("asyncInvokeConfig", {"maxAsyncRetryAttempts": 9}, r"asyncInvokeConfig\.maxAsyncRetryAttempts: "),
        ("asyncInvokeConfig", {"maxRetries": 1}, r"asyncInvokeConfig\.maxRetries: is not a key of this part; remove it"),
        ("asyncInvokeConfig", {"destinationConfig": {"onSuccess": {"destination": "acs:sls:a:b:c"}}}, r"onSuccess\.destination: "),
        ("instanceConcurrency", 20, r"instanceConcurrency: .*20"),
        ("concurrencyConfig", {"reservedConcurrency": -1}, r"concurrencyConfig\.reservedConcurrency: "),
        ("instanceLifecycleConfig", {"preStop": {"handler": "index.stop", "timeout": 91}}, r"preStop\.timeout: .*90"),
        ("triggers", [{"triggerName": "x", "triggerType": "kafka", "triggerConfig": {}}], r"triggers\[0\].*do not run on a laptop"),
        (
            "triggers",
            [{"triggerName": "x", "triggerType": "timer", "triggerConfig": {"cronExpression": "0 4 * * *"}}],
            r"triggers\[0\]\.triggerConfig\.cronExpression: .*six cron fields",
        ),
        (
            "triggers",
            [{"triggerName": "x", "triggerType": "timer", "triggerConfig": {"cronExpresion": "@every 4m"}}],
            r"triggers\[0\]\.triggerConfig\.cronExpresion: is not a key",
        ),
    ],
)
def test_a_mistake_names_file_resource_and_key(tmp_path: Path, document: dict[str, Any], key: str, value: object, said: str) -> None:
    document["resources"]["ingest"]["props"][key] = value
    with pytest.raises(ProjectError, match=rf"(?s)s\.yaml: resources\.ingest\.props.*{said}"):
        read(tmp_path, document)


def test_other_mistakes(tmp_path: Path, document: dict[str, Any]) -> None:
    with pytest.raises(ProjectError, match="can't be read"):
        Project.read(tmp_path / "nowhere.yaml", {})
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(ProjectError, match="is not YAML"):
        Project.read(tmp_path / "broken.yaml", {})
    (tmp_path / "empty.yaml").write_text("name: x")
    with pytest.raises(ProjectError, match="resources: has to be a mapping"):
        Project.read(tmp_path / "empty.yaml", {})
    document["resources"]["search"]["props"]["functionName"] = "media-ingest"
    with pytest.raises(ProjectError, match="'media-ingest' is taken"):
        read(tmp_path, document)


def oss(name: str, events: list[str], prefix: str = "", suffix: str = "", bucket: str = "b") -> dict[str, Any]:
    config = {"events": events, "filter": {"key": {"prefix": prefix, "suffix": suffix}}}
    return {"triggerName": name, "triggerType": "oss", "sourceArn": f"acs:oss:cn-hangzhou:1:{bucket}", "triggerConfig": config}


PUT, ANY, DELETE = ["oss:ObjectCreated:PutObject"], ["oss:ObjectCreated:*"], ["oss:ObjectRemoved:DeleteObject"]


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (oss("one", PUT, "a/"), oss("two", PUT, "a/b/"), True),
        (oss("one", PUT, "a/"), oss("two", ANY, ""), True),
        (oss("one", PUT, "a/", ".mp4"), oss("two", PUT, "a/", ".jpg"), False),
        (oss("one", PUT, "a/", ".mp4"), oss("two", PUT, "a/", "4"), True),
        (oss("one", PUT, "a/"), oss("two", PUT, "b/"), False),
        (oss("one", PUT, "a/"), oss("two", DELETE, "a/"), False),
        (oss("one", PUT, "a/"), oss("two", PUT, "a/", bucket="c"), False),
    ],
)
def test_overlapping_filters_are_refused(
    tmp_path: Path, document: dict[str, Any], one: dict[str, Any], other: dict[str, Any], refused: bool
) -> None:
    document["resources"]["ingest"]["props"]["triggers"] = [one]
    document["resources"]["search"]["props"]["triggers"] = [other]
    if refused:
        with pytest.raises(
            ProjectError, match=r"resources\.ingest trigger one.*overlapping prefix and suffix.*resources\.search trigger two"
        ):
            read(tmp_path, document)
    else:
        assert read(tmp_path, document)


def test_a_bucket_has_at_most_ten_triggers(tmp_path: Path, document: dict[str, Any]) -> None:
    document["resources"]["ingest"]["props"]["triggers"] = [oss(f"t{number}", PUT, f"{number}-/") for number in range(11)]
    with pytest.raises(ProjectError, match="more than 10 OSS triggers"):
        read(tmp_path, document)


@pytest.mark.parametrize(
    ("event", "bucket", "key", "fires"),
    [
        ("ObjectCreated:PutObject", "media-in", "uploads/a.mp4", True),
        ("ObjectCreated:PutObject", "media-in", "uploads/a.jpg", False),
        ("ObjectCreated:PutObject", "media-in", "other/a.mp4", False),
        ("ObjectCreated:PutObject", "media", "uploads/a.mp4", False),
        ("ObjectCreated:CopyObject", "media-in", "uploads/a.mp4", False),
    ],
)
def test_when_a_trigger_fires(tmp_path: Path, document: dict[str, Any], event: str, bucket: str, key: str, fires: bool) -> None:
    trigger = read(tmp_path, document).functions["media-ingest"].triggers[0]
    assert isinstance(trigger, OssTrigger)
    assert trigger.matches(event, bucket, key) is fires
