"""Everything the command prints passes here: for people, or as JSON for programs.

Much of it was written by others: captions, names of objects, lines of logs. None of that is read as markup, and none of it reaches the
terminal as anything but visible text.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from sightline.untrusted import to_json, visible

PIPE_WIDTH = 240


class Output:
    """Results go to standard output, errors to standard error. With `as_json` each result is one line of JSON, and prose is left out."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        # A pipe has no width; 80 columns would fold what somebody wants to grep.
        self.console = Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)

    def say(self, text: str = "") -> None:
        """A line for people, or several."""
        if not self.as_json:
            self.console.print(_lines(text), markup=False)
            sys.stdout.flush()

    def result(self, document: Any) -> None:
        """A result for programs."""
        if self.as_json:
            sys.stdout.write(to_json(document, default=str) + "\n")
            sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if self.as_json:
            return
        table = Table(box=None, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        self.console.print(table, soft_wrap=False)

    def error(self, error: CommandError) -> None:
        if self.as_json:
            document = {"error": {"message": error.problem, "fix": error.fix, "exit_code": error.exit_code}}
            sys.stderr.write(to_json(document) + "\n")
        else:
            sys.stderr.write(_lines(f"sightline: {error.problem}\n  {error.fix}") + "\n")


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))
