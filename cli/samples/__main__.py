"""`python -m cli.samples DIR`: make the samples in a folder, and say what each is and whose."""

from __future__ import annotations

from pathlib import Path

import click

from cli.samples import gather


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--photos/--no-photos", default=True, help="Download the photographs too.")
def main(folder: Path, photos: bool) -> None:
    """Make the sample media in FOLDER and list them."""
    for sample in gather(folder, photos=photos):
        click.echo(f"{sample.path}\t{sample.origin}\t{sample.device}\t{sample.credit}")


if __name__ == "__main__":
    main()
