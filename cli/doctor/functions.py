"""What is deployed, beside what s.yaml says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastcrc.crc64 import xz

from cli.deployment.function_compute import DeployedFunction, DeployedTrigger, LayerVersion
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from localcloud.fc.project.project import Function
from localcloud.fc.project.trigger import HttpTrigger, OssTrigger, TimerTrigger, Trigger
from sightline.errors import ServiceRefused

_LAYER = re.compile(r":layers/([^/]+)/versions/(\d+)$")
LAYER_ZIP = Path("build/layer.zip")


@check(credentials)
def functions(site: Site) -> Finding:
    """Every function of s.yaml is deployed and able to run."""
    deployed = _deployed(site)
    missing = [one.function_name for one in site.functions if one.function_name not in deployed]
    if missing:
        return failed(f"not deployed: {', '.join(missing)}", site.deploy)
    broken = [f"{one.function_name} ({one.state_reason or one.state})" for one in deployed.values() if one.state not in ("", "Active")]
    if broken:
        return failed(f"not active: {', '.join(broken)}", f"look at the function in the console, then {site.deploy}")
    return passed(", ".join(deployed))


def _deployed(site: Site) -> dict[str, DeployedFunction]:
    """Those that s.yaml names; one by one, since a region may hold many others."""
    found = {}
    for one in site.functions:
        try:
            found[one.function_name] = site.function_compute.get_function(one.function_name)
        except ServiceRefused as error:
            if not error.missing:
                raise
    return found


@check(functions)
def function_configuration(site: Site) -> Finding:
    """Runtime, handler, size, time limits, role and layers are as s.yaml says."""
    return _compared(site, _configuration_differences)


def _configuration_differences(wanted: Function, found: DeployedFunction) -> Iterator[str]:
    for name in ("runtime", "handler", "memory_size", "cpu", "disk_size", "timeout"):
        if getattr(wanted, name) != getattr(found, name):
            yield f"{name} is {getattr(found, name)}, not {getattr(wanted, name)}"
    # Serverless Devs writes role names in small letters (devsapp/fc3, base.ts).
    if _role_name(wanted.role) != _role_name(found.role):
        yield f"role is {found.role or 'none'}, not {wanted.role or 'none'}"
    if list(wanted.layers) != [layer.arn for layer in found.layers]:
        yield f"layers are {', '.join(layer.arn for layer in found.layers) or 'none'}, not {', '.join(wanted.layers) or 'none'}"
    for hook, declared in (
        ("initializer", wanted.instance_lifecycle_config.initializer),
        ("preStop", wanted.instance_lifecycle_config.pre_stop),
    ):
        if (declared.handler if declared else "") != str((found.instance_lifecycle_config.get(hook) or {}).get("handler") or ""):
            yield f"{hook} differs"


def _role_name(role: str) -> str:
    return role.rpartition("/")[2].lower()


@check(functions)
def function_environment(site: Site) -> Finding:
    """The deployed functions have the settings of s.yaml, as the SIGHTLINE_ variables render it here."""
    return _compared(site, _environment_differences)


def _environment_differences(wanted: Function, found: DeployedFunction) -> Iterator[str]:
    """By name alone: a value may be secret."""
    ours, theirs = wanted.environment_variables, found.environment_variables
    yield from (f"{name} differs" for name in sorted(ours) if theirs.get(name) != ours[name])


def _compared(site: Site, differences: Any) -> Finding:
    deployed = _deployed(site)
    found = [
        f"{one.function_name}: {', '.join(different)}"
        for one in site.functions
        if (different := list(differences(one, deployed[one.function_name])))
    ]
    return warned("; ".join(found), site.deploy) if found else passed(f"{len(deployed)} functions")


@check(functions)
def layer_version(site: Site) -> Finding:
    """The functions' layer exists in the version that they name, and it is the latest."""
    named = sorted({arn for one in site.functions for arn in one.layers})
    for arn in named:
        layer, version = _layer(arn)
        published = _published(site, layer)
        if version not in [one.version for one in published]:
            return failed(f"layer {layer} has no version {version}", _publish(site))
        if published[0].version > version:
            fix = f"`export SIGHTLINE_LAYER_VERSION={published[0].version}`, then {site.deploy}"
            return warned(f"version {version} of layer {layer} is deployed, and {published[0].version} is the latest", fix)
    return passed(", ".join("{} version {}, the latest".format(*_layer(arn)) for arn in named) or "no layer is declared")


@check(layer_version)
def layer_content(site: Site) -> Finding:
    """The layer that is published is the one that this checkout has built."""
    built = site.folder / LAYER_ZIP
    for arn in sorted({arn for one in site.functions for arn in one.layers}):
        layer, version = _layer(arn)
        checksum = next(one.code_checksum for one in _published(site, layer) if one.version == version)
        if not checksum:
            return unknown(f"Function Compute tells no checksum of layer {layer}")
        if not built.is_file():
            return unknown(f"there is no {LAYER_ZIP} to compare it with", "`make layer`")
        if checksum != str(xz(built.read_bytes())):
            return warned(f"version {version} of layer {layer} holds something else than {LAYER_ZIP}", _publish(site))
    return passed(f"as in {LAYER_ZIP}")


def _layer(arn: str) -> tuple[str, int]:
    """Name and version; s.yaml was read with this form."""
    name, version = _LAYER.findall(arn)[0]
    return name, int(version)


def _published(site: Site, layer: str) -> list[LayerVersion]:
    """Newest first."""
    try:
        return site.function_compute.list_layer_versions(layer)
    except ServiceRefused as error:
        if not error.missing:
            raise
        return []


def _publish(site: Site) -> str:
    return f"`make layer`, publish it (docs/deploy.md), export SIGHTLINE_LAYER_VERSION, then {site.deploy}"


def triggers_of(site: Site, function: Function) -> dict[str, DeployedTrigger]:
    return {one.trigger_name: one for one in site.function_compute.list_triggers(function.function_name)}


@check(functions)
def oss_trigger(site: Site) -> Finding:
    """Uploads trigger their function: the bucket, the events and the prefix are those of s.yaml."""
    return _triggered(site, OssTrigger, _oss_differences)


def _oss_differences(wanted: Any, found: DeployedTrigger) -> Iterator[str]:
    config = found.trigger_config
    if found.source_arn != wanted.source_arn:
        yield f"watches {found.source_arn}, not {wanted.source_arn}"
    if set(config.get("events", [])) != set(wanted.trigger_config.events):
        yield "its events are not those of s.yaml"
    key = (config.get("filter") or {}).get("key") or {}
    if (key.get("prefix") or "", key.get("suffix") or "") != (wanted.key.prefix, wanted.key.suffix):
        yield f"watches {key.get('prefix') or 'everything'}, not {wanted.key.prefix}"
    yield from _status(found)


@check(functions)
def timer_trigger(site: Site) -> Finding:
    """The sweep's timer is on."""
    return _triggered(site, TimerTrigger, _timer_differences)


def _timer_differences(wanted: Any, found: DeployedTrigger) -> Iterator[str]:
    if found.trigger_config.get("enable", True) is not True:
        yield "is switched off"
    if found.trigger_config.get("cronExpression") != wanted.trigger_config.cron_expression:
        yield f"fires {found.trigger_config.get('cronExpression')}, not {wanted.trigger_config.cron_expression}"
    yield from _status(found)


@check(functions)
def http_trigger(site: Site) -> Finding:
    """The search page has its address, open to those that s.yaml says."""
    return _triggered(site, HttpTrigger, _http_differences)


def _http_differences(wanted: Any, found: DeployedTrigger) -> Iterator[str]:
    if found.trigger_config.get("authType") != wanted.trigger_config.auth_type:
        yield f"lets in by {found.trigger_config.get('authType')}, not by {wanted.trigger_config.auth_type}"
    if set(found.trigger_config.get("methods", [])) != set(wanted.trigger_config.methods):
        yield "its methods are not those of s.yaml"
    yield from _status(found)


def _status(found: DeployedTrigger) -> Iterator[str]:
    # No document lists the states; the SDK's model has the field, and a trigger at work shows ACTIVE or none.
    if found.status.upper() not in ("", "ACTIVE"):
        yield f"is {found.status}"


def _triggered(site: Site, kind: type[Trigger], differences: Any) -> Finding:
    named, problems = [], []
    for function in site.functions:
        for wanted in function.triggers:
            if isinstance(wanted, kind):
                found = triggers_of(site, function).get(wanted.trigger_name)
                named.append(f"{wanted.trigger_name} of {function.function_name}")
                different = ["is not deployed"] if found is None else list(differences(wanted, found))
                problems += [f"{named[-1]} {', '.join(different)}"] if different else []
    if problems:
        return failed("; ".join(problems), site.deploy)
    return passed(", ".join(named)) if named else unknown("s.yaml declares none")


@check(functions)
def failure_destinations(site: Site) -> Finding:
    """What no retry helped goes where s.yaml says, after the retries that it allows."""
    problems = []
    for one in site.functions:
        wanted, found = one.async_invoke_config, site.function_compute.get_async_invoke_config(one.function_name)
        declared = wanted.destination_config.on_failure.destination if wanted.destination_config.on_failure else ""
        on_failure = found.destination_config.on_failure if found else None
        if (on_failure.destination if on_failure else "") != declared:
            problems.append(f"{one.function_name}: failed events go to {(on_failure.destination if on_failure else '') or 'nobody'}")
        elif found and found.max_async_retry_attempts not in (None, wanted.max_async_retry_attempts):
            problems.append(f"{one.function_name}: {found.max_async_retry_attempts} retries, not {wanted.max_async_retry_attempts}")
    return failed("; ".join(problems), site.deploy) if problems else passed("as in s.yaml")


@check(functions)
def log_store(site: Site) -> Finding:
    """Every function writes its log somewhere."""
    deployed = _deployed(site)
    without = [name for name, one in deployed.items() if not (one.log_config.project and one.log_config.logstore)]
    if without:
        return warned(f"no log is kept of {', '.join(without)}", site.deploy)
    stores = sorted({f"{one.log_config.project}/{one.log_config.logstore}" for one in deployed.values()})
    return passed(", ".join(stores))


CHECKS = (
    functions,
    function_configuration,
    function_environment,
    layer_version,
    layer_content,
    oss_trigger,
    timer_trigger,
    http_trigger,
    failure_destinations,
    log_store,
)
