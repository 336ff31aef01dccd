"""What `sightline provision` sends, beside what the official SDK would send and what the guides print."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from alibabacloud_ice20201109 import models as ice

from cli.provision.run import provision
from cli.provision.wanted import Wanted
from sightline.ims.transport import ICE_VERSION
from tests.fakes.account import Account, account

NAME = "ipc_template_001"
WANTED = Wanted(level="S.large", people="ipc_peds_lib_001", pets="ipc_pets_lib_001", pipeline="own")
CHANGES = Wanted(level="S.large", people="another", pipeline="own", change=frozenset({"template", "index", "callback"}))


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account after a first run, a run that changes what is there, and one that finds everything."""
    with account(tmp_path_factory.mktemp("account")) as made:
        named = {"SIGHTLINE_TEMPLATE_NAME": NAME, "SIGHTLINE_SEARCH_LIBRARY": "IPCamera_test1"}
        made.stack("first")
        provision(made.target("first", **named), WANTED)
        made.stack("second")
        provision(made.target("second", **named), CHANGES)
        provision(made.target("second", **named), Wanted(pipeline="own"))
        yield made


def _action(request: httpx.Request) -> str:
    return str(request.headers["x-acs-action"])


def _parameters(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(str(request.url)).query, keep_blank_values=True))


def _first(sent: Account, action: str) -> dict[str, str]:
    return _parameters(next(request for request in sent.requests if _action(request) == action))


@pytest.mark.contract(
    "request models of alibabacloud_ice20201109: each parameter is one of the operation's, and survives the model unchanged"
)
def test_the_sdk_knows_every_parameter_that_is_sent(sent: Account) -> None:
    checked = set()
    for request in sent.requests:
        if request.headers["x-acs-version"] == ICE_VERSION:
            model = getattr(ice, f"{_action(request)}Request")()
            parameters = _parameters(request)
            assert model.from_map(parameters).to_map() == parameters, _action(request)
            checked.add(_action(request))
    assert checked == {
        *("ListRecognitionLibs", "CreateRecognitionLib", "ListCustomTemplates", "CreateCustomTemplate", "UpdateCustomTemplate"),
        *("ListSearchLib", "CreateSearchLib", "CreateSearchIndex", "AlterSearchIndex", "ListPipelines", "CreatePipeline"),
    }


@pytest.mark.contract("seed 000: create a custom recognition library")
def test_a_recognition_library_is_made_as_in_the_guide(sent: Account) -> None:
    assert _first(sent, "CreateRecognitionLib") == {"Algorithm": "pedestrian", "LibName": "ipc_peds_lib_001"}


@pytest.mark.contract("seed 000: create an IPC algorithm template, basic and with a pedestrian and a pet library")
def test_a_template_is_made_as_in_the_guide(sent: Account) -> None:
    people, pets = (
        next(lib["LibId"] for lib in sent.call("ListRecognitionLibs", {"Algorithm": kind, "PageNumber": 1, "PageSize": 50})["Libs"]["Lib"])
        for kind in ("pedestrian", "pet")
    )
    basic = '{"AnalyseTypes":"vlEventDesc","Industry":"common","Scene":"search","TemplateName":"ipc_template_001"'
    config = f'{basic},"PedestrianGroupIds":"{people}","PetGroupIds":"{pets}"}}'
    assert _first(sent, "CreateCustomTemplate") == {"Name": NAME, "Type": "11", "TemplateConfig": config}


@pytest.mark.contract("seed 001: create a search library; create an index, with IndexConfig")
def test_a_library_and_its_index_are_made_as_in_the_guide(sent: Account) -> None:
    assert _first(sent, "CreateSearchLib") == {"SearchLibName": "IPCamera_test1"}
    assert _first(sent, "CreateSearchIndex") == {
        "SearchLibName": "IPCamera_test1",
        "IndexType": "mm",
        "IndexStatus": "Active",
        "IndexConfig": '{"level":"S.large"}',
    }


@pytest.mark.contract("UpdatePipeline and QueryPipelineList, API reference of ApsaraVideo Media Processing 2014-06-18")
def test_a_callback_is_bound_as_its_reference_says(sent: Account) -> None:
    bound = [request for request in sent.requests if request.headers["x-acs-version"] == "2014-06-18"]
    assert {_action(request) for request in bound} == {"QueryPipelineList", "UpdatePipeline"}
    pipeline = _first(sent, "QueryPipelineList")["PipelineIds"].split(",")[0]
    assert len(pipeline) == 32
    parameters = _first(sent, "UpdatePipeline")
    assert len(parameters.pop("PipelineId")) == 32
    assert parameters == {"Name": "own", "State": "Active", "NotifyConfig": '{"Topic":"first-jobs"}', "Role": "AliyunMTSDefaultRole"}


@pytest.mark.contract(
    "ListRecognitionLibs and ListSearchLib, API reference: a listing of recognition or search libraries takes a PageSize of 50 at most"
)
def test_a_page_is_as_large_as_every_listing_takes(sent: Account) -> None:
    sizes = [int(parameters["PageSize"]) for request in sent.requests if "PageSize" in (parameters := _parameters(request))]
    assert sizes
    assert max(sizes) <= 50
