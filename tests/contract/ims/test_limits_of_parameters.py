"""Every operation: what it says of each parameter that is missing; every list: its pages at and beyond their limits; a fault of our own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_tea_openapi.exceptions import ServerException

from localcloud.ims.operation import Operation
from tests.contract.ims.cloud import Cloud
from tests.contract.ims.test_odd_parameters import INPUT_OF_JOBS, OPERATIONS, VALID, call
from tests.contract.ims.test_recognition import create_entity, create_lib, create_sample

INT32 = 2**31
LARGEST_PAGE = {"GetStreamTagList": 100, "ListCustomTemplates": 100, "ListSmartJobs": 100}
"""Where it is not 50."""


def names(operation: Operation[Any, Any]) -> dict[str, bool]:
    """The parameters of an operation, and whether each must be given."""
    return {field.alias or name: field.is_required() for name, field in operation.model.model_fields.items()}


def usual(operation: Operation[Any, Any]) -> dict[str, str]:
    given = {name: VALID.get(name, "x") for name, required in names(operation).items() if required}
    return given | ({"Input": INPUT_OF_JOBS[operation.name]} if operation.name in INPUT_OF_JOBS else {})


def paging(operation: Operation[Any, Any]) -> tuple[str, ...]:
    return tuple(name for name in ("PageNo", "PageNumber", "PageSize") if name in names(operation))


def identity(operation: Operation[Any, Any]) -> str:
    return f"{operation.name}-{operation.version}"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("limits"))
    yield made
    made.stop()


@pytest.mark.contract(
    "IMS API reference: required parameters; common error codes: MissingParameter; the fields that official samples print"
)
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if True in names(one).values()], ids=identity)
def test_each_parameter_that_is_missing_is_named(cloud: Cloud, operation: Operation[Any, Any]) -> None:
    client, given = cloud.client(), usual(operation)
    for missing in given:
        for left in ({name: value for name, value in given.items() if name != missing}, {**given, missing: ""}):
            body = call(client, operation, left)
            assert (body.get("refused"), body["Code"]) == (400, "MissingParameter"), missing
            assert f'"{missing}"' in body["Message"]
            assert body["HostId"] == f"127.0.0.1:{cloud.door.port}"
            assert body["Code"] in body["Recommend"]


@pytest.mark.contract("IMS API reference: the first page is 1, PageSize is at most 50 or, of some lists, 100; every number is an int32")
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if paging(one)], ids=identity)
def test_pages_at_and_beyond_their_limits(cloud: Cloud, operation: Operation[Any, Any]) -> None:
    client = cloud.client()
    given = {**usual(operation), **dict.fromkeys(paging(operation), "1")}
    largest = LARGEST_PAGE.get(operation.name, 50)
    for name in paging(operation):
        most = largest if name == "PageSize" else INT32 - 1
        for wrong in ("0", "-1", str(most + 1), "1.5", "ten"):
            body = call(client, operation, {**given, name: wrong})
            assert (body.get("refused"), body["Code"]) == (400, "InvalidParameter"), (name, wrong)
            assert f'"{name}"' in body["Message"]
        # What is asked of may be unknown here, or a deep page want its token: the number itself is taken.
        message = call(client, operation, {**given, name: str(most)}).get("Message", "")
        assert f'"{name}"' not in message or "ScrollToken" in message


@pytest.mark.contract("IMS API reference: at most 20 MediaIds, at most 3 faceGroupIds; the words are our own")
def test_lists_that_are_too_long_are_refused_in_plain_words(cloud: Cloud) -> None:
    def refused(name: str, **given: str) -> Any:
        (operation,) = (one for one in OPERATIONS if one.name == name)
        return call(cloud.client(), operation, given)["Message"]

    assert refused("SearchIndexJobRerun", MediaIds=",".join("m" * 21)).endswith(
        'The specified parameter "MediaIds" is not valid: it has 21 items, and may have 20.'
    )
    groups = '{"faceGroupIds":"a,b,c,d"}'
    message = refused("CreateSearchLib", SearchLibName="four", SearchLibConfig=groups)
    assert '"SearchLibConfig" is not valid: faceGroupIds: it has 4 items, and may have 3.' in message


@pytest.mark.contract(
    "IMS, common error codes: InternalError 500; captured from the SDK: an answer that is no JSON has no Code and no data"
)
def test_a_fault_of_our_own_is_told_in_the_words_of_the_service(cloud: Cloud) -> None:
    client = cloud.client()
    lib = create_lib(client)
    entity = create_entity(client, lib)
    with pytest.raises(ServerException) as caught:
        create_sample(client, lib, entity, cloud.objects.add("fault.png", b"away with it"))
    assert (caught.value.status_code, caught.value.code) == (500, "InternalError")
    assert caught.value.data["Recommend"]
    assert "with it" not in caught.value.message
