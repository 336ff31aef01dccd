"""The variables of a Serverless Devs file: `${vars.x}`, `${env('X', 'default')}`, `${resources.other.props.x}` and their like.

The rules are those of `s preview` 3.1, which the contract tests compare with (https://docs.serverless-devs.com/serverless-devs/variables).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from localcloud.fc.project.expression import MISSING, UnresolvedVariable, as_text, evaluate, follow
from localcloud.fc.project.yaml_file import load_yaml

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_CHOICE = re.compile(r"([\w.]+)\[(.+?)\]")
_AFTER_DEPLOYMENT = re.compile(r"(?:resources|components)\.[^.]+\.(?:output|info)(?:\.|$)")


class Unrendered(Exception):
    """A variable has no value; `place` is where it stands, as keys with dots between them."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(problem)
        self.place = place


@dataclass(frozen=True)
class Variables:
    """`names` are what a variable may begin with: vars, resources, and this. Files are relative to `folder`.

    `environment` answers `env()`. `config` answers `config()` (`AccountID`); without it, that stays in the text, as in a preview
    without keys.
    """

    names: Mapping[str, Any]
    environment: Mapping[str, str]
    folder: Path
    config: Mapping[str, str] | None = None

    def render(self, value: Any, place: str = "") -> Any:
        """`value` with every variable in it replaced, and without the keys that hold nothing. Raises Unrendered."""
        if isinstance(value, Mapping):
            pairs = ((key, self.render(item, f"{place}.{key}" if place else str(key))) for key, item in value.items())
            return {key: item for key, item in pairs if item is not None}
        if isinstance(value, list):
            items = [self.render(item, f"{place}[{index}]") for index, item in enumerate(value)]
            # What holds nothing is not set, so a list ends with its last item that is.
            while items and items[-1] is None:
                items.pop()
            return items
        if not isinstance(value, str):
            return value
        try:
            found = self._text(value)
            # A value may hold variables itself: they are looked at once more, without `this`, and not a third time.
            found = self._outer._text(found) if isinstance(found, str) else found
        except UnresolvedVariable as error:
            raise Unrendered(place, str(error)) from None
        return found if isinstance(found, str) else self.render(found, place)

    @property
    def _outer(self) -> Variables:
        return replace(self, names={name: value for name, value in self.names.items() if name != "this"})

    def _text(self, text: str) -> Any:
        """A text that is one variable and no more takes over the variable's type."""
        if "<%" in text and "%>" in text:
            raise UnresolvedVariable("<% %> is run as JavaScript by Serverless Devs and is not read here; use ${ } or other characters")
        whole = _VARIABLE.fullmatch(text)
        return self._value(whole) if whole else _VARIABLE.sub(lambda match: as_text(self._value(match)), text)

    def _value(self, match: re.Match[str]) -> Any:
        found = self._evaluated(match[1])
        if found is not MISSING and found is not None:
            return found
        if _AFTER_DEPLOYMENT.match(match[1]):
            return match[0]
        raise UnresolvedVariable(f"{match[0]} has no value; {self._advice(match[1])}")

    def _evaluated(self, code: str) -> Any:
        functions = {
            "env": self._env,
            "config": self._config,
            "path": self._path,
            "file": self._file,
            "json": self._json,
            "yaml": self._yaml,
            "str": self._str,
        }
        return evaluate(code, self.names, functions)

    def _advice(self, code: str) -> str:
        """Which part of a name is the first without a value."""
        choice = _CHOICE.match(code)
        choices = self._evaluated(choice[1]) if choice else None
        chosen = as_text(self._evaluated(choice[2])) if choice else ""
        if choice and isinstance(choices, Mapping) and chosen not in choices:
            return f"{choice[1]} has no '{chosen}'; choose one of {', '.join(choices)}"
        head, *keys = code.split(".")
        if head not in self.names:
            return f"it is not a variable of Serverless Devs; begin with one of {', '.join(sorted(self.names))}"
        missing = next((key for index, key in enumerate(keys) if follow(self.names[head], keys[: index + 1]) in (MISSING, None)), code)
        return f"there is no '{missing}'; add it or correct the name"

    def _env(self, name: str, default: Any = None) -> Any:
        found = self.environment.get(name) or default  # one that is empty counts as unset
        if found is None:
            raise UnresolvedVariable(f"the environment variable {name} is not set; set it, or give a default: ${{env('{name}', 'value')}}")
        return found

    def _config(self, name: str) -> str:
        if self.config is None:
            return f"${{config('{name}')}}"
        if name not in self.config:
            raise UnresolvedVariable(f"config('{name}') is not known here; use one of {', '.join(sorted(self.config)) or 'none'}")
        return self.config[name]

    def _path(self, path: str) -> str:
        found = os.path.normpath(self.folder / path) + ("/" if path.endswith("/") else "")
        if not Path(found).exists():
            raise UnresolvedVariable(f"the path {path} does not exist; correct it")
        return found

    def _file(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise UnresolvedVariable(f"the file {name} can't be read ({reason}); correct its path") from None

    def _json(self, text: str) -> Any:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise UnresolvedVariable(f"json() got no JSON ({error}); give it JSON") from None

    def _yaml(self, text: str) -> Any:
        try:
            return load_yaml(text)
        except yaml.YAMLError as error:
            raise UnresolvedVariable(f"yaml() got no YAML ({error}); correct the file") from None

    def _str(self, name: str) -> str:
        head, *keys = name.split(".")
        found = follow(self.names.get(head, MISSING), keys)
        return name if found is MISSING else as_text(found)
