"""What the API answers to those who look: functions, triggers, layers and their configurations, as the project file declares them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from localcloud.fc.api.descriptions import NEWER, Descriptions, layer_of
from localcloud.fc.api.operation import Asked
from localcloud.fc.api.paging import PAGE, limit, page
from localcloud.fc.errors import (
    InvalidArgument,
    UnknownAlias,
    UnknownDomain,
    UnknownFunction,
    UnknownLayer,
    UnknownService,
    UnknownTrigger,
    UnknownVersion,
)
from localcloud.fc.project.project import Function, Project
from localcloud.fc.running.instances import Running

Answer = dict[str, Any]


class Deployment(Protocol):
    """What runs."""

    @property
    def project(self) -> Project: ...

    @property
    def descriptions(self) -> Descriptions: ...

    def running(self, function: str) -> list[Running]: ...


class Catalogue:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._descriptions = deployment.descriptions

    def function(self, asked: Asked) -> Function:
        """The function that a request names, in the one version that there is. Raises UnknownFunction or UnknownVersion."""
        check_qualifier(asked.query.get("qualifier", ""))
        self.check_service(asked)
        function = self._deployment.project.functions.get(asked.names["function"])
        if function is None:
            raise UnknownFunction(asked.names["function"])
        return function

    def check_service(self, asked: Asked) -> None:
        """Every function is in the one service that bears the project's name (assumption: 3.0 documents no mapping)."""
        if "service" in asked.names:
            service, _, qualifier = asked.names["service"].partition(".")
            if service != self._deployment.project.name:
                raise UnknownService(service)
            check_qualifier(qualifier)

    def list_services(self, asked: Asked) -> Answer:
        services, more = page([self._deployment.project.name], asked.query, str)
        return {"services": [self._service(name) for name in services], **more}

    def get_service(self, asked: Asked) -> Answer:
        self.check_service(asked)
        return self._service(self._deployment.project.name)

    def list_functions(self, asked: Asked) -> Answer:
        self.check_service(asked)
        wanted = [
            function
            for function in self._deployment.project.functions.values()
            if asked.query.get("runtime", function.runtime) == function.runtime
            and asked.query.get("functionName", function.function_name) in function.function_name
            and asked.query.get("description", function.description) in function.description
        ]
        functions, more = page(wanted, asked.query, lambda function: function.function_name)
        return {"functions": [self._descriptions.function(function, asked.version) for function in functions], **more}

    def get_function(self, asked: Asked) -> Answer:
        return self._descriptions.function(self.function(asked), asked.version)

    def list_triggers(self, asked: Asked) -> Answer:
        function = self.function(asked)
        triggers, more = page(function.triggers, asked.query, lambda trigger: trigger.trigger_name)
        return {"triggers": [self._descriptions.trigger(function, trigger, asked.version) for trigger in triggers], **more}

    def get_trigger(self, asked: Asked) -> Answer:
        function = self.function(asked)
        for trigger in function.triggers:
            if trigger.trigger_name == asked.names["trigger"]:
                return self._descriptions.trigger(function, trigger, asked.version)
        raise UnknownTrigger(asked.names["trigger"], function.function_name)

    def list_versions(self, asked: Asked) -> Answer:
        """LATEST alone runs here, and it is in no list of versions."""
        self._check_owner(asked)
        limit(asked.query)
        return {"versions": [], "direction": asked.query.get("direction", "BACKWARD")}

    def list_aliases(self, asked: Asked) -> Answer:
        self._check_owner(asked)
        limit(asked.query)
        return {"aliases": []}

    def get_alias(self, asked: Asked) -> Answer:
        self._check_owner(asked)
        raise UnknownAlias(asked.names["alias"])

    def get_async_config(self, asked: Asked) -> Answer:
        return self._descriptions.async_config(self.function(asked))

    def list_async_configs(self, asked: Asked) -> Answer:
        return self._configs("configs", asked, self._descriptions.async_config)

    def get_concurrency(self, asked: Asked) -> Answer:
        return self._concurrency(self.function(asked))

    def list_concurrency(self, asked: Asked) -> Answer:
        return self._configs("configs", asked, self._concurrency)

    def get_nothing_configured(self, asked: Asked) -> Answer:
        """Provisioned instances and scaling: a laptop has none. No ARN in the answer means none (devsapp/fc3, impl/client.ts)."""
        self.function(asked)
        return {}

    def list_provision(self, asked: Asked) -> Answer:
        limit(asked.query)
        return {"provisionConfigs": []}

    def list_scaling(self, asked: Asked) -> Answer:
        limit(asked.query)
        return {"scalingConfigs": []}

    def list_vpc_bindings(self, asked: Asked) -> Answer:
        self.function(asked)
        return {"vpcIds": []}

    def list_custom_domains(self, asked: Asked) -> Answer:
        limit(asked.query)
        return {"customDomains": []}

    def get_custom_domain(self, asked: Asked) -> Answer:
        raise UnknownDomain(asked.names["domain"])

    def list_instances(self, asked: Asked) -> Answer:
        function = self.function(asked)
        wanted, states = _texts(asked, "instanceIds"), _texts(asked, "instanceStatus")
        running = self._deployment.running(function.function_name) if not states or "Running" in states else []
        found = [one for one in running if not wanted or one.instance_id in wanted]
        instances = [
            {
                "instanceId": one.instance_id,
                "createdTimeMs": int(one.since * 1000),
                "qualifier": "LATEST",
                "versionId": "LATEST",
                "resourceType": "OnDemand",
                "status": "Running",
            }
            for one in sorted(found, key=lambda one: one.since)
        ]
        return {"instances": instances, "requestId": asked.request_id}

    def list_layers(self, asked: Asked) -> Answer:
        newest = {layer_of(arn)[0]: arn for arn in sorted(self._layers(), key=layer_of)}
        names, more = page(newest, asked.query, str)
        return {"layers": [self._descriptions.layer(newest[name]) for name in names], **more}

    def list_layer_versions(self, asked: Asked) -> Answer:
        """Newest first, from `startVersion` down."""
        start, size = asked.query.get("startVersion", ""), limit(asked.query)
        if start and not start.isdecimal():
            raise InvalidArgument(f"startVersion has to be a number, not '{start[:40]}'")
        found = sorted((arn for arn in self._layers() if layer_of(arn)[0] == asked.names["layer"]), key=layer_of, reverse=True)
        if not found:
            raise UnknownLayer(asked.names["layer"])
        wanted = [arn for arn in found if not start or layer_of(arn)[1] <= int(start)]
        more = {"nextVersion": layer_of(wanted[size])[1]} if len(wanted) > size else {}
        return {"layers": [self._descriptions.layer(arn) for arn in wanted[:size]], **more}

    def get_layer_version(self, asked: Asked) -> Answer:
        name, version = asked.names["layer"], asked.names["version"]
        return self._layer(lambda arn: (layer_of(arn)[0], str(layer_of(arn)[1])) == (name, version), f"{name} version {version}")

    def get_layer_by_arn(self, asked: Asked) -> Answer:
        return self._layer(lambda arn: arn == asked.names["arn"], asked.names["arn"])

    def list_tags(self, asked: Asked) -> Answer:
        """The tags of the resources that are asked for: of all functions, where none is named."""
        wanted = _texts(asked, "ResourceId")
        pairs = [(str(tag.get("Key")), tag.get("Value")) for tag in _objects(asked, "Tag")]
        rows = [
            {"ResourceId": self._descriptions.function_arn(function), "ResourceType": "function", "TagKey": tag.key, "TagValue": tag.value}
            for function in self._deployment.project.functions.values()
            for tag in function.tags
            if not pairs or (tag.key, tag.value) in pairs or (tag.key, None) in pairs
        ]
        named = [row for row in rows if not wanted or row["ResourceId"] in wanted]
        query = {"limit": asked.query.get("Limit", str(PAGE)), "nextToken": asked.query.get("NextToken", "")}
        found, more = page(named, query, lambda row: f"{row['ResourceId']} {row['TagKey']}")
        return {"TagResources": found, "RequestId": asked.request_id, **({"NextToken": more["nextToken"]} if more else {})}

    def get_tags(self, asked: Asked) -> Answer:
        """GetResourceTags of the older API."""
        for function in self._deployment.project.functions.values():
            arn = self._descriptions.function_arn(function)
            if asked.query.get("resourceArn") == arn:
                return {"resourceArn": arn, "tags": {tag.key: tag.value for tag in function.tags}}
        raise InvalidArgument("resourceArn has to be the ARN of a function of this project")

    def regions(self, asked: Asked) -> Answer:  # noqa: ARG002 - the same for everybody
        region = self._descriptions.place.region
        return {"Regions": {"Region": [{"RegionId": region, "LocalName": region}]}}

    def _service(self, name: str) -> Answer:
        return {"serviceName": name, "serviceId": name, "internetAccess": True}

    def _check_owner(self, asked: Asked) -> None:
        """Versions belong to a function in the newer API, to a service in the older one."""
        self.function(asked) if asked.version == NEWER else self.check_service(asked)

    def _concurrency(self, function: Function) -> Answer:
        if function.concurrency_config is None:
            return {}
        return {
            "functionArn": self._descriptions.function_arn(function),
            "reservedConcurrency": function.concurrency_config.reserved_concurrency,
        }

    def _configs(self, field: str, asked: Asked, describe: Callable[[Function], Answer]) -> Answer:
        named = asked.query.get("functionName") or asked.names.get("function")
        functions = [one for one in self._deployment.project.functions.values() if named in (None, one.function_name)]
        found, more = page((one for one in map(describe, functions) if one), asked.query, lambda one: str(one["functionArn"]))
        return {field: found, **more}

    def _layers(self) -> set[str]:
        return {arn for function in self._deployment.project.functions.values() for arn in function.layers}

    def _layer(self, wanted: Callable[[str], bool], said: str) -> Answer:
        for arn in self._layers():
            if wanted(arn):
                return self._descriptions.layer(arn)
        raise UnknownLayer(said)


def check_qualifier(qualifier: str) -> None:
    """Raises UnknownVersion: LATEST is all there is."""
    if qualifier not in ("", "LATEST"):
        raise UnknownVersion(qualifier)


def _json(asked: Asked, name: str) -> Iterable[Any]:
    try:
        found = json.loads(asked.query.get(name) or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InvalidArgument(f"{name} has to be a JSON list")
    return found


def _texts(asked: Asked, name: str) -> set[str]:
    return {str(one) for one in _json(asked, name)}


def _objects(asked: Asked, name: str) -> list[dict[str, Any]]:
    return [one for one in _json(asked, name) if isinstance(one, dict)]
