"""Provisioning an account: what is made, what is found again, and what is left as somebody chose it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from zlib import crc32

import httpx
import pytest

from cli.deployment.target import MPS_VERSION
from cli.errors import CommandError
from cli.provision.report import Provisioned
from cli.provision.run import provision
from cli.provision.wanted import Wanted
from sightline.host import Host
from tests.fakes.account import (
    Account,
    Fault,
    Killed,
    account,
    answer_lost,
    broken,
    broken_after,
    denied,
    emptied,
    garbled,
    killed_after,
    throttled,
)

CREATES = ("CreateRecognitionLib", "CreateCustomTemplate", "CreateSearchLib", "CreateSearchIndex", "CreatePipeline")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with account(tmp_path_factory.mktemp("account")) as made:
        yield made


@pytest.fixture
def there(shared: Account) -> Account:
    """The account, with nothing remembered of the tests before."""
    shared.requests.clear()
    shared.faults.clear()
    shared.sleeps.clear()
    return shared


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Of this test alone."""
    return f"t{crc32(request.node.nodeid.encode()):x}"


def full(name: str, **more: Any) -> Wanted:
    return Wanted(people=f"{name} people", pets=f"{name} pets", pipeline=name, **more)


def run(there: Account, name: str, wanted: Wanted | None = None, **variables: str) -> Provisioned:
    return provision(there.target(name, **variables), wanted or full(name), there.sleeps.append)


def outcomes(made: Provisioned) -> dict[str, str]:
    return {item.kind: item.outcome for item in made.items}


def note(made: Provisioned, kind: str) -> str:
    return next(item.note for item in made.items if item.kind == kind)


def pages(there: Account, action: str, *path: str, of_search: bool = False, **asked: Any) -> list[dict[str, Any]]:
    """All items, over as many pages as there are."""
    items: list[dict[str, Any]] = []
    for number in count(1):
        page: Any = there.call(action, {"PageSize": 50, "PageNumber": number, "PageNo": number, **asked}, of_search=of_search)
        for part in path:
            page = page[part]
        items += page
        if len(page) < 50:
            return items
    raise AssertionError


def templates(there: Account, name: str) -> list[dict[str, Any]]:
    return [item for item in pages(there, "ListCustomTemplates", "CustomTemplateList", Type=11) if item["TemplateName"] == name]


def counts(there: Account, name: str) -> dict[str, int]:
    """How many there are of each thing that could be made twice."""
    library = there.target(name).names.library
    libraries = pages(there, "ListSearchLib", "SearchLibInfoList", of_search=True)
    mine = [item for item in libraries if item["SearchLibName"] == library]
    recognition = {kind: pages(there, "ListRecognitionLibs", "Libs", "Lib", Algorithm=kind) for kind in ("pedestrian", "pet")}
    return {
        "templates": len(templates(there, name)),
        "pipelines": sum(item["Name"] == name for item in there.call("ListPipelines", {})["PipelineList"]),
        "libraries": len(mine),
        "indexes": sum(len(item["IndexInfo"]) for item in mine),
        **{kind: sum(item["LibName"].startswith(name) for item in found) for kind, found in recognition.items()},
    }


def binding(there: Account, made: Provisioned) -> dict[str, Any]:
    answer = there.call("QueryPipelineList", {"PipelineIds": made.pipeline_id}, version=MPS_VERSION)
    return dict(answer["PipelineList"]["Pipeline"][0])


ONE_OF_EACH = {"templates": 1, "pipelines": 1, "libraries": 1, "indexes": 1, "pedestrian": 1, "pet": 1}
NONE = dict.fromkeys(ONE_OF_EACH, 0)


def test_everything_is_made_once_and_found_again(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name)
    assert outcomes(made) == {
        "bucket": "found",
        "topic": "found",
        "queue": "found",
        "recognition library (pedestrian)": "made",
        "recognition library (pet)": "made",
        "template": "made",
        "search library": "made",
        "index": "made",
        "pipeline": "made",
        "callback": "made",
    }
    assert counts(there, name) == ONE_OF_EACH
    assert made.variables == {"SIGHTLINE_TEMPLATE_ID": templates(there, name)[0]["TemplateId"], "SIGHTLINE_PIPELINE_ID": made.pipeline_id}
    assert binding(there, made)["NotifyConfig"] == {"Topic": f"{name}-jobs"}

    there.requests.clear()
    again = run(there, name)
    assert set(outcomes(again).values()) == {"found"}
    assert again.variables == made.variables
    assert there.writes == []


def test_understanding_and_search_may_lie_in_two_regions(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name)
    homes = there.call("ListSearchLib", {"PageSize": 50})["SearchLibInfoList"]
    assert [item["SearchLibName"] for item in homes] == ["ims-default-search-lib"]
    assert "in cn-shenzhen, and the media bucket in cn-shanghai" in note(made, "search library")
    hosts = {request.headers["x-acs-action"]: request.url.host for request in there.requests}
    assert hosts["CreateCustomTemplate"] == "ice.cn-shanghai.aliyuncs.com"
    assert hosts["CreateSearchLib"] == hosts["CreateSearchIndex"] == "ice.cn-shenzhen.aliyuncs.com"
    assert hosts["UpdatePipeline"] == hosts["QueryPipelineList"] == "mts.cn-shanghai.aliyuncs.com"


def test_a_dry_run_asks_and_makes_nothing(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name, full(name, dry_run=True))
    told = outcomes(made)
    assert {told[kind] for kind in ("bucket", "topic", "queue")} == {"found"}
    assert {told[kind] for kind in ("template", "search library", "index", "pipeline", "recognition library (pet)")} == {"would make"}
    assert made.variables == {}
    assert there.writes == []
    assert counts(there, name) == NONE


def test_a_dry_run_says_what_would_be_changed(there: Account, name: str) -> None:
    there.stack(name)
    run(there, name, Wanted(pipeline=name))
    there.requests.clear()
    told = outcomes(run(there, name, full(name, dry_run=True, change=frozenset({"template"}))))
    assert told["template"] == "would change"
    assert there.writes == []


def test_without_the_stack_nothing_is_made(there: Account, name: str) -> None:
    made = run(there, name)
    assert {(item.kind, item.outcome) for item in made.missing} == {("bucket", "missing"), ("topic", "missing"), ("queue", "missing")}
    assert all("template.yaml" in item.fix for item in made.missing)
    assert there.writes == []
    assert counts(there, name) == NONE


@pytest.mark.parametrize("action", CREATES)
def test_a_create_that_is_throttled_is_sent_again(there: Account, name: str, action: str) -> None:
    there.stack(name)
    there.faults[action] = [throttled, throttled]
    run(there, name)
    assert counts(there, name) == ONE_OF_EACH
    assert len(there.sleeps) == 2


@pytest.mark.parametrize("fault", [answer_lost, broken_after, garbled, emptied])
@pytest.mark.parametrize("action", CREATES)
def test_a_create_whose_answer_was_lost_is_not_repeated(there: Account, name: str, action: str, fault: Fault) -> None:
    there.stack(name)
    there.faults[action] = [fault]
    made = run(there, name)
    assert counts(there, name) == ONE_OF_EACH
    assert set(made.variables) == {"SIGHTLINE_TEMPLATE_ID", "SIGHTLINE_PIPELINE_ID"}


@pytest.mark.parametrize("action", [*CREATES, "UpdatePipeline"])
def test_a_run_goes_on_after_one_that_was_killed(there: Account, name: str, action: str) -> None:
    there.stack(name)
    there.faults[action] = [killed_after]
    with pytest.raises(Killed):
        run(there, name)
    made = run(there, name)
    assert counts(there, name) == ONE_OF_EACH
    assert binding(there, made)["NotifyConfig"] == {"Topic": f"{name}-jobs"}


@pytest.mark.parametrize("action", CREATES)
def test_a_broken_service_ends_a_run_and_the_next_one_completes_it(there: Account, name: str, action: str) -> None:
    there.stack(name)
    there.faults[action] = [broken]
    with pytest.raises(CommandError, match=f"{action}: 500") as refused:
        run(there, name)
    assert "run this again" in refused.value.fix
    run(there, name)
    assert counts(there, name) == ONE_OF_EACH


def test_a_missing_right_is_named(there: Account, name: str) -> None:
    there.stack(name)
    there.faults["CreateSearchLib"] = [denied]
    with pytest.raises(CommandError) as refused:
        run(there, name)
    assert "ice:CreateSearchLib" in refused.value.fix
    there.faults["UpdatePipeline"] = [denied]
    with pytest.raises(CommandError) as refused:
        run(there, name)
    assert "mts:UpdatePipeline" in refused.value.fix


@pytest.mark.parametrize(
    ("fault", "fix"), [(answer_lost, "reaches the service"), (throttled, "mend what it says")], ids=["no answer", "busy for long"]
)
def test_no_answer_at_all_ends_with_what_to_do(there: Account, name: str, fault: Fault, fix: str) -> None:
    there.stack(name)
    there.faults["ListSearchLib"] = [fault] * 4
    with pytest.raises(CommandError, match="ListSearchLib") as refused:
        run(there, name)
    assert fix in refused.value.fix


def make_template(there: Account, name: str, **config: str) -> str:
    parameters = {"Name": name, "Type": 11, "TemplateConfig": json.dumps(config)}
    return str(there.call("CreateCustomTemplate", parameters)["CustomTemplate"]["TemplateId"])


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"AnalyseTypes": "ocr"}, "wanted AnalyseTypes vlEventDesc, there is ocr"),
        ({"AnalyseTypes": "vlEventDesc", "Scene": "recommend"}, "wanted Scene search, there is recommend"),
    ],
)
def test_a_template_with_another_config_is_left_until_it_may_be_changed(
    there: Account, name: str, config: dict[str, str], said: str
) -> None:
    there.stack(name)
    before = make_template(there, name, FaceCategoryIds="celebrity", **config)
    left = run(there, name, Wanted(pipeline=name))
    assert left.template_id == before
    assert (outcomes(left)["template"], said in note(left, "template")) == ("left", True)
    assert "--change template" in next(item.fix for item in left.to_mend)
    assert "UpdateCustomTemplate" not in there.writes

    changed = run(there, name, Wanted(pipeline=name, change=frozenset({"template"})))
    assert (changed.template_id, outcomes(changed)["template"]) == (before, "changed")
    held = json.loads(templates(there, name)[0]["TemplateConfig"])
    assert held == {
        "FaceCategoryIds": "celebrity",
        "AnalyseTypes": "vlEventDesc",
        "Industry": "common",
        "Scene": "search",
        "TemplateName": name,
    }
    assert outcomes(run(there, name, Wanted(pipeline=name)))["template"] == "found"


@pytest.mark.contract("seed 000: the sample answers a TemplateConfig without the Industry and Scene that were sent")
def test_keys_that_the_service_does_not_tell_are_no_difference(there: Account, name: str) -> None:
    there.stack(name)
    make_template(there, name, AnalyseTypes="vlEventDesc")
    assert outcomes(run(there, name, Wanted(pipeline=name)))["template"] == "found"


def test_libraries_that_a_template_does_not_name_are_a_difference(there: Account, name: str) -> None:
    there.stack(name)
    make_template(there, name, AnalyseTypes="vlEventDesc")
    made = run(there, name)
    assert ", there is none" in note(made, "template")
    assert f"provision --cloud --people '{name} people'" in next(item.fix for item in made.to_mend)
    run(there, name, full(name, change=frozenset({"template"})))
    assert set(outcomes(run(there, name)).values()) == {"found"}


def test_a_template_is_looked_for_on_every_page(there: Account, name: str) -> None:
    there.stack(name)
    oldest = make_template(there, name, AnalyseTypes="vlEventDesc")
    for number in range(60):
        make_template(there, f"{name} {number}", AnalyseTypes="vlEventDesc")
    made = run(there, name, Wanted(pipeline=name))
    assert made.template_id == oldest
    assert there.actions.count("ListCustomTemplates") >= 2


def test_of_two_templates_of_one_name_the_configured_one_counts(there: Account, name: str) -> None:
    there.stack(name)
    first, second = (make_template(there, name, AnalyseTypes="vlEventDesc") for _ in range(2))
    assert run(there, name, Wanted(pipeline=name)).template_id in (first, second)
    assert run(there, name, Wanted(pipeline=name), SIGHTLINE_TEMPLATE_ID=second).template_id == second
    assert run(there, name, Wanted(pipeline=name), SIGHTLINE_TEMPLATE_ID=first).template_id == first


def test_a_configured_template_that_is_not_there_is_told(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name, Wanted(pipeline=name), SIGHTLINE_TEMPLATE_ID="gone")
    assert made.template_id not in ("", "gone")
    assert "SIGHTLINE_TEMPLATE_ID names gone" in note(made, "template")


def test_an_index_that_is_off_is_left_until_it_may_be_changed(there: Account, name: str) -> None:
    there.stack(name)
    run(there, name)
    library = there.target(name).names.library
    there.call("AlterSearchIndex", {"SearchLibName": library, "IndexType": "mm", "IndexStatus": "Deactive"}, of_search=True)
    left = run(there, name)
    assert (outcomes(left)["index"], note(left, "index")) == ("left", "it is Deactive")
    assert outcomes(run(there, name, full(name, change=frozenset({"index"}))))["index"] == "changed"
    assert outcomes(run(there, name))["index"] == "found"


def test_a_level_is_set_when_an_index_is_made_and_unknown_afterwards(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name, full(name, level="S.large"))
    assert note(made, "index") == "level S.large"
    left = run(there, name, full(name, level="S.2xlarge"))
    assert (outcomes(left)["index"], "no operation tells its level" in note(left, "index")) == ("left", True)
    there.requests.clear()
    assert outcomes(run(there, name, full(name, level="S.2xlarge", change=frozenset({"index"}))))["index"] == "changed"
    assert there.parameters("AlterSearchIndex")["IndexConfig"] == '{"level":"S.2xlarge"}'
    assert "IndexStatus" not in there.parameters("AlterSearchIndex")


def bind(there: Account, name: str, **notify: str) -> str:
    """Somebody else's pipeline, bound."""
    pipeline = str(there.call("CreatePipeline", {"Name": name, "Speed": "Standard"})["Pipeline"]["PipelineId"])
    parameters = {"PipelineId": pipeline, "Name": name, "State": "Paused", "NotifyConfig": json.dumps(notify), "Role": "theirs"}
    there.call("UpdatePipeline", parameters, version=MPS_VERSION)
    return pipeline


@pytest.mark.parametrize("kind", ["Topic", "QueueName"])
def test_a_pipeline_that_tells_somebody_else_is_left_until_it_may_be_changed(there: Account, name: str, kind: str) -> None:
    there.stack(f"{name}-other")
    theirs = f"{name}-other-jobs" if kind == "Topic" else f"{name}-other-dead"
    there.stack(name)
    pipeline = bind(there, name, **{kind: theirs})
    left = run(there, name)
    assert (left.pipeline_id, outcomes(left)["callback"]) == (pipeline, "left")
    assert binding(there, left)["NotifyConfig"] == {kind: theirs}

    changed = run(there, name, full(name, change=frozenset({"callback"})))
    after = binding(there, changed)
    assert after["NotifyConfig"] == {"Topic": f"{name}-jobs"}
    assert (after["Name"], after["State"], after["Role"]) == (name, "Paused", "theirs")
    assert "it is paused: jobs wait in it" in [item.note for item in changed.to_mend]


def test_a_configured_pipeline_that_is_not_there_is_named(there: Account, name: str) -> None:
    there.stack(name)
    with pytest.raises(CommandError, match="no pipeline gone, which SIGHTLINE_PIPELINE_ID names"):
        run(there, name, Wanted(), SIGHTLINE_PIPELINE_ID="gone")


def test_the_pipeline_that_tells_our_topic_is_chosen(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name)
    assert run(there, name, Wanted()).pipeline_id == made.pipeline_id


def told(text: str, instead: str) -> Fault:
    """The service's answer, with something else in it."""

    def fault(request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        answer = send(request)
        return httpx.Response(answer.status_code, json=json.loads(answer.text.replace(text, instead)))

    return fault


def test_a_pipeline_that_only_ims_knows_is_told(there: Account, name: str) -> None:
    there.stack(name)
    first = run(there, name)
    # The pipelines are asked about by ten.
    there.faults["QueryPipelineList"] = [told(f'"Id": "{first.pipeline_id}"', '"Id": "another"')] * 10
    made = run(there, name, Wanted(), SIGHTLINE_PIPELINE_ID=first.pipeline_id)
    assert (made.pipeline_id, outcomes(made)["callback"]) == (first.pipeline_id, "left")
    assert "MPS does not know it" in note(made, "callback")


@pytest.mark.parametrize(
    ("config", "outcome"),
    [
        ('"{\\"Topic\\": \\"MINE\\"}"', "found"),
        ('"{\\"Topic\\": \\"theirs\\"}"', "left"),
        ('"?"', "left"),
        ('["theirs"]', "left"),
        ("{}", "made"),
    ],
)
def test_a_binding_in_another_form_is_nobody_elses_to_take(there: Account, name: str, config: str, outcome: str) -> None:
    there.stack(name)
    first = run(there, name)
    there.requests.clear()
    fault = told(f'{{"Topic": "{name}-jobs"}}', config.replace("MINE", f"{name}-jobs"))
    there.faults["QueryPipelineList"] = [fault] * 10
    made = run(there, name, Wanted(), SIGHTLINE_PIPELINE_ID=first.pipeline_id)
    assert outcomes(made)["callback"] == outcome
    assert there.writes.count("UpdatePipeline") == (outcome == "made")


def test_an_account_without_a_pipeline_is_told(there: Account, name: str) -> None:
    there.stack(name)
    there.faults["ListPipelines"] = [lambda _request, _send: httpx.Response(200, json={"RequestId": "r", "PipelineList": []})]
    made = run(there, name, Wanted())
    assert ([item.kind for item in made.missing], made.pipeline_id) == (["pipeline"], "")
    assert "console of MPS in cn-shanghai" in made.missing[0].fix


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("ListRecognitionLibs", {"Libs": [1]}),
        ("ListRecognitionLibs", {"Libs": {"Lib": {"LibName": "without an id"}}}),
        ("ListCustomTemplates", {"CustomTemplateList": "none"}),
        ("ListCustomTemplates", {"CustomTemplateList": [{"TemplateId": "t"}, {"TemplateName": "without an id"}]}),
        ("ListSearchLib", {"SearchLibInfoList": [["a list"]]}),
        ("ListPipelines", {"PipelineList": [None]}),
        ("QueryPipelineList", {"PipelineList": {"Pipeline": [{"Name": "without an id"}]}}),
    ],
)
def test_nothing_is_made_after_a_listing_that_makes_no_sense(there: Account, name: str, action: str, answer: dict[str, Any]) -> None:
    """Read as empty, it would have the same thing made twice."""
    there.stack(name)
    run(there, name)
    there.requests.clear()
    there.faults[action] = [lambda _request, _send: httpx.Response(200, json=answer)] * 10
    with pytest.raises(CommandError, match=f"{action}: 200 UnusableAnswer"):
        run(there, name)
    assert there.writes == []
    there.faults.clear()
    assert counts(there, name) == ONE_OF_EACH


@pytest.mark.parametrize("action", ["ListRecognitionLibs", "ListCustomTemplates", "ListSearchLib"])
def test_a_list_that_is_missing_is_an_empty_one(there: Account, name: str, action: str) -> None:
    there.stack(name)
    there.faults[action] = [lambda _request, _send: httpx.Response(200, json={"RequestId": "r"})] * 2
    run(there, name)
    assert counts(there, name) == ONE_OF_EACH


@pytest.mark.parametrize(("readiness", "outcome"), [("Initializing", "found"), ("Fail", "left")])
def test_an_index_that_can_not_answer_yet_is_told(there: Account, name: str, readiness: str, outcome: str) -> None:
    there.stack(name)
    run(there, name)
    fault = told('"IndexReadiness": "Normal"', f'"IndexReadiness": "{readiness}"')
    there.faults["ListSearchLib"] = [fault] * 10
    made = run(there, name)
    assert (outcomes(made)["index"], readiness in note(made, "index")) == (outcome, True)


def test_no_pipeline_tells_a_topic_of_another_region(there: Account, name: str) -> None:
    there.stack(name)
    made = run(there, name, full(name), SIGHTLINE_IMS_ENDPOINT="https://ice.cn-beijing.aliyuncs.com")
    assert outcomes(made)["callback"] == "left"
    assert "jobs run in cn-beijing, the topic is in cn-shanghai" in note(made, "callback")
    assert "UpdatePipeline" not in there.writes


def test_a_bucket_of_another_region_ends_the_run(there: Account, name: str) -> None:
    there.stack(name)
    with pytest.raises(CommandError, match=f"bucket {name}-media: OSS says 400 InvalidArgument: Invalid signing region") as refused:
        run(there, name, full(name), SIGHTLINE_REGION="cn-beijing")
    assert "in this account and region" in refused.value.fix
    assert there.requests == []


@pytest.mark.parametrize("variable", ["SIGHTLINE_OSS_PUBLIC_ENDPOINT", "SIGHTLINE_MNS_ENDPOINT", "SIGHTLINE_IMS_ENDPOINT"])
def test_a_service_that_is_not_there_is_named(there: Account, name: str, variable: str) -> None:
    target = replace(there.target(name, **{variable: "http://127.0.0.1:9"}), host=Host(sleep=lambda _seconds: None))
    there.stack(name)
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:9|no answer") as refused:
        provision(target)
    assert "reaches" in refused.value.fix


@pytest.mark.parametrize(
    ("refused", "named"),
    [
        (lambda: Wanted(level="Huge"), "SIGHTLINE_INDEX_LEVEL"),
        (lambda: Wanted(people="x" * 65), "SIGHTLINE_PEOPLE_LIBRARY"),
        (lambda: Wanted(pets=""), "SIGHTLINE_PET_LIBRARY"),
    ],
)
def test_a_wrong_wish_is_named(refused: Callable[[], Wanted], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        refused()


def test_a_library_that_ipc_can_not_use_is_refused_before_anything_is_made(there: Account, name: str) -> None:
    there.stack(name)
    with pytest.raises(CommandError, match="SEARCH_LIBRARY is 'cameras'"):
        run(there, name, SIGHTLINE_SEARCH_LIBRARY="cameras")
    assert there.requests == []
