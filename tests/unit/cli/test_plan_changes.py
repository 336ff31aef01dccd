"""What a deploy would change: nothing where nothing differs, and else exactly that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.output import Output
from cli.plan.changes import HIDDEN, Change, FieldChange, Value, differences, flat, looks_secret, would_change
from cli.plan.compare import compare
from cli.plan.declared import FUNCTION_DEFAULTS, TRIGGER_DEFAULTS, of_function, trigger_defaults
from cli.plan.deployed import read_function, siblings
from cli.plan.report import changes_json, show_changes
from localcloud.fc.project.project import Function, Project
from tests.fakes.function_compute import Account

ROOT = Path(__file__).parents[3]
FC3 = "fc3, src/"
CASES = settings(deadline=None, derandomize=True)
SDK = "models of SDK alibabacloud_fc20230330 4.8.3"

values = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.lists(st.text(min_size=1, max_size=3), max_size=3).map(tuple))
descriptions = st.dictionaries(st.sampled_from(["a", "b", "c.d", "c.e", "environmentVariables.X"]), values)


@pytest.fixture
def project() -> Project:
    return Project.read(ROOT / "s.yaml", {}, {})


@pytest.fixture
def account(project: Project) -> Account:
    return Account(project)


def changes(project: Project, account: Account, *, is_laptop: bool = False) -> dict[str, Change]:
    """What is not unchanged."""
    found = (
        change
        for name, function in project.functions.items()
        for change in compare(function, read_function(account.client(), name), is_laptop=is_laptop)
    )
    return {f"{change.resource} {change.name}": change for change in found if change.outcome != "unchanged"}


def told(change: Change) -> list[tuple[str, Value | None, Value | None]]:
    return [(field.field, field.old, field.new) for field in change.fields]


@CASES
@given(descriptions, descriptions)
def test_a_description_does_not_differ_from_itself(description: dict[str, Value], defaults: dict[str, Value]) -> None:
    assert differences(description, description, defaults, ("",)) == ()


@CASES
@given(descriptions, descriptions)
def test_each_difference_is_told_once_and_the_other_way_round(one: dict[str, Value], other: dict[str, Value]) -> None:
    there, back = differences(one, other, {}, ("",)), differences(other, one, {}, ("",))
    assert [(change.field, change.new, change.old) for change in there] == [(change.field, change.old, change.new) for change in back]
    assert {change.field for change in there} == {field for field in {*one, *other} if one.get(field) != other.get(field)}


@CASES
@given(descriptions, descriptions)
def test_what_is_not_declared_stays(declared: dict[str, Value], deployed: dict[str, Value]) -> None:
    assert {change.field for change in differences(declared, deployed, {}, ())} <= set(declared)


@pytest.mark.contract(f"{SDK}; that the service tells them is our assumption")
def test_nothing_differs_after_a_deploy_whatever_the_service_fills_in(project: Project, account: Account) -> None:
    assert changes(project, account) == {}


def edited(document: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        document = document[parent]
    if value is None:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("memorySize", 1024, ("memorySize", 1024, 512)),
        ("cpu", 0.5, ("cpu", 0.5, 0.35)),
        ("timeout", 3, ("timeout", 3, 60)),
        ("diskSize", 10240, ("diskSize", 10240, 512)),
        ("runtime", "python3.10", ("runtime", "python3.10", "python3.12")),
        ("description", "", ("description", "", "An object changed; start its analysis, or take it out of the search library.")),
        ("environmentVariables.CAPTION_LANGUAGE", "de", ("environmentVariables.CAPTION_LANGUAGE", "de", "en")),
        ("environmentVariables.CAPTION_LANGUAGE", None, ("environmentVariables.CAPTION_LANGUAGE", None, "en")),
        ("environmentVariables.OLD", "x", ("environmentVariables.OLD", "x", None)),
        ("environmentVariables.OLD_API_KEY", "x", ("environmentVariables.OLD_API_KEY", HIDDEN, None)),
        ("logConfig.logBeginRule", "None", ("logConfig.logBeginRule", "None", "DefaultRegex")),
        ("logConfig.enableInstanceMetrics", True, ("logConfig.enableInstanceMetrics", True, False)),
        ("instanceLifecycleConfig.initializer.timeout", 3, ("instanceLifecycleConfig.initializer.timeout", 3, 20)),
        ("internetAccess", False, ("internetAccess", False, True)),
        ("sessionAffinity", "MCP_SSE", ("sessionAffinity", "MCP_SSE", "NONE")),
        ("tags", [{"Key": "owner", "Value": "me"}], ("tags.owner", "me", None)),
        ("vpcConfig", {"vpcId": "vpc-1", "vSwitchIds": [], "securityGroupId": ""}, ("vpcConfig.vpcId", "vpc-1", None)),
        ("tracingConfig", {"type": "Jaeger", "params": {}}, ("tracingConfig.type", "Jaeger", None)),
        ("ossMountConfig", {"mountPoints": [{"bucketName": "b"}]}, ("ossMountConfig.mountPoints", ('{"bucketName": "b"}',), None)),
        ("instanceLifecycleConfig.preStop.handler", "index.end", ("instanceLifecycleConfig.preStop.handler", "index.end", "")),
    ],
)
def test_each_field_of_a_function(
    project: Project, account: Account, path: str, value: object, expected: tuple[str, Value | None, Value | None]
) -> None:
    edited(account.functions["sightline-submit"], path, value)
    found = changes(project, account)
    assert {name: (change.outcome, told(change)) for name, change in found.items()} == {"function sightline-submit": ("change", [expected])}


def test_another_layer(project: Project, account: Account) -> None:
    [arn] = project.functions["sightline-submit"].layers
    account.functions["sightline-submit"]["layers"] = [{"arn": arn.replace("versions/1", "versions/7"), "size": 1}]
    [change] = changes(project, account).values()
    assert told(change) == [("layers", (arn.replace("versions/1", "versions/7"),), (arn,))]


def test_a_role_is_the_same_in_any_case(project: Project, account: Account) -> None:
    account.functions["sightline-submit"]["role"] = account.functions["sightline-submit"]["role"].upper()
    account.triggers["sightline-submit"]["media-uploaded"]["invocationRole"] = "ACS:RAM::1:ROLE/X"
    [change] = changes(project, account).values()
    assert [field.field for field in change.fields] == ["invocationRole"]


def test_a_function_that_is_not_there_is_made_with_all_it_has(project: Project, account: Account) -> None:
    del account.functions["sightline-collect"]
    found = changes(project, account)
    assert {name: change.outcome for name, change in found.items()} == {
        "function sightline-collect": "create",
        "trigger sightline-collect/job-news": "create",
        "asynchronous calls sightline-collect": "create",
    }


def test_asynchronous_calls(project: Project, account: Account) -> None:
    account.async_configs["sightline-submit"]["maxAsyncRetryAttempts"] = 0
    account.async_configs["sightline-submit"]["destinationConfig"] = {"onSuccess": {}, "onFailure": {"destination": ""}}
    # What nobody has set is the service's default.
    account.async_configs["sightline-search"] = {"maxAsyncRetryAttempts": None, "maxAsyncEventAgeInSeconds": 86_400}
    [change] = changes(project, account).values()
    assert (change.name, [(field, old) for field, old, _ in told(change)]) == (
        "sightline-submit",
        [("destinationConfig.onFailure.destination", None), ("maxAsyncRetryAttempts", 0)],
    )


def test_what_is_only_there_is_left_alone_and_told(project: Project, account: Account) -> None:
    account.triggers["sightline-sweep"]["by-hand"] = account.triggers["sightline-sweep"]["every-few-minutes"] | {"triggerName": "by-hand"}
    account.async_configs["sightline-search"] = {"maxAsyncRetryAttempts": 8}
    account.functions |= {name: {"functionName": name} for name in ("sightline-old", "somebody-elses", "sightline-submit-prod")}
    found = changes(project, account)
    assert {name: change.outcome for name, change in found.items()} == {
        "trigger sightline-sweep/by-hand": "only there",
        "asynchronous calls sightline-search": "only there",
    }
    assert siblings(account.client(), list(project.functions)) == ["sightline-old"]
    assert not would_change(found.values())


def config_of(account: Account, function: str, trigger: str, **changed: object) -> None:
    document = account.triggers[function][trigger]
    document["triggerConfig"] = json.dumps({**json.loads(document["triggerConfig"]), **changed})


def test_a_trigger_is_updated(project: Project, account: Account) -> None:
    config_of(account, "sightline-sweep", "every-few-minutes", cronExpression="@every 9m", enable=False)
    config_of(account, "sightline-search", "http", methods=["GET"], disableURLInternet=True)
    config_of(account, "sightline-submit", "media-uploaded", filter={"key": {"prefix": "uploads/", "suffix": ".mp4"}})
    found = changes(project, account)
    assert {name: (change.outcome, told(change)) for name, change in found.items()} == {
        "trigger sightline-sweep/every-few-minutes": (
            "change",
            [("triggerConfig.cronExpression", "@every 9m", "@every 2m"), ("triggerConfig.enable", False, True)],
        ),
        "trigger sightline-search/http": (
            "change",
            [("triggerConfig.disableURLInternet", True, False), ("triggerConfig.methods", ("GET",), ("GET", "HEAD"))],
        ),
        "trigger sightline-submit/media-uploaded": ("change", [("triggerConfig.filter.key.suffix", ".mp4", None)]),
    }


@pytest.mark.contract(f"{FC3}resources/fc/index.ts, UNSUPPORTED_UPDATE_TRIGGER_LIST")
def test_a_topic_trigger_is_never_updated(project: Project, account: Account) -> None:
    config_of(account, "sightline-collect", "job-news", notifyStrategy="BACKOFF_RETRY")
    [change] = changes(project, account).values()
    assert (change.outcome, "job-news" in change.note) == ("stays", True)
    assert told(change) == [("triggerConfig.notifyStrategy", "BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY")]
    assert would_change([change])
    # A laptop reads the file anew.
    assert [change.outcome for change in changes(project, account, is_laptop=True).values()] == ["change"]


@pytest.mark.contract(f"{SDK}, UpdateTriggerInput")
@pytest.mark.parametrize(("field", "value"), [("sourceArn", "acs:oss:cn-shanghai:1:another"), ("triggerType", "log")])
def test_source_and_kind_of_a_trigger_stay(project: Project, account: Account, field: str, value: str) -> None:
    account.triggers["sightline-submit"]["media-uploaded"][field] = value
    [change] = changes(project, account).values()
    assert (change.outcome, field in change.note) == ("stays", True)


@pytest.mark.contract(f"{FC3}base.ts and src/default/config.ts")
def test_what_s_yaml_leaves_out() -> None:
    def described(**props: Any) -> Mapping[str, Value]:
        given = {"functionName": "f", "region": "r", "runtime": "python3.12", "handler": "index.handler", "code": ROOT, **props}
        return of_function(Function.model_validate(given))

    # Sizes are set where none of them is said, and else left as they are; logs are switched off.
    assert {field: described()[field] for field in ("cpu", "diskSize", "memorySize", "timeout", "logConfig.project")} == {
        "cpu": 0.35,
        "diskSize": 512,
        "memorySize": 512,
        "timeout": 3,
        "logConfig.project": "",
    }
    assert not {"cpu", "diskSize"} & set(described(memorySize=1024))
    assert "cpu" not in described(diskSize=512)
    assert not any(field.startswith("logConfig") for field in described(logConfig="auto"))
    # A hook's timeout that is left out is the one that is there.
    hook = {"initializer": {"handler": "index.begin"}}
    assert "instanceLifecycleConfig.initializer.timeout" not in described(instanceLifecycleConfig=hook)


@pytest.mark.contract(SDK)
def test_defaults_of_triggers() -> None:
    assert trigger_defaults("mns_topic")["triggerConfig.notifyStrategy"] == "BACKOFF_RETRY"
    assert set(TRIGGER_DEFAULTS) == {"oss", "mns_topic", "timer", "http"}
    assert FUNCTION_DEFAULTS["logConfig.enableRequestMetrics"] is False


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("API_KEY", "x", True),
        ("DB_PASSWORD", "x", True),
        ("SECRET", "x", True),
        ("SESSION_TOKEN", "x", True),
        ("ANYTHING", "LTAI5tAbCdEfGhIjKlMn", True),
        ("ANYTHING", "https://user:word@host/", True),
        ("ANYTHING", "https://host/?Expires=1&Signature=abc", True),
        ("ANYTHING", "-----BEGIN PRIVATE KEY-----", True),
        ("AUDIT_KEYS_PER_SWEEP", "5000", False),
        ("OSS_ENDPOINT", "https://oss-cn-shanghai.aliyuncs.com", False),
        ("MONKEY", "x", False),
        ("CAMERA_TIME_ZONES", "home=Asia/Shanghai,lab/door=Europe/Rome", False),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str, is_secret: bool) -> None:
    assert looks_secret(f"environmentVariables.{name}", value) is is_secret


def test_a_secret_that_changes_is_told_and_not_shown(project: Project, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.functions["sightline-submit"]["environmentVariables"] |= {
        "OLD_TOKEN": "a secret that nobody may see",
        "REGION": "LTAI5tAbCdEfGhIjKlMn",
    }
    found = list(changes(project, account).values())
    show_changes(Output(as_json=False), "the account", found, "`s deploy`")
    said = capsys.readouterr().out + json.dumps(changes_json(found))
    assert ("a secret" in said, "LTAI5t" in said, "OLD_TOKEN: (hidden) -> (not set)" in said) == (False, False, True)


def test_of_our_settings_the_one_that_is_a_secret_is_taken_for_one(project: Project) -> None:
    for function in project.functions.values():
        hidden = [name for name, value in function.environment_variables.items() if looks_secret(f"environmentVariables.{name}", value)]
        assert hidden == ["PAI_TOKEN"]


def test_flat_leaves_out_what_is_empty_and_keeps_what_is_false() -> None:
    nested = {"a": {"b": 0, "c": None, "d": {}, "e": ""}, "f": [], "g": False, "h": ["x", 1]}
    assert flat(nested) == {"a.b": 0, "g": False, "h": ("x", "1")}


def test_what_is_shown_is_one_line_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    some = [
        Change(
            "function", "f", "change", (FieldChange("timeout", 3, 60), FieldChange("layers", (), ("a", "b")), FieldChange("x", None, True))
        ),
        Change("trigger", "f/t", "unchanged"),
        Change("code", "f", "unknown", note="nobody says"),
    ]
    show_changes(Output(as_json=False), "the account", some, "`s deploy`")
    assert capsys.readouterr().out.splitlines() == [
        "a deploy to the account:",
        "  ~ function f",
        "      timeout: 3 -> 60",
        "      layers: [] -> [a, b]",
        "      x: (not set) -> true",
        "  ? code f: nobody says",
        "  1 to change, 1 unknown, 1 unchanged",
        "  `s deploy` does it",
    ]


def test_what_nothing_here_compares_is_told(project: Project, account: Account) -> None:
    function = project.functions["sightline-search"]
    odd = {**function.model_dump(exclude_unset=True), "vpcConfig": "auto", "resourceGroupId": "rg-1"}
    odd_project = project.model_copy(update={"functions": {**project.functions, "sightline-search": Function.model_validate(odd)}})
    [change] = changes(odd_project, account).values()
    assert (change.outcome, "resourceGroupId, vpcConfig" in change.note, would_change([change])) == ("unknown", True, True)


KEYS = json.dumps([{"kty": "RSA", "alg": "RS256", "e": "AQAB", "n": "3JhzVY5BzVd4HcQcnqd0mQ", "use": "sig"}])


@pytest.mark.contract(f"{FC3}interface/trigger.ts, convertIHttpTriggerConfig: texts, and query:: for no claims")
def test_tokens_are_looked_up_as_they_were_whichever_way_that_is_written() -> None:
    secured = Project.read(ROOT / "s.yaml", {"SIGHTLINE_SEARCH_ACCESS": "jwt", "SIGHTLINE_JWT_KEYS": KEYS}, {})
    account = Account(secured)
    auth = {"jwks": {"keys": json.loads(KEYS)}, "tokenLookup": "header:Authorization:Bearer ", "claimPassBy": "query::"}
    config_of(account, "sightline-search", "http", authConfig=auth)
    assert changes(secured, account) == {}
    config_of(account, "sightline-search", "http", authConfig={**auth, "tokenLookup": "query:token"})
    [change] = changes(secured, account).values()
    assert [field.field for field in change.fields] == ["triggerConfig.authConfig.tokenLookup"]


def test_another_stage_is_another_deployment(account: Account) -> None:
    production = Project.read(ROOT / "s.yaml", {"SIGHTLINE_STAGE": "prod"}, {})
    account.functions["sightline-old-prod"] = {"functionName": "sightline-old-prod"}
    assert {change.outcome for change in changes(production, account).values()} == {"create"}
    assert siblings(account.client(), list(production.functions)) == ["sightline-old-prod"]


@pytest.mark.contract(f"{FC3}subCommands/deploy/impl/: concurrency_config, provision_config, scaling_config, vpc_binding")
def test_what_was_set_beside_a_function_by_hand_is_taken_away(project: Project, account: Account) -> None:
    account.extras = {
        ("sightline-submit", "concurrency"): {"functionArn": "an arn", "reservedConcurrency": 5},
        ("sightline-search", "provision-config"): {"functionArn": "an arn", "defaultTarget": 2, "current": 1, "alwaysAllocateCPU": False},
        ("sightline-search", "scaling-config"): {"functionArn": "an arn", "minInstances": 0, "currentInstances": 3},
        ("sightline-sweep", "vpc-bindings"): {"vpcIds": ["vpc-1"]},
    }
    found = changes(project, account)
    assert {name: (change.outcome, told(change)) for name, change in found.items()} == {
        "concurrencyConfig sightline-submit": ("remove", [("reservedConcurrency", 5, None)]),
        "provisionConfig sightline-search": ("remove", [("defaultTarget", 2, None)]),
        "vpcBinding sightline-sweep": ("remove", [("vpcIds", ("vpc-1",), None)]),
    }
    assert would_change(found.values())


def test_what_may_not_be_read_is_unknown_and_the_right_is_named(project: Project, account: Account) -> None:
    account.denied = {"GetConcurrencyConfig"}
    found = changes(project, account)
    assert {change.outcome for change in found.values()} == {"unknown"}
    assert all("fc:GetConcurrencyConfig" in change.note for change in found.values())
