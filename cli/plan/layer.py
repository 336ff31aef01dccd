"""The layer that was built, against the version that `s.yaml` names."""

from __future__ import annotations

from pathlib import Path

from cli.deployment.function_compute import FunctionCompute, LayerVersion
from cli.plan.changes import Change, FieldChange
from cli.plan.code import checksum_of
from localcloud.fc.project.project import Project
from sightline.errors import ServiceRefused

PUBLISH = "`s layer publish` (docs/deploy.md)"


def layer_changes(project: Project, cloud: FunctionCompute, built: Path) -> list[Change]:
    """One for each layer version that a function uses. `built` is the zip file of `make layer`.

    Raises ServiceRefused and ServiceUnreachable.
    """
    return [_change(arn, cloud, built) for arn in sorted({arn for function in project.functions.values() for arn in function.layers})]


def _change(arn: str, cloud: FunctionCompute, built: Path) -> Change:
    layer, _, number = arn.partition(":layers/")[2].partition("/versions/")
    name, versions = f"{layer} version {number}", _versions(cloud, layer)
    named = next((version for version in versions if version.version == int(number)), None)
    if named is None:
        return Change("layer", name, "create", note=f"no such version is published: `make layer`, then {PUBLISH}")
    if not built.is_file():
        return Change("layer", name, "unknown", note=f"{built} is not there: `make layer` builds what would be published")
    if not named.code_checksum:
        return Change("layer", name, "unknown", note="the service tells no checksum of it")
    checksum = checksum_of(built)
    return Change("layer", name, "unchanged") if named.code_checksum == checksum else _another(name, named, checksum, versions)


def _another(name: str, named: LayerVersion, checksum: str, versions: list[LayerVersion]) -> Change:
    """What is built is not the version that s.yaml names: it may be published under another number."""
    same = next((version.version for version in versions if version.code_checksum == checksum), None)
    following = max(version.version for version in versions) + 1
    how = f"it is published as version {same}" if same else f"{PUBLISH} would make it version {following}"
    note = f"s.yaml names version {named.version}, and another one is built: {how}; then set SIGHTLINE_LAYER_VERSION={same or following}"
    return Change("layer", name, "stays", (FieldChange("codeChecksum", named.code_checksum, checksum),), note)


def _versions(cloud: FunctionCompute, layer: str) -> list[LayerVersion]:
    try:
        return cloud.list_layer_versions(layer)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return []
