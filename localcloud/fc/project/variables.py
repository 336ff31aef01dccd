"""The variables of a Serverless Devs file: `${vars.x}`, `${env('X', 'default')}`, `${resources.other.props.x}` and their like.

The rules follow what `s preview` of Serverless Devs 3.1 renders (https://docs.serverless-devs.com/user-guide/spec/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_CALL = re.compile(r"(\w+)\((.*)\)((?:\.[\w-]+)*)", re.DOTALL)
_ARGUMENT = re.compile(r"""\s*('[^']*'|"[^"]*"|\w+\([^()]*\)|[^,]+?)\s*(?:,|$)""")


class UnresolvedVariable(Exception):
    """A variable that has no value; the message says why and what to do."""


class _KnownAfterDeployment(Exception):
    """An output of another resource: it stays in the text as it is, as `s preview` leaves it."""


@dataclass(frozen=True)
class Variables:
    """What the variables of one document are looked up in.

    `environment` answers `env()`, `config` answers `config()` (`AccountID`); files are relative to `folder`.
    """

    document: Mapping[str, Any]
    environment: Mapping[str, str]
    folder: Path
    config: Mapping[str, str] = field(default_factory=dict)

    def render(self, value: Any, resource: str | None = None) -> Any:
        """`value` with every variable in it replaced. A text that is one variable and no more takes over the variable's type.

        `resource` is the one that `this` stands for. Raises UnresolvedVariable.
        """
        return self._render(value, resource, ())

    def _render(self, value: Any, resource: str | None, under_way: tuple[str, ...]) -> Any:
        if isinstance(value, dict):
            return {key: self._render(item, resource, under_way) for key, item in value.items()}
        if isinstance(value, list):
            return [self._render(item, resource, under_way) for item in value]
        return self._render_text(value, resource, under_way) if isinstance(value, str) else value

    def _render_text(self, text: str, resource: str | None, under_way: tuple[str, ...]) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole:
            return self._value(whole, resource, under_way)
        return _VARIABLE.sub(lambda match: _as_text(self._value(match, resource, under_way)), text)

    def _value(self, match: re.Match[str], resource: str | None, under_way: tuple[str, ...]) -> Any:
        expression = match[1].strip()
        if expression in under_way:
            raise UnresolvedVariable(f"{match[0]} refers to itself; break the circle")
        try:
            return self._evaluate(expression, resource, (*under_way, expression))
        except _KnownAfterDeployment:
            return match[0]

    def _evaluate(self, expression: str, resource: str | None, under_way: tuple[str, ...]) -> Any:
        call = _CALL.fullmatch(expression)
        if call:
            function, arguments, rest = call.groups()
            values = [self._argument(argument, resource, under_way) for argument in _ARGUMENT.findall(arguments)]
            return _follow(self._call(function, values, expression), rest.split(".")[1:], expression)
        return self._path(expression, resource, under_way)

    def _argument(self, text: str, resource: str | None, under_way: tuple[str, ...]) -> Any:
        if text[0] in "'\"":
            return text[1:-1]
        return self._evaluate(text, resource, under_way) if "(" in text else text

    def _path(self, expression: str, resource: str | None, under_way: tuple[str, ...]) -> Any:
        head, *keys = expression.split(".")
        if head == "vars":
            found = _follow(self.document.get("vars") or {}, keys, expression)
            return self._render(found, resource, under_way)
        if head == "this" and resource is not None:
            return self._of_resource(resource, keys, expression, under_way)
        if head == "resources" and keys:
            return self._of_resource(keys[0], keys[1:], expression, under_way)
        raise UnresolvedVariable(f"${{{expression}}} is not a variable of Serverless Devs; correct its name")

    def _of_resource(self, name: str, keys: list[str], expression: str, under_way: tuple[str, ...]) -> Any:
        if keys and keys[0] == "output":
            raise _KnownAfterDeployment
        found = _follow(self.document.get("resources") or {}, [name, *keys], expression)
        return self._render(found, name, under_way)

    def _call(self, function: str, arguments: list[Any], expression: str) -> Any:
        calls: dict[str, Callable[..., Any]] = {
            "env": self._env,
            "config": self._config,
            "path": lambda path: str((self.folder / path).resolve()),
            "file": self._file,
            "json": json.loads,
        }
        if function not in calls:
            raise UnresolvedVariable(f"${{{expression}}} calls {function}(), which is unknown; use one of {', '.join(sorted(calls))}")
        try:
            return calls[function](*arguments)
        except TypeError:
            raise UnresolvedVariable(f"${{{expression}}} has the wrong number of arguments") from None
        except json.JSONDecodeError as error:
            raise UnresolvedVariable(f"${{{expression}}} is not JSON ({error}); correct the file") from None

    def _env(self, name: str, *default: str) -> str:
        if name in self.environment:
            return self.environment[name]
        if default:
            return default[0]
        raise UnresolvedVariable(f"the environment variable {name} is not set; set it, or give a default: ${{env('{name}', 'value')}}")

    def _config(self, name: str) -> str:
        if name not in self.config:
            raise UnresolvedVariable(f"config('{name}') is not known here; use one of {', '.join(sorted(self.config)) or 'none'}")
        return self.config[name]

    def _file(self, name: str) -> str:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError as error:
            raise UnresolvedVariable(f"the file {name} can't be read ({error.strerror}); correct its path") from None


def _follow(value: Any, keys: list[str], expression: str) -> Any:
    for key in keys:
        if not isinstance(value, Mapping) or key not in value:
            raise UnresolvedVariable(f"${{{expression}}} has no value: there is no '{key}'; add it or correct the name")
        value = value[key]
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
