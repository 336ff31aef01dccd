"""`python -m cli.layer`, which is what `make layer` runs."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from cli.errors import FAILED, CommandError, of_file
from cli.layer.build import build
from cli.output import Output


@click.command()
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), default=Path("build"), show_default=True, help="The folder to fill."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def main(to: Path, as_json: bool) -> None:
    """Build the layer and the code packages of the functions, the same bytes each time."""
    output = Output(as_json)
    try:
        packages = build(Path(__file__).parents[2], to, os.environ)
    except CommandError as error:
        output.error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        output.error(of_file(error, str(to), "name another folder with --to; wheels are kept in .cache, which has to be writable"))
        sys.exit(FAILED)
    output.result({"packages": [{**asdict(package), "path": str(package.path)} for package in packages]})
    rows = [(str(one.path), str(one.files), f"{one.zipped:,}", f"{one.unzipped:,}", one.sha256) for one in packages]
    output.table(("package", "files", "zipped", "unzipped", "sha256"), rows)
    output.say(f"the layer is also the folder {to / 'layer'}")


if __name__ == "__main__":
    main()
