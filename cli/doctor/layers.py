"""The functions' layer, beside what is published and what was built."""

from __future__ import annotations

from pathlib import Path

from cli.deployment.function_compute import LayerVersion
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.functions import functions
from cli.doctor.site import Site
from cli.plan.code import checksum_of
from sightline.errors import ServiceRefused

LAYER_ZIP = Path("build/layer.zip")


@check(functions)
def layer_version(site: Site) -> Finding:
    """The functions' layer exists in the version that they name, and it is the latest."""
    named = _own_layers(site)
    for layer, version in named:
        published = _published(site, layer)
        if version not in [one.version for one in published]:
            return failed(f"layer {layer} has no version {version}", site.mend.layer)
        if published[0].version > version:
            fix = f"`export SIGHTLINE_LAYER_VERSION={published[0].version}`, then {site.mend.deploy}"
            return warned(f"version {version} of layer {layer} is deployed, and {published[0].version} is the latest", fix)
    return passed(", ".join(f"{layer} version {version}, the latest" for layer, version in named) or "no layer is declared")


@check(layer_version)
def layer_content(site: Site) -> Finding:
    """The layer that is published is the one that this checkout has built."""
    built = site.folder / LAYER_ZIP
    for layer, version in _own_layers(site):
        checksum = next((one.code_checksum for one in _published(site, layer) if one.version == version), "")
        if not checksum:
            return unknown(f"Function Compute tells no checksum of layer {layer}")
        if not built.is_file():
            return unknown(f"there is no {LAYER_ZIP} to compare it with", "`make layer`")
        if checksum != checksum_of(built):
            return warned(f"version {version} of layer {layer} holds something else than {LAYER_ZIP}", site.mend.layer)
    return passed(f"as in {LAYER_ZIP}")


def _own_layers(site: Site) -> list[tuple[str, int]]:
    """Names and versions; of another account's layer nothing is told."""
    own = f":{site.target.account_id}:layers/"
    named = {arn.partition(own)[2] for one in site.functions for arn in one.layers if own in arn}
    return sorted((name, int(version)) for name, _, version in (one.partition("/versions/") for one in named))


def _published(site: Site, layer: str) -> list[LayerVersion]:
    """Newest first."""
    try:
        return site.function_compute.list_layer_versions(layer)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return []


CHECKS = (layer_version, layer_content)
