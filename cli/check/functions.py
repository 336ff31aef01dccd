"""Functions: what does not go together, their roles, their logs, and names that two have."""

from __future__ import annotations

import re
from collections import Counter

from cli.check.declared import CloudFunction, Resource, Sheet, uses_sightline
from cli.check.finding import Findings, error, severe, warning
from localcloud.fc.project.project import LogConfig

_ROLE = re.compile(r"acs:ram::[^:/]*:role/[\w.-]+|[\w.-]+")
_LAYER_REGION = re.compile(r"acs:fc:([^:]*):")


def contradictions(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        for key, problem in resource.function.contradictions(resource.function.triggers):
            what, _, fix = problem.rpartition("; ")
            yield error(resource.path(key), what, fix)


def names(sheet: Sheet) -> Findings:
    """Two of one name would be deployed over each other."""
    counts = Counter((resource.function.region, resource.function.function_name) for resource in sheet.resources)
    for resource in sheet.resources:
        if counts[resource.function.region, resource.function.function_name] > 1:
            yield error(
                resource.path("functionName"), f"'{resource.function.function_name}' is the name of another function too", "rename one"
            )


def roles(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        role, path = resource.function.role, resource.path("role")
        if role and not _ROLE.fullmatch(role):
            yield error(path, f"'{role}' is no role", "write its ARN, acs:ram::ACCOUNT:role/NAME, or its name")
        needs = _needs(resource.function)
        if needs and not role:
            severity = severe(uses_sightline(resource.function))
            yield severity(
                path, f"is missing, and {needs} needs one: fc3 would make one through RAM", "name the role with just the rights it needs"
            )


def _needs(function: CloudFunction) -> str:
    """What the function's role is for; empty where nothing asks for one."""
    destinations = function.async_invoke_config.destination_config
    reasons = {
        "logConfig": isinstance(function.log_config, LogConfig) and bool(function.log_config.project),
        "a destination": bool(destinations.on_success or destinations.on_failure),
        "vpcConfig": function.vpc_config is not None,
        "nasConfig": function.nas_config is not None,
        "ossMountConfig": function.oss_mount_config is not None,
        "its own code": uses_sightline(function),
    }
    return next((name for name, is_so in reasons.items() if is_so), "")


def logs(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        # Others may do without; a part without project and logstore is refused.
        is_severe = uses_sightline(resource.function) or "logConfig" in resource.props
        path, severity = resource.path("logConfig"), severe(is_severe)
        config = resource.function.log_config
        if not isinstance(config, LogConfig):
            yield warning(
                path, "'auto' lets fc3 make a log project, with rights that a deployment should not need", "name project and logstore"
            )
        elif not (config.project or config.logstore):
            yield severity(path, "is missing: what the function prints is lost", "name project and logstore")
        elif not (config.project and config.logstore):
            missing = "logstore" if config.project else "project"
            yield error(resource.path("logConfig", missing), "is missing", "name both project and logstore")


def layers(sheet: Sheet) -> Findings:
    for resource in sheet.resources:
        for index, layer in enumerate(resource.function.layers):
            found = _LAYER_REGION.match(layer)
            if found and found[1] not in ("", resource.function.region) and not found[1].startswith("${"):
                problem = f"lies in {found[1]}, the function in {resource.function.region}"
                yield error(resource.path("layers", index), problem, "publish the layer in the function's region, and name that version")


def provisioning(sheet: Sheet) -> Findings:
    """What fc3 takes one of only, and what one key says about another."""
    for resource in sheet.resources:
        function = resource.function
        if function.provision_config is not None and function.scaling_config is not None:
            yield error(resource.path("scalingConfig"), "stands beside provisionConfig", "keep one of them")
        if function.instance_concurrency > 1 and not function.runtime.startswith("custom"):
            problem = f"{function.instance_concurrency} requests at once are for custom runtimes alone"
            yield error(resource.path("instanceConcurrency"), problem, "remove it, or use a custom runtime")
        if function.is_container and function.custom_container_config is None:
            yield error(resource.path("customContainerConfig"), f"is missing for runtime {function.runtime}", "name its image")


def places(sheet: Sheet) -> Findings:
    """A trigger and its function lie in one region."""
    for resource, index, trigger in sheet.triggers:
        parts = trigger.source_arn.split(":")
        if len(parts) > 4 and parts[2] not in ("", resource.function.region) and not parts[2].startswith("${"):
            problem = f"lies in {parts[2]}, the function in {resource.function.region}"
            yield error(resource.path("triggers", index, "sourceArn"), problem, "put both into one region")


def destinations(sheet: Sheet) -> Findings:
    """Function Compute sends to its own region only."""
    for resource in sheet.resources:
        for keys, destination in resource.destinations:
            region = destination.destination.split(":")[2]
            if region not in ("", resource.function.region) and not region.startswith("${"):
                problem = f"lies in {region}, the function in {resource.function.region}"
                yield error(resource.path(*keys), problem, "name one in the function's region")


def stray(sheet: Sheet) -> Findings:
    """Variables that are still variables: Serverless Devs looks at a value twice and no more."""
    for resource in sheet.resources:
        yield from _stray(resource, resource.props, ())


def _stray(resource: Resource, value: object, place: tuple[str | int, ...]) -> Findings:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _stray(resource, item, (*place, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _stray(resource, item, (*place, index))
    elif isinstance(value, str):
        left = [
            found
            for found in re.findall(r"\$\{[^}]*\}", value)
            if not re.match(r"\$\{(config\(|(resources|components)\.[^.]+\.(output|info))", found)
        ]
        if left:
            yield error(
                resource.path(*place), f"{left[0]} stays as it is: Serverless Devs looks at a value twice only", "write it with fewer steps"
            )
