"""What `sightline provision` says at its end."""

from __future__ import annotations

import pytest

from cli.commands.provision import show
from cli.deployment.target import Target, laptop
from cli.output import Output
from cli.provision.report import Provisioned
from cli.running import Running

CHOSEN = Provisioned([], "template", "pipeline")
OTHER = Provisioned([], "template", "another")


@pytest.fixture
def target() -> Target:
    address = "http://127.0.0.1:7070"
    running = Running(
        1, address, address, "cn-shanghai", "1000000000000001", "i", "s", "media", "state", "library", "template", "d", "pipeline"
    )
    return laptop(running, {})


def test_what_the_functions_have_already_is_said(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(as_json=False), target, CHOSEN, dry_run=False)
    assert "name these already" in capsys.readouterr().out


def test_a_laptop_goes_on_with_what_it_chose_at_its_start(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(as_json=False), target, OTHER, dry_run=False)
    assert "go on with the template and the pipeline that they have" in capsys.readouterr().out


def test_a_dry_run_has_made_nothing_to_use(target: Target, capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(as_json=False), target, OTHER, dry_run=True)
    assert "pipeline" not in capsys.readouterr().out
