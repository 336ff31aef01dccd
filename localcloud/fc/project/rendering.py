"""A project file with its templates, its `extend` and its variables worked in: what `s preview -o json` shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.fc.errors import ProjectError
from localcloud.fc.project.dotenv import with_dotenv
from localcloud.fc.project.expression import follow
from localcloud.fc.project.variables import Unrendered, Variables
from localcloud.fc.project.yaml_file import read_yaml


def render(file: Path, environment: Mapping[str, str], config: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The document in `file`. Raises ProjectError, which names the file, the key and the fix.

    `environment` answers `${env()}` before the `.env` files beside `file` and in its code folders do; `config` answers `${config()}`,
    which stays in the text without it.
    """
    document = _document(file)
    base = document.get("extend")
    if isinstance(base, str):
        parent = _document(file.parent / base)
        rest = merged({key: value for key, value in parent.items() if key != "resources"}, document)
        first = _Pass(file.parent / base, environment, config).render({**parent, **rest, "resources": parent.get("resources", {})})
        second = _Pass(file, environment, config).render({**document, **rest, "resources": document.get("resources", {})})
        document = merged(first, second)
        del document["extend"]
    if not isinstance(document.get("resources"), dict):
        raise ProjectError(f"{file}: resources: has to be a mapping of names to functions; add it")
    return _Pass(file, environment, config).render(document)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with what is in `over`, key by key; a list is replaced whole."""
    result = dict(base)
    for key, value in over.items():
        mine = result.get(key)
        result[key] = merged(mine if isinstance(mine, Mapping) else {}, value) if isinstance(value, Mapping) else value
    return result


def _document(file: Path) -> dict[str, Any]:
    document = read_yaml(file)
    if not isinstance(document, dict):
        raise ProjectError(f"{file}: resources: has to be a mapping of names to functions; add it")
    return document


@dataclass(frozen=True)
class _Pass:
    """One going through a document: first its head, then each resource with what is rendered so far."""

    file: Path
    environment: Mapping[str, str]
    config: Mapping[str, str] | None

    def render(self, document: Mapping[str, Any]) -> dict[str, Any]:
        folder = self.file.absolute().parent
        codes = [follow(resource, ["props", "code"]) for resource in document["resources"].values()]
        environment = with_dotenv(
            self.environment, [folder, *(folder / code for code in codes if isinstance(code, str) and "$" not in code)]
        )
        head = {key: value for key, value in document.items() if key != "resources"}
        common = Variables({"vars": document.get("vars") or {}}, environment, folder, self.config)
        content = {**head, **self._rendered(common, head, ""), "resources": dict(document["resources"])}
        common = Variables({"vars": content.get("vars") or {}}, environment, folder, self.config)
        for name, resource in document["resources"].items():
            if isinstance(resource, dict):
                content["resources"][name] = self._resource(name, resource, content, common)
        return {key: value for key, value in content.items() if value is not None}

    def _resource(self, name: str, resource: dict[str, Any], content: dict[str, Any], common: Variables) -> Any:
        place = f"resources.{name}"
        extend = resource.get("extend") or {}
        template = (content.get("template") or {}).get(extend.get("name")) or {}
        kept = {key: value for key, value in template.items() if key not in (extend.get("ignore") or [])}
        props = resource.get("props")
        if isinstance(props, Mapping) or kept:
            resource = {**resource, "props": merged(self._rendered(common, kept, f"template.{extend.get('name')}"), props or {})}
        resources = {**content["resources"], name: resource}
        this = {"name": name, "access": content.get("access"), **resource}
        names = {**common.names, "resources": resources, "this": this}
        # `this.props` is itself rendered before the rest sees it.
        early = Variables(names, common.environment, common.folder, self.config)
        this = {**this, "props": self._rendered(early, resource.get("props") or {}, f"{place}.props")}
        variables = Variables({**names, "this": this}, common.environment, common.folder, self.config)
        return self._rendered(variables, resource, place)

    def _rendered(self, variables: Variables, value: Any, place: str) -> Any:
        try:
            return variables.render(value, place)
        except Unrendered as error:
            raise ProjectError(f"{self.file}: {error.place}: {error}") from None
