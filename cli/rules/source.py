"""The rules that a deployment goes by, read from where this machine has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cli.deployment.target import project_folder
from cli.errors import NOT_FOUND, USAGE, CommandError
from sightline.errors import BadSetting
from sightline.rules.file import SHIPPED
from sightline.rules.model import Rules
from sightline.rules.reading import read_rules

SETTING = "SIGHTLINE_RULES_FILE"


@dataclass(frozen=True)
class Source:
    file: Path
    rules: Rules


def read(named: Path | None, setting: str = "", checkout: Path | None = None) -> Source:
    """The file that is named, else that of the setting RULES_FILE, else the layer's own. Raises CommandError."""
    file = named or (_of_setting(setting, checkout or project_folder()) if setting else Path(SHIPPED))
    try:
        return Source(file, read_rules(file.read_bytes()))
    except OSError as error:
        raise CommandError(f"the rules in {file} can't be read: {error.strerror}", "correct the path", NOT_FOUND) from error
    except BadSetting as error:
        place = error.field.removeprefix("RULES_FILE: ")
        raise CommandError(f"the rules in {file}: {place} {error.problem}", error.fix, USAGE) from error


def _of_setting(setting: str, checkout: Path) -> Path:
    """Function Compute unpacks the layer, our folder `shared`, to /opt, and the function's own code to /code, where it starts."""
    file = Path(setting)
    if file.is_file():
        return file
    for root, folder in (("/opt", checkout / "shared"), ("/code", checkout / "functions/submit"), (".", checkout / "functions/submit")):
        if file.is_relative_to(root) or (root == "." and not file.is_absolute()):
            found = folder / (file.relative_to(root) if file.is_absolute() else file)
            if found.is_file():
                return found
    raise CommandError(
        f"{SETTING} names {setting}, which is not on this machine",
        "name one of the layer or of the functions' code, or the file in the command",
        NOT_FOUND,
    )
