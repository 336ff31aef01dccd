"""The variables of Serverless Devs, as `s preview` renders them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.fc.project.expression import as_text
from localcloud.fc.project.variables import Unrendered, Variables
from localcloud.fc.project.yaml_file import load_yaml

NAMES: dict[str, Any] = {
    "vars": {
        "region": "cn-shanghai",
        "count": 5,
        "deep": {"er": {"still": True}},
        "arn": "acs:${vars.region}",
        "list": ["a", 2],
    },
    "resources": {
        "one": {"props": {"name": "${vars.region}-one", "size": 7}},
        "two": {"props": {"own": "mine"}},
    },
    "this": {"props": {"own": "mine"}},
}


@pytest.fixture
def variables(tmp_path: Path) -> Variables:
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "settings.json").write_text('{"a": {"b": [1, 2]}}')
    return Variables(NAMES, {"SET": "yes", "EMPTY": ""}, tmp_path, {"AccountID": "42"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain $x {y}", "plain $x {y}"),
        ("${vars.region}", "cn-shanghai"),
        ("${vars.count}", 5),
        ("n=${vars.count}, ${vars.deep.er.still}", "n=5, true"),
        ("${vars.deep.er.still}", True),
        ("${vars.deep}", {"er": {"still": True}}),
        ("${vars.arn}:x", "acs:cn-shanghai:x"),
        ("${env('SET')}", "yes"),
        ('${env("SET")}', "yes"),
        ("${env('UNSET', 'a, b')}", "a, b"),
        ("${env('UNSET', '')}", ""),
        ("${env('EMPTY', 'x')}", "x"),
        ("${env(SET)}", "yes"),
        ("${vars.list.1}", 2),
        ("${vars.deep[env('UNSET', 'er')].still}", True),
        ("${'a' + env('SET') + vars.count + ('b' + 'c')}", "ayes5bc"),
        ("${(1 + vars.count) + 'x'}", "6x"),
        ("${vars.region", "${vars.region"),
        ("${config('AccountID')}", "42"),
        ("${file('note.txt')}", "hello"),
        ("${json(file('settings.json')).a.b}", [1, 2]),
        ("${this.props.own}/x", "mine/x"),
        ("${resources.one.props.name}", "cn-shanghai-one"),
        ("${resources.one.output.url}", "${resources.one.output.url}"),
        ("http://${resources.one.output.url}/${vars.region}", "http://${resources.one.output.url}/cn-shanghai"),
    ],
)
def test_values(variables: Variables, text: str, value: object) -> None:
    assert variables.render(text) == value


def test_structures_are_rendered_whole(variables: Variables) -> None:
    assert variables.render({"a": ["${vars.count}", None, 1], "b": {"c": "${env('SET')}"}}) == {"a": [5, None, 1], "b": {"c": "yes"}}


def test_paths_are_absolute(variables: Variables, tmp_path: Path) -> None:
    assert variables.render("${path('./functions/../note.txt')}") == str(tmp_path / "note.txt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${env('UNSET')}", "the environment variable UNSET is not set; set it, or give a default"),
        ("${vars.missing}", "there is no 'missing'"),
        ("${vars.region.deeper}", "there is no 'deeper'"),
        ("${vars.deep[env('SET')].still}", "vars.deep has no 'yes'; choose one of er"),
        ("${vars.deep[env('SET') + 'x']}", "vars.deep has no 'yesx'; choose one of er"),
        ("${var.region}", "not a variable of Serverless Devs"),
        ("${ vars.region }", "not a variable"),
        ("${path('none')}", "the path none does not exist"),
        ("${env('SET') ? 1 : 2}", r"can't be read; write names with dots"),
        ("${env('SET'}", "not a variable"),
        ("${env('SET') 'x'}", "can't be read"),
        ("<%= vars.region %>", "run as JavaScript"),
        ("${resources.three.props.x}", "there is no 'three'"),
        ("${config('Other')}", "use one of AccountID"),
        ("${file('none.txt')}", "the file none.txt can't be read"),
        ("${json(file('note.txt'))}", "got no JSON"),
        ("${json(env('SET'))}", "; give it JSON"),
        ("${upper('x')}", r"calls upper\(\), which is unknown"),
        ("${env()}", "wrong number or kind of arguments"),
    ],
)
def test_a_variable_without_a_value_says_why(variables: Variables, text: str, said: str) -> None:
    with pytest.raises(Unrendered, match=said):
        variables.render(text)


def test_the_place_of_a_variable_is_told(variables: Variables) -> None:
    with pytest.raises(Unrendered) as raised:
        variables.render({"a": [{"b": "${vars.missing}"}]}, "resources.one")
    assert raised.value.place == "resources.one.a[0].b"


def test_config_stays_as_it_is_where_there_are_no_keys(variables: Variables) -> None:
    assert replace(variables, config=None).render("x ${config('AccountID')}") == "x ${config('AccountID')}"


@pytest.mark.parametrize(("number", "text"), [(math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN"), (1.5e-7, "1.5e-7")])
def test_a_number_is_text_as_in_javascript(number: float, text: str) -> None:
    assert as_text(number) == text


@pytest.mark.parametrize("value", ["!!set {x, y}", "!!binary aGk=", "!!omap [a: 1]", "!!pairs [a: 1]"])
def test_a_tag_that_nobody_needs_is_refused(value: str) -> None:
    with pytest.raises(yaml.YAMLError, match="is not read here"):
        load_yaml(f"a: {value}")
