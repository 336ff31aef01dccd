"""The roles of template.yaml have the rights that they need, and no others.

A right is one action on one resource, as a role has it. With all of them a whole life of uploads goes without a refusal, and each right is
the only one that allows some request of it. With one taken away the life is lived again, and the functions say which action to grant.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest

from cli.up import NAMES
from localcloud.fc.triggers.triggers import Triggers
from localcloud.identity import NotAllowed
from localcloud.ports import ObjectEvent, TopicMessage
from localcloud.ram.policy import Policy, Verdict, evaluate
from localcloud.ram.roles import Roles
from localcloud.ram.template import NamedPolicy, Role, read_roles
from tests.contract.fc.laptop import InMemoryQueues
from tests.e2e.life_of_uploads import CELLAR, DOOR, DRIVE, FENCE, GATE, HALL, ROOF, STAIRS, YARD, Life, life
from tests.faults.functions import ROOT
from tests.faults.laptop_services import PLACE
from tests.faults.template import Template, template
from tests.faults.world import project


class Right(NamedTuple):
    role: str
    action: str
    resource: str


ROLES = read_roles(ROOT / "template.yaml", PLACE)
RIGHTS = [
    Right(name, action, resource)
    for name, role in ROLES.items()
    for named in role.policies
    for statement in named.policy.statement
    for action in statement.action
    for resource in statement.resource
]
UNSEEN = {
    "log:PostLogStoreLogs": "Function Compute itself writes logs with it; the laptop cloud keeps them in files",
    "mns:ReceiveMessage": "for the documents that name it as the right of a batch; the laptop cloud asks for mns:BatchReceiveMessage",
    "mns:DeleteMessage": "likewise, of mns:BatchDeleteMessage",
}
"""Actions without effect here, and why they are granted all the same. template.yaml says so too."""
QUALIFIED = "/*"
"""Ends the resource of a function's versions and aliases; here there is LATEST alone, which has the function's own."""
PROJECT = project("http://127.0.0.1:9", "template", "pipeline")
CLOCK = "what-time-is-it"
"""Asked for its Date, which a refusal brings as well: its right is there so that nothing of ours is refused, and nobody misses it."""
SEEN = [one for one in RIGHTS if one.action not in UNSEEN and not one.resource.endswith(CLOCK)]
OF_FUNCTIONS = [one for one in SEEN if not one.role.endswith("-trigger")]
OF_TRIGGERS = [one for one in SEEN if one.role.endswith("-trigger") and not one.resource.endswith(QUALIFIED)]


class Recorder(Roles):
    """Roles that keep what was asked for: with all rights, nothing is to be refused."""

    def __init__(self, roles: Mapping[str, Role]) -> None:
        super().__init__(roles)
        self.asked: set[Right] = set()
        self.refused: list[Right] = []

    def check(self, role: str, action: str, resource: str) -> None:
        asked = Right(role.rpartition("/")[2], action, resource)
        self.asked.add(asked)
        try:
            super().check(role, action, resource)
        except NotAllowed:
            self.refused.append(asked)
            raise


def without(right: Right) -> dict[str, Role]:
    role = ROLES[right.role]
    left = [one for one in RIGHTS if one.role == right.role and one != right]
    return {**ROLES, right.role: replace(role, policies=(_named(left),))}


def _named(rights: Sequence[Right]) -> NamedPolicy:
    document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": one.action, "Resource": one.resource} for one in rights]}
    return NamedPolicy("the rest", document, Policy.model_validate(document))


@pytest.fixture(scope="module")
def provisioned() -> Iterator[Template]:
    with template() as one:
        yield one


@pytest.fixture(scope="module")
def lived(provisioned: Template) -> Iterator[tuple[Life, Recorder]]:
    """A life with all rights."""
    roles = Recorder(ROLES)
    with life(provisioned, roles) as one:
        one.live()
        yield one, roles


def test_with_all_rights_everything_works_and_nothing_is_refused(lived: tuple[Life, Recorder]) -> None:
    one, roles = lived
    assert roles.refused == []
    found = [said for said in one.said if said.startswith("search: ")]
    # What gets no smart tags is in another namespace.
    assert [said.count('"starts_at"') for said in found] == [0, 1, 2, 5, 2]
    assert all(said.startswith("search: 200") for said in found)
    assert not [said for said in one.said if "grant " in said]
    assert {one.stage(key) for key in (DOOR, YARD, STAIRS, HALL, ROOF, DRIVE, FENCE)} == {"unknown"}
    left = {one.world.people.identity(key) for key in (CELLAR, GATE)}
    assert {made.split("/")[1] for made in one.world.account.bucket(NAMES.media_bucket).keys("derived/")} == left
    assert {one.stage(key) for key in (CELLAR, GATE)} == {"searchable"}


@pytest.mark.parametrize("right", OF_FUNCTIONS, ids=" ".join)
def test_each_right_of_a_function_is_needed(lived: tuple[Life, Recorder], right: Right) -> None:
    """Some request is allowed by it alone."""
    (policy,) = without(right)[right.role].policies
    asked = [one for one in lived[1].asked if (one.role, one.action) == (right.role, right.action)]
    assert [one for one in asked if evaluate([policy.policy], one.action, one.resource) is not Verdict.ALLOWED]


@pytest.mark.parametrize("right", OF_FUNCTIONS, ids=" ".join)
def test_who_lacks_a_right_says_which(provisioned: Template, right: Right) -> None:
    # Function Compute sends failed events, and a browser fetches what jobs made: that is in the cloud's log, and not in the function's.
    said = f"grant {right.action} on "
    if right.action == "mns:SendMessage":
        said = f"is lost: the role {right.role} may not {right.action} on "
    elif right.role == "sightline-search" and right.resource.endswith("/derived/*"):
        said = f"the role {right.role} may not {right.action} on "
    with life(provisioned, Roles(without(right))) as one:
        assert one.live(until=said), "\n".join(one.said)


@pytest.mark.parametrize("right", OF_TRIGGERS, ids=" ".join)
def test_a_trigger_without_its_right_does_not_fire(right: Right, caplog: pytest.LogCaptureFixture) -> None:
    fired = [fire(right.role, Roles(roles)) for roles in (ROLES, without(right))]
    assert fired == [[right.resource.rpartition("/")[2]], []]
    assert f"the role {right.role} may not {right.action} on acs:fc:" in caplog.text


@pytest.mark.parametrize("role", ["sightline-oss-trigger", "sightline-topic-trigger"])
def test_a_trigger_s_role_invokes_one_function_alone(role: str) -> None:
    with pytest.raises(NotAllowed):
        Roles(ROLES).check(role, "fc:InvokeFunction", PLACE.function_arn("sightline-sweep"))


@pytest.mark.parametrize("action", UNSEEN)
def test_a_right_that_nobody_misses_is_explained(action: str) -> None:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    assert action in {one.action for one in RIGHTS}
    lines = text.splitlines()
    statement = next(number for number, line in enumerate(lines) if line.strip() == f"- {action}")
    assert any(line.strip().startswith("#") for line in lines[statement - 6 : statement])


class Invocations:
    """An `Invoker` that only notes who was to be invoked."""

    def __init__(self) -> None:
        self.functions: list[str] = []

    def enqueue(self, function: str, payload: bytes) -> str:
        self.functions.append(function)
        return "request"

    def succeeds(self, function: str, payload: bytes) -> bool:
        raise NotImplementedError


def fire(role: str, roles: Roles) -> list[str]:
    """The functions that what happens in the role's service invokes."""
    invocations, queues = Invocations(), InMemoryQueues()
    triggers = Triggers(PROJECT, PLACE, queues, invocations, time.time, roles)
    if role == "sightline-oss-trigger":
        triggers.object_event(ObjectEvent("ObjectCreated:PutObject", NAMES.media_bucket, DOOR, '"E"', 1, 1, "image/jpeg", "request", 0.0))
    else:
        triggers.topic_message(TopicMessage(NAMES.topic, "id", "{}", "0" * 32, 0.0))
    return invocations.functions
