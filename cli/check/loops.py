"""Circles: a function that starts itself, through what it writes or sends, and is billed for every round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cli.check.declared import Resource, Sheet, uses_sightline
from cli.check.finding import Finding, Findings, error, severe, warning
from localcloud.fc.project.cloud_only import OssMountConfig
from localcloud.fc.project.project import Destination
from localcloud.fc.project.trigger import EventBridgeTrigger, MnsTopicTrigger, OssTrigger

# What a function's variables call the places that it writes to. Nothing else in the file says where code writes.
_OUTPUT = re.compile(
    r"(?P<stem>(?:\w+_)?(?:OUTPUT|OUT|RESULTS?|TARGET|DEST|DESTINATION|THUMBNAILS?|ARCHIVE|STATE))_(?P<part>BUCKET|PREFIX|DIR|PATH)"
)


@dataclass(frozen=True)
class Written:
    """Keys that a function writes: those of `bucket` that begin with `prefix`. `path` is where the file says so."""

    path: str
    bucket: str
    prefix: str

    def may_fire(self, trigger: OssTrigger) -> bool:
        watched = trigger.key.prefix
        return self.bucket == trigger.bucket and (self.prefix.startswith(watched) or watched.startswith(self.prefix))


def writing(sheet: Sheet) -> Findings:
    """No function writes where an OSS trigger watches."""
    for resource in sheet.resources:
        for written in _written(resource):
            for watcher, index, trigger in sheet.triggers:
                if isinstance(trigger, OssTrigger) and _creates(trigger) and written.may_fire(trigger):
                    yield _finding(resource, written, watcher, index, trigger)


def _creates(trigger: OssTrigger) -> bool:
    return any(event.startswith("oss:ObjectCreated:") for event in trigger.trigger_config.events)


def _finding(writer: Resource, written: Written, watcher: Resource, index: int, trigger: OssTrigger) -> Finding:
    own = writer.name == watcher.name
    place = f"oss://{written.bucket}/{written.prefix}"
    problem = f"{place} is written by {writer.name} and watched by {watcher.path('triggers', index)}" + (
        ", which starts it again" if own else ""
    )
    # A suffix may keep apart what the prefix does not.
    return severe(own and not trigger.key.suffix)(written.path, problem, "write under another prefix, or to another bucket")


def _written(resource: Resource) -> Iterator[Written]:
    variables = resource.function.environment_variables
    stems: dict[str, dict[str, str]] = {}
    for name in variables:
        found = _OUTPUT.fullmatch(name.upper())
        if found:
            stems.setdefault(found["stem"], {})[found["part"]] = name
    for parts in stems.values():
        yield from _places(resource, parts)
    mounts = resource.function.oss_mount_config
    if isinstance(mounts, OssMountConfig):
        for index, mount in enumerate(mounts.mount_points):
            if not mount.read_only:
                yield Written(resource.path("ossMountConfig", "mountPoints", index), mount.bucket_name, mount.bucket_path.strip("/"))


def _places(resource: Resource, parts: dict[str, str]) -> Iterator[Written]:
    variables = resource.function.environment_variables
    prefix_name = next((parts[part] for part in ("PREFIX", "DIR", "PATH") if part in parts), "")
    prefix = variables.get(prefix_name, "").lstrip("/")
    if prefix.startswith("/tmp") or variables.get(prefix_name, "").startswith("/tmp"):
        return
    path = resource.path("environmentVariables", prefix_name or parts["BUCKET"])
    # A prefix without a bucket is one of the bucket that the function is started by.
    own = {trigger.bucket for trigger in resource.function.triggers if isinstance(trigger, OssTrigger)}
    for bucket in [variables[parts["BUCKET"]]] if "BUCKET" in parts else sorted(own):
        yield Written(path, bucket, prefix)


def sending(sheet: Sheet) -> Findings:
    """No chain of destinations leads back to where it began."""
    by_name = {resource.function.function_name: resource for resource in sheet.resources}
    for resource in sheet.resources:
        for key, destination in _destinations(resource):
            circle = _way_back(resource, destination, by_name, sheet)
            if circle:
                yield error(
                    resource.path("asyncInvokeConfig", "destinationConfig", key, "destination"),
                    f"leads in a circle: {circle}",
                    "send to a queue or topic that starts none of them",
                )


def _destinations(resource: Resource) -> Iterator[tuple[str, Destination]]:
    declared = resource.function.async_invoke_config.destination_config
    for key, destination in (("onSuccess", declared.on_success), ("onFailure", declared.on_failure)):
        if destination is not None:
            yield key, destination


def _way_back(start: Resource, first: Destination, by_name: dict[str, Resource], sheet: Sheet) -> str:
    """The way from a destination back to the function that sends there; empty if there is none."""
    ways: list[tuple[Destination, str]] = [(first, f"{start.name} > {first.kind}/{first.name}")]
    seen: set[str] = set()
    while ways:
        destination, way = ways.pop()
        for resource in _started(destination, by_name, sheet):
            if resource.name == start.name:
                return f"{way} > {start.name}"
            if resource.name not in seen:
                seen.add(resource.name)
                ways += [(one, f"{way} > {resource.name} > {one.kind}/{one.name}") for _, one in _destinations(resource)]
    return ""


def _started(destination: Destination, by_name: dict[str, Resource], sheet: Sheet) -> Iterator[Resource]:
    if destination.kind == "functions":
        yield from (by_name[name] for name in (destination.name,) if name in by_name)
    for resource, _, trigger in sheet.triggers:
        is_topic = isinstance(trigger, MnsTopicTrigger) and ("topics", trigger.topic) == (destination.kind, destination.name)
        is_queue = isinstance(trigger, EventBridgeTrigger) and ("queues", trigger.source.queue_name) == (destination.kind, destination.name)
        if is_topic or is_queue:
            yield resource


def watched(sheet: Sheet) -> Findings:
    """What submit is started by is what the settings call media."""
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
