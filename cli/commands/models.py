"""The optional detector."""

from __future__ import annotations

from pathlib import Path

import click

from cli import detectors
from cli.commands.common import data_folder, options
from cli.output import Output


@click.group()
def models() -> None:
    """The optional detector: any YOLOX-style ONNX file (it brings pets, vehicles, bags and 70 other things)."""


@models.command("add")
@options
@click.argument("source", metavar="FILE|URL")
@click.option("--sha256", default=None, help="Refuse the file unless it has this hash.")
def models_add(data: Path | None, as_json: bool, source: str, sha256: str | None) -> None:
    """Check a detector by running it, and use it from the next `sightline up` on."""
    model = detectors.add(data_folder(data), source, sha256)
    output = Output(as_json)
    output.result({"path": str(model.path), "sha256": model.sha256})
    output.say(f"it runs; sha256 {model.sha256}\nused from the next start on; the file is refused if it changes")


@models.command("list")
@options
def models_list(data: Path | None, as_json: bool) -> None:
    """The detector in use."""
    model = detectors.chosen(data_folder(data))
    output = Output(as_json)
    output.result({"detector": None if model is None else {"path": str(model.path), "sha256": model.sha256, "source": model.source}})
    output.say(
        "no detector; the built-in engine sees people, faces, motion and text"
        if model is None
        else f"{model.path}\nsha256 {model.sha256}\nfrom   {model.source}"
    )


@models.command("remove")
@options
def models_remove(data: Path | None, as_json: bool) -> None:
    """Go back to the built-in engine alone."""
    detectors.remove(data_folder(data))
    Output(as_json).say("removed")
