"""docs/production.md says what the layer takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.analyse.access import APP_ID, HOST, TOKEN
from sightline.ims.production.parameters import FUNCTIONS, Function
from sightline.pai.services import SERVICES, Service

PAGE = (Path(__file__).parents[3] / "docs/production.md").read_text()
ROWS = {
    match[1]: [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if (match := re.match(r"\| `(\w+)` \|", line))
}


def test_every_function_and_service_has_a_row() -> None:
    assert list(ROWS) == [*FUNCTIONS, *SERVICES]


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_takes_what_its_row_says(function: Function) -> None:
    _, _, output, parameters, _ = ROWS[function.name]
    assert tuple(part.split(":")[0].strip("` ") for part in re.findall(r"`\w+`:", parameters)) == function.takes
    assert re.findall(r"\{\w+\}", output) == ([function.placeholder] if function.placeholder else [])
    assert (output == "none") == (not function.extension)


def test_a_service_makes_a_picture_where_its_row_says_so() -> None:
    assert {name for name in SERVICES if "--to FILE" in ROWS[name][2]} == {
        name for name, service in SERVICES.items() if service.makes_picture
    }


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
def test_what_a_service_is_sent_is_in_its_row(service: Service) -> None:
    row = ROWS["classify_label_video" if ROWS[service.name][3] == "as below" else service.name]
    assert all(f"`{name}`" in row[3] for name in service.options.read({}).configure())


def test_the_variables_are_named() -> None:
    assert all(name in PAGE for name in (HOST, APP_ID, TOKEN))
