"""What a deploy would do to a function, its triggers and its asynchronous calls."""

from __future__ import annotations

from collections.abc import Iterator

from cli.plan import declared
from cli.plan.changes import Change, Description, FieldChange, Outcome, differences, flat
from cli.plan.deployed import Deployed
from localcloud.fc.project.project import Function
from localcloud.fc.project.trigger import AnyTrigger

LEFT_ALONE = "not in s.yaml; a deploy leaves it as it is"
# fc3, src/resources/fc/index.ts, UNSUPPORTED_UPDATE_TRIGGER_LIST.
NEVER_UPDATED = ("mns_topic", "tablestore")
# The SDK's UpdateTriggerInput has neither.
FIXED_FIELDS = ("sourceArn", "triggerType")


def compare(function: Function, deployed: Deployed | None, *, is_laptop: bool) -> Iterator[Change]:
    """Resource by resource; `deployed` is None where the function is not there. The laptop takes over all of s.yaml at its next start."""
    name = function.function_name
    yield _against(
        "function",
        name,
        declared.of_function(function),
        deployed.function if deployed else None,
        declared.FUNCTION_DEFAULTS,
        declared.function_owned(function),
    )
    for trigger in function.triggers:
        yield _trigger(name, trigger, deployed, is_laptop=is_laptop)
    named = {trigger.trigger_name for trigger in function.triggers}
    for trigger_name in sorted(set(deployed.triggers) - named) if deployed else ():
        yield Change("trigger", f"{name}/{trigger_name}", "only there", note=LEFT_ALONE)
    yield from _async_calls(name, function, deployed)
    unread = declared.not_compared(function)
    if deployed and unread:
        yield Change("function", name, "unknown", note=f"not compared: {', '.join(unread)}; `s plan` does")
    if deployed:
        yield from _extras(name, deployed, unread)


def _trigger(function: str, trigger: AnyTrigger, deployed: Deployed | None, *, is_laptop: bool) -> Change:
    there = deployed.triggers.get(trigger.trigger_name) if deployed else None
    change = _against(
        "trigger",
        f"{function}/{trigger.trigger_name}",
        declared.of_trigger(trigger),
        there,
        declared.trigger_defaults(trigger.trigger_type),
        declared.trigger_owned(trigger.trigger_type),
    )
    why = "" if is_laptop else _why_it_stays(trigger.trigger_type, change.fields)
    if change.outcome != "change" or not why:
        return change
    note = f"{why}: remove it first (`s RESOURCE remove --trigger {trigger.trigger_name}`), and the deploy makes it anew"
    return Change(change.resource, change.name, "stays", change.fields, note)


def _why_it_stays(kind: str, fields: tuple[FieldChange, ...]) -> str:
    if kind in NEVER_UPDATED:
        return f"fc3 never updates a trigger of the kind {kind}"
    fixed = [change.field for change in fields if change.field in FIXED_FIELDS]
    return f"{' and '.join(fixed)} of a trigger can't be updated" if fixed else ""


def _async_calls(name: str, function: Function, deployed: Deployed | None) -> Iterator[Change]:
    wanted, there = declared.of_async_calls(function), deployed.async_calls if deployed else None
    if function.async_invoke_config.qualifier != "LATEST":
        return
    if wanted is not None:
        yield _against("asynchronous calls", name, wanted, there, declared.ASYNC_DEFAULTS, declared.ASYNC_OWNED)
    elif there is not None and differences(declared.ASYNC_DEFAULTS, there, declared.ASYNC_DEFAULTS, declared.ASYNC_OWNED):
        yield Change("asynchronous calls", name, "only there", note=LEFT_ALONE)


def _extras(name: str, deployed: Deployed, declared_too: list[str]) -> Iterator[Change]:
    """fc3 takes away what s.yaml does not have (`src/subCommands/deploy/impl/`)."""
    for extra, there in deployed.extras.items():
        if extra not in declared_too:
            fields = tuple(FieldChange(field, value, None) for field, value in flat(there).items())
            yield Change(extra, name, "remove", fields, "not in s.yaml, and a deploy takes it away")
    for extra, why in deployed.unread.items():
        yield Change(extra, name, "unknown", note=why)


def _against(
    resource: str, name: str, wanted: Description, there: Description | None, defaults: Description, owned: tuple[str, ...]
) -> Change:
    if there is None:
        return Change(resource, name, "create")
    fields = differences(wanted, there, defaults, owned)
    outcome: Outcome = "change" if fields else "unchanged"
    return Change(resource, name, outcome, fields)
