"""What `s.yaml` says that costs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cli.errors import USAGE, CommandError
from cli.plan.load import DAYS_A_MONTH, Load
from cli.plan.uploads import usual_upload
from cli.plan.usage import Deployment, Size
from cli.rules import source
from localcloud.fc.project.project import Function, Project
from localcloud.fc.project.trigger import TimerTrigger
from localcloud.fc.triggers.schedule import Schedule

DOES = ("submit", "collect", "search", "sweep")
"""The functions by what they do: the names of their folders, whatever they are called where they are deployed."""


def deployment_of(project: Project, load: Load) -> Deployment:
    """Raises CommandError where it does not have the four functions, or its rules can't be read here."""
    functions = {function.code.name.removesuffix(".zip"): function for function in project.functions.values()}
    for name in DOES:
        if name not in functions:
            problem = f"{project.file}: no function has its code in a folder {name}"
            raise CommandError(problem, f"declare all of {', '.join(DOES)}; what a month costs is known of these", USAGE)
    environment = functions["sweep"].environment_variables
    read = source.read(None, environment.get("RULES_FILE", ""))
    timers = [trigger for trigger in functions["sweep"].triggers if isinstance(trigger, TimerTrigger)]
    return Deployment(
        sizes={name: _size(functions[name]) for name in DOES},
        sweeps=sum((_times(timer) for timer in timers if timer.trigger_config.enable), Decimal(0)),
        checked_per_sweep=_whole(environment, "MEDIA_CHECKED_PER_SWEEP", Deployment.checked_per_sweep),
        keys_per_sweep=_whole(environment, "AUDIT_KEYS_PER_SWEEP", Deployment.keys_per_sweep),
        facts_retention_days=_whole(environment, "FACTS_RETENTION_DAYS", Deployment.facts_retention_days),
        index_wait_seconds=Decimal(_whole(environment, "INDEX_WAIT_SECONDS", int(Deployment.index_wait_seconds))),
        video=usual_upload(read.rules, environment, load, "video"),
        image=usual_upload(read.rules, environment, load, "image"),
        rules=environment.get("RULES_FILE") or "the layer",
    )


def _size(function: Function) -> Size:
    return Size(Decimal(str(function.cpu)), function.memory_size, function.disk_size)


def _times(timer: TimerTrigger) -> Decimal:
    """How often it fires in a month: of a cron expression, in the first month of all."""
    schedule = Schedule.parse(timer.trigger_config.cron_expression)
    month = DAYS_A_MONTH * 86_400
    if schedule.every:
        return Decimal(month) / Decimal(str(schedule.every))
    times, moment = 0, schedule.after(0)
    while moment is not None and moment <= month:
        times, moment = times + 1, schedule.after(moment)
    return Decimal(times)


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal():
        raise CommandError(f"{name} is {text!r}", "set it to a whole number", USAGE)
    return int(text)
