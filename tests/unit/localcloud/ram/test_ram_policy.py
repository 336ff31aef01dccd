"""What policy documents allow; the rules are those of "Policy evaluation process" and "Basic elements of a policy" of RAM."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from localcloud.ram.policy import Policy, Verdict, evaluate

ONE = "acs:oss:cn-shanghai:1:films/one.txt"


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.model_validate({"Version": "1", "Statement": list(statements)})


def statement(effect: str = "Allow", action: str | list[str] = "oss:GetObject", resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("action", "resource", "covers"),
    [
        ("oss:GetObject", "*", True),
        ("oss:Get*", "*", True),
        ("oss:*", "*", True),
        ("*", "*", True),
        ("oss:GetObjec?", "*", True),
        ("oss:GetObject?", "*", False),
        ("oss:GetObjectAcl", "*", False),
        ("oss:getobject", "*", False),
        (["oss:PutObject", "oss:GetObject"], "*", True),
        ("oss:GetObject", "acs:oss:*:*:films/*", True),
        ("oss:GetObject", "acs:oss:*:*:films", False),
        ("oss:GetObject", "acs:oss:*:*:film*", True),
        ("oss:GetObject", "acs:oss:*:2:films/*", False),
        ("oss:GetObject", "acs:oss:*:*:films/*.txt", True),
        ("oss:GetObject", "acs:oss:*:*:films/one?txt", True),
        ("oss:GetObject", "acs:oss:*:*:filmsXone.txt", False),
        ("oss:GetObject", ["acs:oss:*:*:books/*", "acs:oss:*:*:films/*"], True),
    ],
)
def test_what_a_statement_covers(action: Any, resource: Any, covers: bool) -> None:
    verdict = Verdict.ALLOWED if covers else Verdict.NOT_ALLOWED
    assert evaluate([policy(statement("Allow", action, resource))], "oss:GetObject", ONE) is verdict


def test_what_denies_counts_before_what_allows_wherever_it_stands() -> None:
    denying, allowing = statement("Deny"), statement("Allow", "*")
    for policies in ([policy(denying, allowing)], [policy(allowing, denying)], [policy(allowing), policy(denying)]):
        assert evaluate(policies, "oss:GetObject", ONE) is Verdict.DENIED
        assert evaluate(policies, "oss:PutObject", ONE) is Verdict.ALLOWED


def test_an_action_is_denied_in_any_case() -> None:
    denied = policy(statement("Allow", "oss:*"), statement("Deny", "oss:getobject*"))
    assert evaluate([denied], "oss:GetObject", ONE) is evaluate([denied], "oss:GetObjectAcl", ONE) is Verdict.DENIED
    assert evaluate([denied], "oss:PutObject", ONE) is Verdict.ALLOWED


def test_nothing_is_allowed_without_a_policy() -> None:
    assert evaluate([], "oss:GetObject", ONE) is Verdict.NOT_ALLOWED


def test_a_line_break_in_a_key_hides_nothing() -> None:
    denied = policy(statement("Allow", "*"), statement("Deny", "*", "acs:oss:*:*:films/*"))
    assert evaluate([denied], "oss:GetObject", "acs:oss:cn-shanghai:1:films/one\n.txt") is Verdict.DENIED


@pytest.mark.parametrize("name", ["Condition", "NotAction", "NotResource", "Principal"])
def test_what_is_not_evaluated_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} is not evaluated by the laptop cloud"):
        policy({**statement(), name: {}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"Version": "2012-10-17", "Statement": []},
        {"Version": "1"},
        {"Version": "1", "Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]},
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*"}]},
        {"Version": "1", "Statement": [{"Effect": "Allow", "Actions": "*", "Action": "*", "Resource": "*"}]},
    ],
)
def test_what_is_no_policy_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)
