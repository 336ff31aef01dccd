"""What a deploy would change, all of it: asks the services of a deployment, and changes nothing there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

from cli.deployment.function_compute import FunctionCompute
from cli.deployment.target import Target
from cli.errors import CommandError
from cli.plan import code
from cli.plan.changes import Change
from cli.plan.compare import LEFT_ALONE, compare
from cli.plan.deployed import Deployed, download_code, read_function, siblings
from cli.plan.layer import layer_changes
from cli.plan.surroundings import surroundings
from localcloud.fc.project.project import Function
from sightline.errors import ServiceRefused, ServiceUnreachable


def deploy_changes(target: Target) -> list[Change]:
    """Raises CommandError where a service can't be asked."""
    with httpx.Client(trust_env=False) as client:
        cloud = FunctionCompute(client, lambda: target.credentials, target.endpoints.function_compute)
        try:
            return [*function_changes(target, cloud, client), *_layers(target, cloud), *surroundings(target)]
        except ServiceUnreachable as error:
            raise CommandError(str(error), "see that this machine reaches it; --offline shows the cost alone") from error
        except ServiceRefused as error:
            raise CommandError(str(error), _fix(error)) from error


def _fix(error: ServiceRefused) -> str:
    if error.status == 403:
        return f"grant {error.service.lower()}:{error.operation} to this key (docs/deploy.md), if the key is right"
    return "mend what it says; --offline shows the cost alone"


def function_changes(target: Target, cloud: FunctionCompute, client: httpx.Client) -> Iterator[Change]:
    """Raises ServiceRefused and ServiceUnreachable."""
    functions = target.project.functions
    for name, function in functions.items():
        deployed = read_function(cloud, name)
        yield from compare(function, deployed, is_laptop=target.is_laptop)
        if deployed:
            yield _code(target, function, deployed, cloud, client)
    for name in siblings(cloud, functions):
        yield Change("function", name, "only there", note=LEFT_ALONE)


def _code(target: Target, function: Function, deployed: Deployed, cloud: FunctionCompute, client: httpx.Client) -> Change:
    name, package = function.function_name, _built(target) / f"{function.code.name}.zip"
    if package.is_file() and code.checksum_of(package) == deployed.code_checksum:
        return code.of_package(name, function.code, package)
    if target.is_laptop:
        return code.on_laptop(name, function.code, deployed.code_checksum)
    return code.in_cloud(name, function.code, partial(download_code, cloud, client, name))


def _layers(target: Target, cloud: FunctionCompute) -> list[Change]:
    """The laptop lays the folder `shared` into each function, whatever version s.yaml names: there is nothing to publish."""
    return [] if target.is_laptop else layer_changes(target.project, cloud, _built(target) / "layer.zip")


def _built(target: Target) -> Path:
    """Where `make layer` leaves the layer, and a package for each function."""
    return target.project.file.parent / "build"
