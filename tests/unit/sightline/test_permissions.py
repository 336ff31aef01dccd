"""A missing permission names what to grant, for each call of the layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightline.errors import (
    PermissionMissing,
    ServiceRefused,
)
from sightline.ims.search_library import SearchLibrary
from sightline.ims.smarttag import SmarttagClient
from tests.fakes.network import (
    Network,
    ims_error,
    mns_error,
    oss_error,
    submit,
)

OBJECTS = "acs:oss:*:*:media/*"
QUEUE = "acs:mns:*:*:/queues/dead/messages"
CALLS: list[tuple[str, str, Callable[[Network], Any]]] = [
    ("oss:GetObject", OBJECTS, lambda network: network.bucket().get("k")),
    ("oss:GetObject", OBJECTS, lambda network: network.bucket().head("k")),
    ("oss:PutObject", OBJECTS, lambda network: network.bucket().put("k", b"")),
    ("oss:PutObject", OBJECTS, lambda network: network.bucket().append("k", 0, b"")),
    ("oss:DeleteObject", OBJECTS, lambda network: network.bucket().delete("k")),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().keys("p/"))),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().objects("p/"))),
    ("oss:ListObjects", "acs:oss:*:*:media", lambda network: list(network.bucket().folders("p/"))),
    ("ice:SubmitSmarttagJob", "*", lambda network: submit(network.ims())),
    ("ice:QuerySmarttagJob", "*", lambda network: SmarttagClient(network.ims(), "t", "", "en").query("j")),
    (
        "ice:InsertMediaToSearchLib",
        "*",
        lambda network: SearchLibrary(network.ims(), "IPCamera_x").insert("m", "oss://b/k", "video", "t", "d", "n"),
    ),
    ("ice:QueryMediaIndexJob", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").index_states("m")),
    ("ice:DeleteMediaFromSearchLib", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").delete("m", "n")),
    ("ice:QuerySearchLib", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").exists()),
    ("mns:BatchReceiveMessage", QUEUE, lambda network: network.queue().receive(16)),
    ("mns:BatchDeleteMessage", QUEUE, lambda network: network.queue().delete(["receipt"])),
    ("ice:SearchMediaByHybrid", "*", lambda network: SearchLibrary(network.ims(), "IPCamera_x").search("a", "n", 1, 10)),
]


@pytest.mark.parametrize(("action", "resource", "act"), CALLS, ids=[f"{number}-{action}" for number, (action, _, _) in enumerate(CALLS)])
@pytest.mark.parametrize("code", ["AccessDenied", "Forbidden.RAM", "NoPermission", "Forbidden"])
def test_a_missing_permission_names_what_to_grant(action: str, resource: str, act: Callable[[Network], Any], code: str) -> None:
    errors: dict[str, Callable[..., httpx.Response]] = {"oss": oss_error, "mns": mns_error, "ice": ims_error}
    network = Network(errors[action.partition(":")[0]](403, code))
    with pytest.raises(PermissionMissing) as raised:
        act(network)
    assert f"grant {action} on {resource} to the function's role" in str(raised.value)
    assert (raised.value.permission.action, raised.value.retryable, len(network.requests)) == (action, False, 1)


def test_the_template_grants_what_the_layer_may_ask_for() -> None:
    template = (Path(__file__).parents[3] / "template.yaml").read_text()
    assert [action for action, _, _ in CALLS if f"- {action}\n" not in template] == []


def test_a_missing_permission_of_a_head_is_read_from_its_header() -> None:
    error = "PEVycm9yPjxDb2RlPkFjY2Vzc0RlbmllZDwvQ29kZT48L0Vycm9yPg=="  # <Error><Code>AccessDenied</Code></Error>
    network = Network(httpx.Response(403, headers={"x-oss-err": error}))
    with pytest.raises(PermissionMissing, match="grant oss:GetObject"):
        network.bucket().head("k")


def test_the_action_that_the_service_names_counts_more_than_ours() -> None:
    body = {"Code": "Forbidden.RAM", "Message": "no", "AccessDeniedDetail": {"AuthAction": "ice:PassRole"}}
    with pytest.raises(PermissionMissing, match="grant ice:PassRole"):
        submit(Network(httpx.Response(403, json=body)).ims())


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            oss_error(403, "AccessDenied", "The bucket you are attempting to access must be addressed using the specified endpoint."),
            ServiceRefused,
        ),
        (oss_error(403, "SignatureDoesNotMatch"), ServiceRefused),
        (oss_error(403, "InvalidObjectState"), ServiceRefused),
    ],
)
def test_not_every_403_is_a_missing_permission(reply: httpx.Response, kind: type) -> None:
    with pytest.raises(ServiceRefused) as raised:
        Network(reply).bucket().get("k")
    assert type(raised.value) is kind
