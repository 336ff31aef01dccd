"""Circles: a function that starts itself, through what it writes or sends, and is billed for every round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cli.check.declared import Resource, Sheet, uses_sightline
from cli.check.finding import Findings, error, severe, warning
from localcloud.fc.project.cloud_only import OssMountConfig
from localcloud.fc.project.project import Destination
from localcloud.fc.project.trigger import EventBridgeTrigger, MnsTopicTrigger, OssTrigger
from sightline.settings import FIELDS

# What a function's variables call the places that it writes to. Nothing else in the file says where code writes.
_OUTPUT = re.compile(
    r"(?P<stem>(?:\w+_)?(?:OUTPUT|OUT|RESULTS?|TARGET|DEST|DESTINATION|THUMBNAILS?|ARCHIVE|STATE))_(?P<part>BUCKET|PREFIX|DIR|PATH)"
)


@dataclass(frozen=True)
class Step:
    """From one function to another that it starts; `place` is where the file says so, `through` the bucket, topic, queue or name.

    `is_certain` unless only an object's suffix decides.
    """

    place: str
    through: str
    target: Resource
    is_write: bool = False
    is_certain: bool = True


def circles(sheet: Sheet) -> Findings:
    """No function leads back to itself, and ours write nowhere that starts anybody."""
    steps = {resource.name: [*_writes(resource, sheet), *_sends(resource, sheet)] for resource in sheet.resources}
    for resource in sheet.resources:
        for step in steps[resource.name]:
            way = _way(steps, step.target, resource)
            if way:
                problem = f"leads in a circle: {resource.name} > {step.through} > {way}"
                yield severe(step.is_certain)(step.place, problem, "write or send to what starts none of them")
            elif step.is_write:
                problem = f"{step.through} is written by {resource.name} and starts {step.target.name}"
                yield severe(uses_sightline(resource.function))(step.place, problem, "make sure that it is meant, or write elsewhere")


def _way(steps: Mapping[str, list[Step]], start: Resource, end: Resource) -> str:
    """The way from one function to another; empty if there is none."""
    ways, seen = [(start.name, start.name)], {start.name}
    while ways:
        name, way = ways.pop()
        if name == end.name:
            return way
        for step in steps[name]:
            if step.target.name not in seen:
                seen.add(step.target.name)
                ways.append((step.target.name, f"{way} > {step.through} > {step.target.name}"))
    return ""


def _sends(resource: Resource, sheet: Sheet) -> Iterator[Step]:
    for keys, destination in resource.destinations:
        for target in _started(destination, sheet):
            yield Step(resource.path(*keys), f"{destination.kind}/{destination.name}", target)


def _started(destination: Destination, sheet: Sheet) -> Iterator[Resource]:
    if destination.kind == "functions":
        yield from (resource for resource in sheet.resources if resource.function.function_name == destination.name)
    for resource, _, trigger in sheet.triggers:
        is_topic = isinstance(trigger, MnsTopicTrigger) and ("topics", trigger.topic) == (destination.kind, destination.name)
        is_queue = isinstance(trigger, EventBridgeTrigger) and ("queues", trigger.source.queue_name) == (destination.kind, destination.name)
        if is_topic or is_queue:
            yield resource


def _writes(resource: Resource, sheet: Sheet) -> Iterator[Step]:
    for place, bucket, prefix in _written(resource):
        for target, _, trigger in sheet.triggers:
            if isinstance(trigger, OssTrigger) and trigger.bucket == bucket and _may_fire(trigger, prefix):
                yield Step(place, f"oss://{bucket}/{prefix}", target, is_write=True, is_certain=not trigger.key.suffix)


def _may_fire(trigger: OssTrigger, prefix: str) -> bool:
    creates = any(event.startswith("oss:ObjectCreated:") for event in trigger.trigger_config.events)
    return creates and (prefix.startswith(trigger.key.prefix) or trigger.key.prefix.startswith(prefix))


def _written(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Where a function writes: the place in the file, the bucket, and the keys' prefix."""
    stems: dict[str, dict[str, str]] = {}
    for name in resource.function.environment_variables:
        found = _OUTPUT.fullmatch(name.upper())
        if found:
            stems.setdefault(found["stem"], {})[found["part"]] = name
    for parts in stems.values():
        yield from _of_variables(resource, parts)
    mounts = resource.function.oss_mount_config
    if isinstance(mounts, OssMountConfig):
        for index, mount in enumerate(mounts.mount_points):
            if not mount.read_only:
                yield resource.path("ossMountConfig", "mountPoints", index), mount.bucket_name, mount.bucket_path.strip("/")


def _of_variables(resource: Resource, parts: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    variables = resource.function.environment_variables
    name = next((parts[part] for part in ("PREFIX", "DIR", "PATH") if part in parts), "")
    prefix = variables.get(name, "")
    if prefix.startswith("/tmp"):
        return
    # A prefix without a bucket is one of the bucket that the function is started by.
    own = {trigger.bucket for trigger in resource.function.triggers if isinstance(trigger, OssTrigger)}
    for bucket in [variables[parts["BUCKET"]]] if "BUCKET" in parts else sorted(own):
        yield resource.path("environmentVariables", name or parts["BUCKET"]), bucket, prefix.lstrip("/")


def watched(sheet: Sheet) -> Findings:
    """What starts our functions is what their settings call media."""
    for resource, index, trigger in sheet.triggers:
        if not isinstance(trigger, OssTrigger) or not uses_sightline(resource.function):
            continue
        settings = resource.function.environment_variables
        if settings.get("MEDIA_BUCKET", trigger.bucket) != trigger.bucket:
            problem = f"watches bucket {trigger.bucket}, and MEDIA_BUCKET is {settings['MEDIA_BUCKET']}"
            yield error(resource.path("triggers", index, "sourceArn"), problem, "name the media bucket in both")
        if settings.get("UPLOAD_PREFIX", trigger.key.prefix) != trigger.key.prefix:
            problem = f"is '{trigger.key.prefix}', and UPLOAD_PREFIX is '{settings['UPLOAD_PREFIX']}'"
            yield warning(
                resource.path("triggers", index, "triggerConfig", "filter", "key", "prefix"), problem, "write the same prefix in both"
            )


def derived(sheet: Sheet) -> Findings:
    """What jobs make of media starts none of our functions: it would be taken for an upload, and get jobs in its turn."""
    folders = {_derived_folder(resource) for resource in sheet.resources if uses_sightline(resource.function)}
    for resource, index, trigger in sheet.triggers:
        if not isinstance(trigger, OssTrigger):
            continue
        for bucket, prefix in sorted(folders):
            if trigger.bucket == bucket and _may_fire(trigger, prefix):
                place = resource.path("triggers", index, "triggerConfig", "filter", "key", "prefix")
                problem = f"is '{trigger.key.prefix}', and DERIVED_PREFIX is '{prefix}': what jobs make starts {resource.name}"
                yield severe(uses_sightline(resource.function))(place, problem, "let neither be below the other")


def _derived_folder(resource: Resource) -> tuple[str, str]:
    variables = resource.function.environment_variables
    return variables.get("MEDIA_BUCKET", ""), variables.get("DERIVED_PREFIX") or str(FIELDS["derived_prefix"].default)
