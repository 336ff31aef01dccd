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
    named = _version(cloud, layer, int(number))
    name = f"{layer} version {number}"
    if named is None:
        return Change("layer", name, "create", note=f"no such version is published: `make layer`, then {PUBLISH}")
    if not built.is_file():
        return Change("layer", name, "unknown", note=f"{built} is not there: `make layer` builds what would be published")
    if not named.code_checksum:
        return Change("layer", name, "unknown", note="the service tells no checksum of it")
    checksum = checksum_of(built)
    if named.code_checksum == checksum:
        return Change("layer", name, "unchanged")
    return _another(layer, named, checksum, cloud.list_layer_versions(layer))


def _another(layer: str, named: LayerVersion, checksum: str, versions: list[LayerVersion]) -> Change:
    """What is built is not the version that s.yaml names: it may be published under another number."""
    same = next((version.version for version in versions if version.code_checksum == checksum), None)
    following = max(version.version for version in [named, *versions]) + 1
    how = f"it is published as version {same}" if same else f"{PUBLISH} would make it version {following}"
    note = f"s.yaml names version {named.version}, and another one is built: {how}; then set SIGHTLINE_LAYER_VERSION={same or following}"
    fields = (FieldChange("codeChecksum", named.code_checksum, checksum),)
    return Change("layer", f"{layer} version {named.version}", "stays", fields, note)


def _version(cloud: FunctionCompute, layer: str, number: int) -> LayerVersion | None:
    try:
        return cloud.get_layer_version(layer, number)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return None
