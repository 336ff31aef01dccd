"""`s preview` of Serverless Devs: the real tool where it is installed, and what it printed when it was asked for the files in previews/.

python -m tests.contract.fc.serverless_devs    # asks it again, after a change of the files
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "previews"
CAPTURED = "captured from the tool: s preview -o json, @serverless-devs/s 3.1.10"
ENVIRONMENT = {"SET": "yes", "EMPTY": "", "NUMBER": "5", "REFERS": "of ${resources.work.component}", "NAMES_THIS": "of ${this.name}"}
REFUSED = FOLDER / "refused"


def tool() -> str | None:
    """Where `s` is: SIGHTLINE_TEST_S, or on the PATH."""
    return os.environ.get("SIGHTLINE_TEST_S") or shutil.which("s")


@dataclass(frozen=True)
class Case:
    """A file, and variables of the environment beside ENVIRONMENT."""

    name: str
    file: Path
    environment: dict[str, str]

    @property
    def captured(self) -> Path:
        return self.file.parent / f"{self.name}.json"


CASES = [
    *(Case(file.parent.name, file, ENVIRONMENT) for file in sorted(FOLDER.glob("*/s.yaml"))),
    Case("vars-in-prod", FOLDER / "vars" / "s.yaml", {**ENVIRONMENT, "STAGE": "prod"}),
]
REFUSALS = [Case(file.stem, file, ENVIRONMENT) for file in sorted(REFUSED.glob("*.yaml"))]


def preview(file: Path, environment: dict[str, str]) -> dict[str, Any] | None:
    """What the installed tool makes of a file; None if it refuses it. In a home of its own, without keys."""
    found = tool()
    assert found, "Serverless Devs is not installed"
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / ".s").mkdir()
        (Path(home) / ".s" / "set-config.yml").write_text("analysis: disable\n")
        done = subprocess.run(
            [found, "preview", "-o", "json", "-t", str(file)],
            env={"PATH": os.environ["PATH"], "HOME": home, **environment},
            cwd=file.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    if done.returncode:
        return None
    shown: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{\n") :])
    return shown


def placed(document: Any, folder: Path) -> Any:
    """`document` without the machine's own folder."""
    return json.loads(json.dumps(document, ensure_ascii=False).replace(str(folder), "<folder>"))


def capture() -> None:
    for case in CASES:
        document = placed(preview(case.file, case.environment), case.file.parent)
        case.captured.write_text(json.dumps({"source": CAPTURED, "document": document}, ensure_ascii=False, indent=2) + "\n")
    refused = [case.name for case in REFUSALS if preview(case.file, case.environment) is None]
    (REFUSED / "refused.json").write_text(json.dumps({"source": CAPTURED, "refused": refused}, indent=2) + "\n")


if __name__ == "__main__":
    capture()
