"""`sightline check`: every mistake is found, named by its place, and nothing is said of a file without one."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.check.finding import Finding, Level
from cli.check.run import check, check_project
from cli.main import run
from localcloud.fc.project.rendering import render

ROOT = Path(__file__).parents[3]
GIVEN = {"SIGHTLINE_TEMPLATE_ID": "S" * 32}
KEY = {"kty": "oct", "alg": "HS256", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
ARN = "acs:mns:cn-shanghai:1000000000000001:"


@pytest.fixture(scope="module")
def rendered() -> dict[str, Any]:
    return render(ROOT / "s.yaml", GIVEN)


@pytest.fixture
def document(rendered: dict[str, Any]) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(rendered))
    return copy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    shutil.copy(ROOT / "template.yaml", tmp_path)
    return tmp_path


def found(folder: Path, document: dict[str, Any]) -> list[Finding]:
    (folder / "s.yaml").write_text(json.dumps(document))
    return check_project(folder / "s.yaml", {})


def change(document: dict[str, Any], place: str, value: Any) -> None:
    """Sets a place such as `submit.triggers.0.sourceArn`; None takes it out."""
    name, *keys, last = place.split(".")
    part = document["resources"][name]["props"]
    for key in keys:
        part = part[int(key)] if key.isdigit() else part.setdefault(key, {})
    if last == "1":  # another trigger, like the first but for what is given
        part.append({**part[0], "triggerType": "timer", "triggerConfig": {"cronExpression": "@every 1m"}, **value})
    elif value is None:
        del part[last]
    else:
        part[int(last) if last.isdigit() else last] = value


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_our_own_files_are_right(stage: str) -> None:
    findings = check(ROOT / "s.yaml", {**GIVEN, "SIGHTLINE_STAGE": stage})
    assert [finding for _, finding in findings if finding.level is Level.ERROR] == []


def test_whoever_deploys_is_told_of_what_only_they_know() -> None:
    findings = check_project(ROOT / "s.yaml", {})
    assert {finding.level for finding in findings} == {Level.WARNING}
    assert {finding.place.rpartition(".")[2] for finding in findings} == {"SMARTTAG_TEMPLATE_ID"}
    assert {finding.fix for finding in findings} == {"export SIGHTLINE_TEMPLATE_ID, or write it into .env: `sightline provision` prints it"}


def test_names_that_an_operator_chooses_are_the_operators(folder: Path) -> None:
    shutil.copy(ROOT / "s.yaml", folder)
    (folder / ".env").write_text("SIGHTLINE_DEAD_QUEUE=acme-dead\nSIGHTLINE_CALLBACK_TOPIC='acme-jobs'\n")
    assert check_project(folder / "s.yaml", {**GIVEN, "SIGHTLINE_STAGE": "dev"}) == []


def test_production_should_not_be_open_to_anybody() -> None:
    production = {**GIVEN, "SIGHTLINE_STAGE": "prod"}
    (finding,) = check_project(ROOT / "s.yaml", production)
    assert (finding.level, finding.place) == (Level.WARNING, "resources.search.props.triggers[0].triggerConfig.authType")
    assert check_project(ROOT / "s.yaml", {**production, "SIGHTLINE_SEARCH_ACCESS": "jwt", "SIGHTLINE_JWT_KEYS": json.dumps([KEY])}) == []


def test_tokens_need_a_key() -> None:
    findings = check_project(ROOT / "s.yaml", {**GIVEN, "SIGHTLINE_SEARCH_ACCESS": "jwt"})
    assert [(finding.place, finding.level) for finding in findings] == [
        ("resources.search.props.triggers[0].triggerConfig.authConfig.jwks", Level.ERROR)
    ]
    assert "at least one key" in findings[0].problem
    assert findings[0].fix == "write the public keys of a JSON Web Key Set there"


def test_a_choice_that_there_is_not_names_those_that_there_are() -> None:
    (finding,) = check_project(ROOT / "s.yaml", {**GIVEN, "SIGHTLINE_STAGE": "staging"})
    assert "vars.stages has no 'staging'" in finding.problem
    assert finding.fix == "choose one of dev, prod"


def test_system_roles_need_no_template(folder: Path, document: dict[str, Any]) -> None:
    change(document, "submit.role", "AliyunFcDefaultRole")
    change(document, "collect.role", "Sightline-Collect")
    change(document, "search.role", "acs:ram::1000000000000001:role/sightline-search")
    assert found(folder, document) == []


MISTAKES: list[tuple[str, Any, str, str]] = [
    # place to change, its new value, the finding's place below the resource's props, and what it says
    ("submit.memorySise", 512, "memorySise", "did you mean memorySize"),
    ("submit.Timeout", 60, "Timeout", "did you mean timeout"),
    ("submit.asyncInvokeConfig.maxRetries", 1, "asyncInvokeConfig.maxRetries", "is not a key"),
    ("submit.logConfig.logStore", "x", "logConfig.logStore", "did you mean logstore"),
    ("submit.vpcConfig", {"vpcID": "x", "vSwitchIds": ["a"], "securityGroupId": "s"}, "vpcConfig.vpcID", "did you mean"),
    ("submit.triggers.0.triggerConfig.event", [], "triggers[0].triggerConfig.event", "did you mean events"),
    ("submit.triggers.0.triggerConfig.filter.key.Prefix", "x", "triggers[0].triggerConfig.filter.key.Prefix", "did you mean prefix"),
    ("collect.triggers.0.triggerConfig.notifyStrategie", "x", "triggers[0].triggerConfig.notifyStrategie", "did you mean notifyStrategy"),
    ("sweep.triggers.0.triggerConfig.cronExpresion", "x", "triggers[0].triggerConfig.cronExpresion", "did you mean cronExpression"),
    ("submit.triggers.0.triggertype", "oss", "triggers[0].triggertype", "did you mean triggerType"),
    ("submit.triggers.0.triggerType", "s3", "triggers[0]", "oss"),
    ("submit.timeout", "60", "timeout", "is '60', not a whole number; write one without quotes"),
    ("submit.timeout", 0, "timeout", "greater than or equal to 1"),
    ("submit.timeout", 86_401, "timeout", "less than or equal to 86400"),
    ("submit.memorySize", 500, "memorySize", "multiple of 64"),
    ("submit.memorySize", 64, "memorySize", "greater than or equal to 128"),
    ("submit.cpu", 0.37, "cpu", "0.37 is not a multiple of 0.05"),
    ("submit.cpu", 2, "cpu", "ratio of vCPUs to GB of memory must lie between 1:1 and 1:4"),
    ("submit.cpu", 0.1, "cpu", "ratio of vCPUs"),
    ("submit.diskSize", 1024, "diskSize", "512 or 10240"),
    ("submit.runtime", "python3.11", "runtime", "python3.12"),
    ("submit.region", None, "region", "is missing"),
    ("submit.region", "cn-shangai", "region", "cn-shanghai"),
    ("submit.handler", None, "handler", "is missing"),
    ("submit.code", None, "code", "is missing"),
    ("submit.code", {"src": "./functions/submit"}, "code.ossBucketName", "is missing"),
    ("collect.triggers.0.triggerConfig", None, "triggers[0].triggerConfig", "is missing"),
    ("submit.gpuConfig", {"gpuType": "fc.gpu.tesla.1", "gpuMemorySize": 100}, "gpuConfig.gpuMemorySize", "multiple of 1024"),
    ("submit.gpuConfig", {"gpuType": "tesla", "gpuMemorySize": 1024}, "gpuConfig.gpuType", "fc.gpu.tesla.1"),
    ("submit.annotations", {"headers": {"a": 1}}, "annotations.headers.a", "put it in quotes"),
    ("submit.tracingConfig", {"type": "Jaeger", "params": {}}, "tracingConfig.params", "not a text"),
    ("submit.scalingConfig", {"minInstances": "1"}, "scalingConfig.minInstances", "not a number"),
    ("submit.scalingConfig", {"horizontalScalingPolicies": [{"maxInstance": 1}]}, "scalingConfig.horizontalScalingPolicies[0].maxInstance",
     "did you mean maxInstances"),
    ("submit.provisionConfig", {"defaultTarget": 1}, "provisionConfig.alwaysAllocateCPU", "is missing"),
    ("submit.sessionAffinityConfig", {"sessionTTLInSeconds": "9"}, "sessionAffinityConfig.sessionTTLInSeconds", "not a number"),
    ("submit.sessionAffinityConfig", [], "sessionAffinityConfig", "correct it"),
    ("submit.vpcConfig", {"vpcId": "v", "vSwitchIds": {}, "securityGroupId": "s"}, "vpcConfig.vSwitchIds", "not a list"),
    ("submit.customContainerConfig", {"image": "i", "registryConfig": {"authConfig": {"userName": 1}}},
     "customContainerConfig.registryConfig.authConfig.userName", "not a text"),
    ("submit.handler", "handler", "handler", "'handler' is no handler"),
    ("submit.handler", "index.handles", "handler", "index.py has no handles"),
    ("submit.handler", "main.handler", "handler", "there is no main.py"),
    (
        "submit.instanceLifecycleConfig.initializer.handler",
        "index.init",
        "instanceLifecycleConfig.initializer.handler",
        "index.py has no init",
    ),
    ("submit.code", "./nowhere", "code", "./nowhere does not exist"),
    ("submit.asyncInvokeConfig.maxAsyncRetryAttempts", 9, "asyncInvokeConfig.maxAsyncRetryAttempts", "less than or equal to 8"),
    (
        "submit.asyncInvokeConfig.maxAsyncEventAgeInSeconds",
        2_592_000,
        "asyncInvokeConfig.maxAsyncEventAgeInSeconds",
        "less than or equal to 604800",
    ),
    ("submit.environmentVariables.LETTER_ATTEMPTS", 8, "environmentVariables.LETTER_ATTEMPTS", "is 8, not a text; put it in quotes"),
    ("submit.environmentVariables.FC_REGION", "x", "environmentVariables.FC_REGION", "kept for Function Compute"),
    ("submit.environmentVariables.A-B", "x", "environmentVariables.A-B", "can't be an environment variable"),
    ("submit.environmentVariables.TZ", "x" * 4096, "environmentVariables", "exceed 4096 bytes"),
    ("submit.environmentVariables.MEDIA_BUKET", "x", "environmentVariables.MEDIA_BUKET", "did you mean MEDIA_BUCKET"),
    ("submit.environmentVariables.CLAIM_SECONDS", "soon", "environmentVariables.CLAIM_SECONDS", "is 'soon'; set it to a whole number"),
    ("submit.environmentVariables.CLAIM_SECONDS", "10", "environmentVariables.CLAIM_SECONDS", "less than twice REQUEST_SECONDS"),
    ("submit.environmentVariables.MEDIA_BUCKET", None, "environmentVariables.MEDIA_BUCKET", "is not set"),
    ("submit.environmentVariables.SEARCH_LIBRARY", "library", "environmentVariables.SEARCH_LIBRARY", "IPCamera_"),
    ("sweep.timeout", 900, "timeout", "LONGEST_INVOCATION_SECONDS is 600"),
    ("submit.layers", [f"acs:fc:cn-shanghai:1:layers/l{n}/versions/1" for n in range(6)], "layers", "at most 5"),
    ("submit.layers", ["sightline"], "layers[0]", "pattern"),
    ("submit.layers.0", "acs:fc:cn-beijing:1:layers/sightline/versions/1", "layers[0]", "lies in cn-beijing"),
    ("submit.role", None, "role", "is missing"),
    ("submit.role", "acs:ram::1:user/x", "role", "is no role"),
    ("submit.triggers.0.invocationRole", None, "triggers[0].invocationRole", "is missing: fc3 would make a role"),
    ("collect.triggers.0.invocationRole", None, "triggers[0].invocationRole", "is missing: fc3 would make a role"),
    ("submit.environmentVariables.STATE_BUCKET", "sightline-media", "environmentVariables.STATE_BUCKET", "is the media bucket"),
    ("submit.triggers.0.sourceArn", "acs:oss:cn-shanghai:1:sightline-state", "environmentVariables.STATE_BUCKET", "a circle: submit > oss"),
    ("sweep.environmentVariables.STATE_BUCKET", "sightline-media", "environmentVariables.STATE_BUCKET", "and starts submit"),
    ("submit.triggers.0.sourceArn", "acs:oss:cn-shanghai:1:elsewhere", "triggers[0].sourceArn", "MEDIA_BUCKET is sightline-media"),
    ("submit.triggers.0.sourceArn", "acs:oss:cn-beijing:1:sightline-media", "triggers[0].sourceArn", "lies in cn-beijing"),
    (
        "collect.asyncInvokeConfig.destinationConfig.onFailure.destination",
        f"{ARN}/topics/sightline-jobs/messages",
        "asyncInvokeConfig.destinationConfig.onFailure.destination",
        "leads in a circle: collect > topics/sightline-jobs > collect",
    ),
    (
        "collect.asyncInvokeConfig.destinationConfig.onFailure.destination",
        "acs:fc:cn-shanghai:1:functions/sightline-collect",
        "asyncInvokeConfig.destinationConfig.onFailure.destination",
        "leads in a circle",
    ),
    (
        "submit.asyncInvokeConfig.destinationConfig.onFailure.destination",
        f"{ARN}/queues/sightline-daed/messages",
        "asyncInvokeConfig.destinationConfig.onFailure.destination",
        "template.yaml declares no queue 'sightline-daed'",
    ),
    (
        "submit.asyncInvokeConfig.destinationConfig.onFailure.destination",
        f"{ARN}queues/sightline-dead",
        "asyncInvokeConfig.destinationConfig.onFailure.destination",
        "pattern",
    ),
    ("collect.triggers.0.sourceArn", f"{ARN}/topics/jobs", "triggers[0].sourceArn", "declares no topic 'jobs'; declare it there, or use"),
    ("submit.logConfig", None, "logConfig", "is missing: what the function prints is lost"),
    ("submit.logConfig.logstore", None, "logConfig.logstore", "is missing"),
    ("submit.logConfig.logstore", "function", "logConfig.logstore", "declares no logstore 'function'"),
    ("submit.role", "acs:ram::1000000000000001:role/sightline-submitt", "role", "declares no role 'sightline-submitt'"),
    (
        "submit.triggers.0.invocationRole",
        "acs:ram::1000000000000001:role/sightline-os-trigger",
        "triggers[0].invocationRole",
        "declares no role 'sightline-os-trigger'",
    ),
    ("submit.functionName", "x" * 65, "functionName", "pattern"),
    ("submit.functionName", "sightline-sweep", "functionName", "is the name of another function too"),
    ("submit.triggers.0.triggerConfig.events.0", "oss:ObjectCreated:Put", "triggers[0].triggerConfig.events[0]", "is no event of OSS"),
    ("sweep.triggers.0.triggerConfig.cronExpression", "*/5 * * * *", "triggers[0].triggerConfig.cronExpression", "six cron fields"),
    ("search.triggers.0.triggerConfig.methods.0", "FETCH", "triggers[0].triggerConfig.methods[0]", "GET"),
    ("search.triggers.0.triggerConfig.authType", "jwt", "triggers[0].triggerConfig", "authConfig goes with authType jwt"),
    ("submit.triggers.1", {"triggerName": "media-uploaded"}, "triggers", "two have the same triggerName"),
    ("search.instanceConcurrency", 10, "instanceConcurrency", "custom runtimes"),
    ("search.description", "${vars.nowhere}", "description", "there is no 'nowhere'"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "value", "where", "said"), MISTAKES)
def test_a_mistake_is_found(folder: Path, document: dict[str, Any], place: str, value: Any, where: str, said: str) -> None:
    change(document, place, value)
    name = place.partition(".")[0]
    findings = [finding for finding in found(folder, document) if finding.level is Level.ERROR]
    assert (f"resources.{name}.props.{where}", True) in [(finding.place, said in str(finding)) for finding in findings], findings
    assert all(finding.fix for finding in findings)


def test_mistakes_are_found_beside_each_other(folder: Path, document: dict[str, Any]) -> None:
    for place, value in [
        ("submit.memorySise", 1),
        ("submit.timeout", "60"),
        ("submit.triggers.0.triggerConfig.evens", []),
        ("submit.role", None),
        ("collect.cpu", 2),
        ("collect.triggers.0.invocationRole", None),
        ("sweep.triggers.0.triggerConfig.cronExpression", "now"),
    ]:
        change(document, place, value)
    document["edition"] = "1.0.0"
    document["resorces"] = {}
    places = {finding.place.replace("resources.", "").replace("props.", "") for finding in found(folder, document)}
    assert places == {
        "edition",
        "resorces",
        "submit.memorySise",
        "submit.timeout",
        "submit.triggers[0].triggerConfig.evens",
        "submit.role",
        "collect.cpu",
        "collect.triggers[0].invocationRole",
        "sweep.triggers[0].triggerConfig.cronExpression",
    }


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield (key,)
        yield from ((key, *rest) for rest in places(item))


@pytest.mark.parametrize("nonsense", [5, [{}], {"a": 1}])
def test_nonsense_is_told_wherever_it_stands(folder: Path, document: dict[str, Any], nonsense: Any) -> None:
    (folder / "template.yaml").unlink()
    search = document["resources"].pop("search")
    document["resources"] = {"search": search}
    config = {"jwks": {"keys": [KEY]}, "tokenLookup": "header:Authorization:Bearer "}
    search["props"]["triggers"][0]["triggerConfig"] = {"authType": "jwt", "methods": ["GET"], "authConfig": config}
    del search["props"]["environmentVariables"]
    right = json.dumps(document)
    for place in places(document["resources"]):
        changed = json.loads(right)
        part = changed["resources"]
        for key in place[:-1]:
            part = part[key]
        part[place[-1]] = nonsense
        # Missing settings are told in any case.
        findings = [finding for finding in found(folder, changed) if ".environmentVariables." not in finding.place]
        is_free = isinstance(nonsense, int) and place[-1] in ("timeout", "access", "alg", "k", "kty")
        assert findings or is_free, place


def oss(name: str, prefix: str, suffix: str = "", bucket: str = "b") -> dict[str, Any]:
    return {
        "triggerName": name,
        "triggerType": "oss",
        "sourceArn": f"acs:oss:cn-hangzhou:1:{bucket}",
        "invocationRole": "AliyunOSSEventNotificationRole",
        "triggerConfig": {"events": ["oss:ObjectCreated:*"], "filter": {"key": {"prefix": prefix, "suffix": suffix}}},
    }


def others(**functions: dict[str, Any]) -> dict[str, Any]:
    """Somebody else's file, which has nothing to do with us."""
    props = {
        "region": "cn-hangzhou",
        "runtime": "nodejs20",
        "handler": "index.handler",
        "code": "./functions",
        "logConfig": "auto",
        "role": "AliyunFcDefaultRole",
    }
    resources = {name: {"component": "fc3", "props": {"functionName": name, **props, **own}} for name, own in functions.items()}
    return {"edition": "3.0.0", "name": "theirs", "resources": resources}


def errors(folder: Path, document: dict[str, Any]) -> list[str]:
    return [str(finding) for finding in found(folder, document) if finding.level is Level.ERROR]


def test_others_files_are_checked_too(folder: Path) -> None:
    container = {"runtime": "custom-container", "customContainerConfig": {"image": "registry/x:1"}, "instanceConcurrency": 20, "code": None}
    log = {
        "triggerName": "log",
        "triggerType": "log",
        "triggerConfig": {
            "enable": True,
            "jobConfig": {"maxRetryTime": 1, "triggerInterval": 60},
            "logConfig": {"project": "p", "logstore": "l"},
            "sourceConfig": {"logstore": "l"},
        },
    }
    kafka = {
        "triggerName": "kafka",
        "triggerType": "eventbridge",
        "triggerConfig": {"eventSourceConfig": {"eventSourceType": "Kafka", "eventSourceParameters": {"anything": 1}}},
    }
    document = others(
        node={"environmentVariables": {"ANYTHING": "1"}, "triggers": [log, kafka]},
        container={key: value for key, value in container.items() if value is not None},
        inside={"vpcConfig": "auto", "nasConfig": {"userId": 0, "groupId": 0, "mountPoints": [{"serverAddr": "a", "mountDir": "/m"}]}},
    )
    assert errors(folder, document) == []


def test_filters_of_all_functions_are_compared(folder: Path) -> None:
    document = others(one={"triggers": [oss("a", "in/")]}, two={"triggers": [oss("b", "in/deep/"), oss("c", "other/")]})
    (problem,) = errors(folder, document)
    assert problem.startswith("resources.one.props.triggers[0].triggerConfig.filter: overlaps with resources.two.props.triggers[0]")
    many = others(**{f"f{n}": {"triggers": [oss("t", f"{n}/")]} for n in range(11)})
    assert ["bucket b has 11 OSS triggers" in problem for problem in errors(folder, many)] == [True]


@pytest.mark.parametrize(
    ("variables", "trigger", "loops"),
    [
        ({"OUTPUT_PREFIX": "in/out/"}, oss("t", "in/"), True),
        ({"OUTPUT_PREFIX": "/in/out/"}, oss("t", "in/"), True),
        ({"OUTPUT_PREFIX": ""}, oss("t", "in/"), True),
        ({"OUTPUT_PREFIX": "out/"}, oss("t", "in/"), False),
        ({"OUTPUT_PREFIX": "out/"}, oss("t", ""), True),
        ({"OUTPUT_BUCKET": "other", "OUTPUT_PREFIX": "in/"}, oss("t", "in/"), False),
        ({"OUTPUT_BUCKET": "b", "OUTPUT_PREFIX": "in/"}, oss("t", "in/"), True),
        ({"RESULT_BUCKET": "b"}, oss("t", "in/"), True),
        ({"OUTPUT_DIR": "/tmp/out"}, oss("t", ""), False),
        ({"OUTPUT_PREFIX": "in/"}, oss("t", "in/", ".mp4"), False),
    ],
)
def test_output_stays_out_of_what_is_watched(folder: Path, variables: dict[str, str], trigger: dict[str, Any], loops: bool) -> None:
    document = others(one={"environmentVariables": variables, "triggers": [trigger]})
    assert bool(errors(folder, document)) is loops


@pytest.mark.parametrize(
    ("changes", "where", "said", "level"),
    [
        (
            {"submit.triggers.0.triggerConfig.filter.key.prefix": ""},
            "submit.props.triggers[0]",
            "what jobs make starts submit",
            Level.ERROR,
        ),
        (
            {"submit.triggers.0.triggerConfig.filter.key.prefix": "derived/clips/"},
            "submit.props.triggers[0]",
            "what jobs make starts submit",
            Level.ERROR,
        ),
        (
            {"submit.environmentVariables.DERIVED_PREFIX": "uploads/made/"},
            "submit.props.environmentVariables.DERIVED_PREFIX",
            "is 'uploads/made/', and UPLOAD_PREFIX is 'uploads/'",
            Level.ERROR,
        ),
        (
            {"collect.environmentVariables.DERIVED_PREFIX": "made/"},
            "collect.props.environmentVariables.DERIVED_PREFIX",
            "may go below 'derived/' alone (DerivedPrefix)",
            Level.WARNING,
        ),
        (
            {"submit.environmentVariables.UPLOAD_PREFIX": "media/"},
            "submit.props.environmentVariables.UPLOAD_PREFIX",
            "may go below 'uploads/' alone (UploadPrefix)",
            Level.WARNING,
        ),
    ],
)
def test_what_jobs_make_is_no_upload(
    folder: Path, document: dict[str, Any], changes: dict[str, Any], where: str, said: str, level: Level
) -> None:
    for place, value in changes.items():
        change(document, place, value)
    findings = [finding for finding in found(folder, document) if finding.place.startswith(f"resources.{where}")]
    assert [level for finding in findings if said in finding.problem] == [level], findings


RULES_OF_A_FILE = [
    ({"rules": [{"jobs": ["smarttag", "production:Cover"]}]}, None, ""),
    ({"rules": [{"jobs": ["production:Covers"]}]}, Level.ERROR, "rules[0].jobs[0].job is 'production:Covers', which is no job"),
    (
        {"rules": [{"jobs": [{"job": "production:CaptionExtraction", "parameters": {"fps": 50}}]}]},
        Level.ERROR,
        "rules.json: rules[0] (rules[0]), production:CaptionExtraction: ",
    ),
    ({"rules": [{"jobs": [{"job": "pai:image_qa", "parameters": {"top": 3}}]}]}, Level.ERROR, "pai:image_qa: "),
    ({"rules": [{"jobs": []}]}, Level.WARNING, "has no job"),
    (None, Level.ERROR, "which is not on this machine"),
]


@pytest.mark.parametrize(("content", "level", "said"), RULES_OF_A_FILE)
def test_the_rules_of_a_file(folder: Path, document: dict[str, Any], content: Any, level: Level | None, said: str) -> None:
    """In the code of a function, which it finds where it starts."""
    change(document, "submit.environmentVariables.RULES_FILE", "/code/rules.json")
    if content is not None:
        (folder / "functions/submit/rules.json").write_text(json.dumps(content))
    findings = found(folder, document)
    assert [(finding.place, finding.level) for finding in findings] == (
        [("resources.submit.props.environmentVariables.RULES_FILE", level)] if level else []
    )
    assert all(said in finding.problem for finding in findings)


def test_the_layers_own_rules_are_checked(folder: Path, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"rules": []}')
    monkeypatch.setattr("cli.rules.source.SHIPPED", str(broken))
    findings = found(folder, document)
    assert len(findings) == 4
    assert all("rules is empty" in finding.problem for finding in findings)


def test_functions_may_follow_each_other_by_what_they_write(folder: Path) -> None:
    document = others(
        one={"environmentVariables": {"OUTPUT_PREFIX": "frames/"}, "triggers": [oss("t", "in/")]},
        two={"environmentVariables": {"OUTPUT_BUCKET": "b", "OUTPUT_PREFIX": "out/"}, "triggers": [oss("t", "frames/")]},
    )
    assert errors(folder, document) == []
    assert ["oss://b/frames/ is written by one and starts two" in finding.problem for finding in found(folder, document)].count(True) == 1
    document["resources"]["two"]["props"]["environmentVariables"]["OUTPUT_PREFIX"] = "in/again/"
    assert [problem.partition(": ")[2].partition(";")[0] for problem in errors(folder, document)] == [
        "leads in a circle: one > oss://b/frames/ > two > oss://b/in/again/ > one",
        "leads in a circle: two > oss://b/in/again/ > one > oss://b/frames/ > two",
    ]


def test_a_longer_circle_is_found(folder: Path) -> None:
    topic = {
        "triggerName": "t",
        "triggerType": "mns_topic",
        "sourceArn": "acs:mns:cn-hangzhou:1:/topics/news",
        "invocationRole": "AliyunOSSEventNotificationRole",
        "triggerConfig": {"notifyContentFormat": "JSON"},
    }

    def to(destination: str) -> dict[str, Any]:
        return {"asyncInvokeConfig": {"destinationConfig": {"onSuccess": {"destination": f"acs:{destination}"}}}}

    (folder / "template.yaml").unlink()
    document = others(
        one={**to("fc:cn-hangzhou:1:functions/two")}, two={**to("mns:cn-hangzhou:1:/topics/news/messages")}, three={"triggers": [topic]}
    )
    assert errors(folder, document) == []
    document["resources"]["three"]["props"].update(to("fc:cn-hangzhou:1:functions/one"))
    assert [
        problem
        for problem in errors(folder, document)
        if "one > functions/two > two > topics/news > three > functions/one > one" in problem
    ]


def test_code_in_a_zip_file_is_read(folder: Path, document: dict[str, Any]) -> None:
    with zipfile.ZipFile(folder / "code.zip", "w") as archive:
        archive.writestr("index.py", "from x import initialize\ndef handler(event):\n    pass\n")
    change(document, "submit.code", "./code.zip")
    assert errors(folder, document) == [
        "resources.submit.props.handler: handler in index.py does not take event and context; correct its parameters"
    ]


def test_large_code_is_told(folder: Path, document: dict[str, Any]) -> None:
    with (folder / "code.zip").open("wb") as sparse:
        sparse.truncate(501 * 2**20)
    change(document, "submit.code", "./code.zip")
    assert [problem for problem in errors(folder, document) if "is 501 MB packed; 500 MB are the most" in problem]


def test_a_list_is_misspelt(folder: Path, document: dict[str, Any]) -> None:
    config = {"jwks": {"keys": [KEY]}, "tokenLookup": "header:Authorization:Bearer ", "whiteList": ["/"]}
    change(document, "search.triggers.0.triggerConfig", {"authType": "jwt", "methods": ["GET"], "authConfig": config})
    (problem,) = errors(folder, document)
    assert problem.startswith("resources.search.props.triggers[0].triggerConfig.authConfig.whiteList: 'whiteList' is spelled whitelist")
    config.update(whitelist=["/"], blacklist=["/x"])
    del config["whiteList"]
    assert [("exclude each other" in problem) for problem in errors(folder, document)] == [True]


def test_a_variable_that_stays_is_found(folder: Path) -> None:
    document = others(one={"description": "${vars.loop}"})
    document["vars"] = {"loop": "x${vars.loop}"}
    (problem,) = errors(folder, document)
    assert "resources.one.props.description: ${vars.loop} stays as it is" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("resources: [", "is not YAML"),
        ("a: 1", "resources: has to be a mapping"),
        (
            "resources: {a: {component: fc3, props: {x: \"${env('NOT_SET')}\"}}}",
            "resources.a.props.x: the environment variable NOT_SET is not set",
        ),
    ],
)
def test_what_can_t_be_read_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    (finding,) = check_project(tmp_path / "s.yaml", {})
    assert said in str(finding)


def test_the_command(folder: Path, document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "s.yaml"
    file.write_text(json.dumps(document))
    assert run(["check", "--file", str(file)]) == 0
    assert f"{file} and template.yaml: 0 errors, 0 warnings" in capsys.readouterr().out
    change(document, "submit.timeout", "60")
    file.write_text(json.dumps(document))
    assert run(["check", "--file", str(file), "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding == {
        "level": "error",
        "file": str(file),
        "path": "resources.submit.props.timeout",
        "problem": "is '60', not a whole number",
        "fix": "write one without quotes",
    }
    assert run(["check", "--file", str(folder / "nowhere.yaml")]) == 4


def test_the_command_names_the_file_alone_where_there_is_no_template_and_no_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("resources: [")
    assert run(["check", "--file", str(file)]) == 1
    printed = capsys.readouterr()
    assert f"{file}: 1 error, 0 warnings" in printed.out
    assert f"the first: {file}: the file: is not YAML" in printed.err


def test_what_the_cloud_has_and_a_laptop_has_not_is_right(folder: Path) -> None:
    """As fc3's own examples write it: sources of EventBridge with options of their own, keys that it hands on as they are."""
    kafka = {
        "triggerName": "kafka",
        "triggerType": "eventbridge",
        "triggerConfig": {
            "eventSinkConfig": {"deliveryOption": {"eventSchema": "RawData"}},
            "eventSourceConfig": {"eventSourceType": "Kafka", "eventSourceParameters": {"sourceKafkaParameters": {"Topic": "t"}}},
            "runOptions": {"maximumTasks": 3, "retryStrategy": {"PushRetryStrategy": "BACKOFF_RETRY", "MaximumRetryAttempts": 0}},
        },
    }
    document = others(one={"triggers": [kafka], "disableOndemand": False, "idleTimeout": 60, "disableInjectCredentials": "None"})
    document["resources"]["domain"] = {"component": "fc3-domain", "props": {"region": "cn-hangzhou", "domainName": "auto"}}
    assert errors(folder, document) == []


def test_logs_are_named_or_not_spoken_of(folder: Path) -> None:
    document = others(one={"logConfig": {}})
    assert errors(folder, document) == [
        "resources.one.props.logConfig: is missing: what the function prints is lost; name project and logstore"
    ]
    del document["resources"]["one"]["props"]["logConfig"]
    assert errors(folder, document) == []


@pytest.mark.parametrize("name", ["s.yaml", "template.yaml"])
@pytest.mark.parametrize("content", [b"\xe9: 1", b"a: " + b"[" * 3000, b"\xff\xfe", b""], ids=["latin", "deep", "mark", "empty"])
def test_a_file_that_nobody_can_read_is_told(folder: Path, name: str, content: bytes) -> None:
    (folder / "s.yaml").write_text(json.dumps(others(one={})))
    (folder / name).write_bytes(content)
    assert [finding for file, finding in check(folder / "s.yaml", {}) if file.name == name and finding.level is Level.ERROR]
