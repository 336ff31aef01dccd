"""The functions that are deployed, beside what s.yaml says. What counts as a difference is the plan's to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cli.deployment.function_compute import DeployedFunction
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from cli.plan import declared, deployed
from cli.plan.changes import FieldChange, differences
from localcloud.fc.project.project import Function
from sightline.errors import ServiceRefused

ENVIRONMENT = "environmentVariables."


@check(credentials)
def functions(site: Site) -> Finding:
    """Every function of s.yaml is deployed and able to run."""
    found = _deployed(site)
    missing = [one.function_name for one in site.functions if one.function_name not in found]
    if missing:
        return failed(f"not deployed: {', '.join(missing)}", site.mend.deploy)
    broken = [f"{one.function_name} ({one.state_reason or one.state})" for one in found.values() if one.state not in ("", "Active")]
    if broken:
        return failed(f"not active: {', '.join(broken)}", f"look at the function in the console, then {site.mend.deploy}")
    return passed(", ".join(found))


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
    """Runtime, handler, size, time limits, role, layers and log are as s.yaml says."""
    return _compared(site, lambda changes: [said(one) for one in changes if not one.field.startswith(ENVIRONMENT)])


@check(functions)
def function_environment(site: Site) -> Finding:
    """The deployed functions have the settings of s.yaml, as the SIGHTLINE_ variables render it here."""
    # By name alone: a value may be secret.
    return _compared(
        site, lambda changes: [f"{one.field.removeprefix(ENVIRONMENT)} differs" for one in changes if one.field.startswith(ENVIRONMENT)]
    )


def _compared(site: Site, told: Callable[[Iterable[FieldChange]], list[str]]) -> Finding:
    found, problems = _deployed(site), []
    for one in site.functions:
        different = told(_differences(one, found[one.function_name]))
        problems += [f"{one.function_name}: {', '.join(different)}"] if different else []
    return warned("; ".join(problems), site.mend.deploy) if problems else passed(f"{len(found)} functions")


def _differences(wanted: Function, found: DeployedFunction) -> Iterable[FieldChange]:
    ours, theirs = declared.of_function(wanted), deployed.of_function(found)
    return differences(ours, theirs, declared.FUNCTION_DEFAULTS, declared.function_owned(wanted))


def said(change: FieldChange) -> str:
    """A difference, from what is deployed to what should be."""
    old, new = (", ".join(value) if isinstance(value, tuple) else value for value in (change.old, change.new))
    return f"{change.field} is {'not set' if old in (None, '') else old}, not {'unset' if new in (None, '') else new}"


@check(functions)
def failure_destinations(site: Site) -> Finding:
    """What no retry helped goes where s.yaml says, after the retries that it allows."""
    problems = []
    for one in site.functions:
        wanted, found = declared.of_async_calls(one), site.function_compute.get_async_invoke_config(one.function_name)
        if wanted is not None:
            theirs = deployed.of_async_calls(found) if found else {}
            different = [said(change) for change in differences(wanted, theirs, declared.ASYNC_DEFAULTS, declared.ASYNC_OWNED)]
            problems += [f"{one.function_name}: {', '.join(different)}"] if different else []
    return failed("; ".join(problems), site.mend.deploy) if problems else passed("as in s.yaml")


@check(functions)
def log_store(site: Site) -> Finding:
    """Every function names the log store that keeps its log."""
    found = _deployed(site)
    without = [name for name, one in found.items() if not (one.log_config.project and one.log_config.logstore)]
    if without:
        return warned(f"no log store is named for {', '.join(without)}", site.mend.deploy)
    stores = sorted({f"{one.log_config.project}/{one.log_config.logstore}" for one in found.values()})
    return passed(", ".join(stores))


CHECKS = (functions, function_configuration, function_environment, failure_destinations, log_store)
