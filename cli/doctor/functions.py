"""What is deployed, beside what s.yaml says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cli.deployment.function_compute import AsyncInvokeConfig, DeployedFunction
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from localcloud.fc.project.project import AsyncInvocation, Function
from sightline.errors import ServiceRefused


@check(credentials)
def functions(site: Site) -> Finding:
    """Every function of s.yaml is deployed and able to run."""
    deployed = _deployed(site)
    missing = [one.function_name for one in site.functions if one.function_name not in deployed]
    if missing:
        return failed(f"not deployed: {', '.join(missing)}", site.mend.deploy)
    broken = [f"{one.function_name} ({one.state_reason or one.state})" for one in deployed.values() if one.state not in ("", "Active")]
    if broken:
        return failed(f"not active: {', '.join(broken)}", f"look at the function in the console, then {site.mend.deploy}")
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
    hooks = wanted.instance_lifecycle_config
    for name, declared in (("initializer", hooks.initializer), ("preStop", hooks.pre_stop)):
        if (declared.handler if declared else "") != _handler(found, name):
            yield f"{name} is {_handler(found, name) or 'none'}, not {declared.handler if declared else 'none'}"


def _handler(found: DeployedFunction, hook: str) -> str:
    return str((found.instance_lifecycle_config.get(hook) or {}).get("handler") or "")


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


def _compared(site: Site, differences: Callable[[Function, DeployedFunction], Iterator[str]]) -> Finding:
    deployed = _deployed(site)
    found = [
        f"{one.function_name}: {', '.join(different)}"
        for one in site.functions
        if (different := list(differences(one, deployed[one.function_name])))
    ]
    return warned("; ".join(found), site.mend.deploy) if found else passed(f"{len(deployed)} functions")


@check(functions)
def failure_destinations(site: Site) -> Finding:
    """What no retry helped goes where s.yaml says, after the retries that it allows."""
    problems = []
    for one in site.functions:
        # Where none is configured, the defaults hold.
        found = site.function_compute.get_async_invoke_config(one.function_name) or AsyncInvokeConfig()
        different = list(_failure_differences(one.async_invoke_config, found))
        problems += [f"{one.function_name}: {', '.join(different)}"] if different else []
    return failed("; ".join(problems), site.mend.deploy) if problems else passed("as in s.yaml")


def _failure_differences(wanted: AsyncInvocation, found: AsyncInvokeConfig) -> Iterator[str]:
    declared, deployed = wanted.destination_config.on_failure, found.destination_config.on_failure
    ours, theirs = (one.destination if one else "" for one in (declared, deployed))
    if ours != theirs:
        yield f"failed events go to {theirs or 'nobody'}, not to {ours or 'nobody'}"
    if found.max_async_retry_attempts not in (None, wanted.max_async_retry_attempts):
        yield f"{found.max_async_retry_attempts} retries, not {wanted.max_async_retry_attempts}"


@check(functions)
def log_store(site: Site) -> Finding:
    """Every function names the log store that keeps its log."""
    deployed = _deployed(site)
    without = [name for name, one in deployed.items() if not (one.log_config.project and one.log_config.logstore)]
    if without:
        return warned(f"no log store is named for {', '.join(without)}", site.mend.deploy)
    stores = sorted({f"{one.log_config.project}/{one.log_config.logstore}" for one in deployed.values()})
    return passed(", ".join(stores))


CHECKS = (
    functions,
    function_configuration,
    function_environment,
    failure_destinations,
    log_store,
)
