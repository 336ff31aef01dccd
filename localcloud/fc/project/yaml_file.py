"""YAML as Serverless Devs reads it: js-yaml 4, which follows YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema).

PyYAML follows 1.1, where `on` is true, `010` is eight and `1:30` is ninety.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.expression import as_text

_POWER = r"(?:[eE][-+]?\d+)?"
_ENDLESS = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_TIME = r"\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?"
_LARGEST_EXACT = 2**53
"""JavaScript's numbers are all of double precision."""
_MERGE = "tag:yaml.org,2002:merge"
_SCALARS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"(?!.*_\Z)[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|\d[\d_]*)", "-+0123456789"),
    ("float", rf"(?!.*_\Z)(?:[-+]?\d[\d_]*(?:\.[\d_]*)?{_POWER}|\.[\d_]+{_POWER}|{_ENDLESS})", "-+.0123456789"),
    ("timestamp", rf"\d{{4}}-\d\d-\d\d|\d{{4}}-\d\d?-\d\d?(?:[Tt]|[ \t]+){_TIME}", "0123456789"),
    ("merge", r"<<", "<"),
)  # fmt: skip


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 (as PyYAML declares it); the resolvers of YAML 1.1 are left behind

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: ARG002 (PyYAML's signature)
        keys = [self._key(key) for key, _ in node.value if key.tag != _MERGE]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                raise yaml.constructor.ConstructorError(None, None, f"duplicated mapping key '{key}'", node.start_mark)
        # Of two merges in one mapping the first counts; PyYAML takes the last.
        merges = [pair for pair in node.value if pair[0].tag == _MERGE]
        node.value = [*reversed(merges), *(pair for pair in node.value if pair[0].tag != _MERGE)]
        self.flatten_mapping(node)
        return {self._key(key): self.construct_object(value, deep=True) for key, value in node.value}

    def scan_to_next_token(self) -> None:
        """PyYAML takes no tab for white space; YAML does, wherever it does not indent."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or self.buffer[self.pointer - self.column : self.pointer].strip()):
            self.forward()
            super().scan_to_next_token()

    def _key(self, node: yaml.Node) -> str:
        """JavaScript's keys are texts."""
        return as_text(self.construct_object(node, deep=True))

    def _int(self, node: yaml.ScalarNode) -> int | float:
        text = str(node.value).replace("_", "")
        digits = text.lstrip("+-")
        base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2], 10)
        value = -int(digits, base) if text.startswith("-") else int(digits, base)
        return value if abs(value) <= _LARGEST_EXACT else float(value)

    def _float(self, node: yaml.ScalarNode) -> float:
        return float(str(node.value).replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))

    def _refuse(self, node: yaml.Node) -> None:
        """What these become in Serverless Devs is of no use to anybody."""
        raise yaml.constructor.ConstructorError(None, None, f"the tag {node.tag} is not read here", node.start_mark)

    def _timestamp(self, node: yaml.ScalarNode) -> dict[str, Any]:
        # It becomes a Date, of which Serverless Devs copies the keys, and a Date has none.
        del node
        return {}


for name, pattern, first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern})\Z"), ["" if c == "\0" else c for c in first])
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader._int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader._float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader._timestamp)
for name in ("binary", "omap", "pairs", "set"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{name}", _Loader._refuse)


def load_yaml(text: str) -> Any:
    """Raises yaml.YAMLError; also for a key that stands twice in a mapping, which js-yaml refuses."""
    return yaml.load(text, _Loader)


def read_yaml(file: Path) -> Any:
    """Raises ProjectError."""
    try:
        return load_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProjectError(f"{file}: can't be read ({error.strerror}); correct the path") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file}: is not YAML: {error}") from None
    except RecursionError:
        raise ProjectError(f"{file}: is nested too deeply; make it flatter") from None
