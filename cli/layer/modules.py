"""Which of our modules the functions import: those, and no others, go into the layer."""

from __future__ import annotations

from collections.abc import Iterable
from modulefinder import ModuleFinder
from pathlib import Path


def imported(scripts: Iterable[Path], folder: Path) -> list[Path]:
    """The files below `folder` that the scripts import, at whatever depth and in whatever branch, sorted.

    Read from compiled code without running it, so an import inside a function counts, and one by a name that is made at run time does not.
    """
    finder = ModuleFinder(path=[str(folder)])
    for script in scripts:
        finder.run_script(str(script))
    found = [Path(file) for file in (vars(module)["__file__"] for module in finder.modules.values()) if file]
    return sorted(path for path in found if path.is_relative_to(folder))
