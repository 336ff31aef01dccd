"""Rules for people."""

from __future__ import annotations

from collections.abc import Sequence

from cli.output import Output
from cli.plan.cost import Bill, plain
from cli.rules.check import Finding
from cli.rules.explain import Explained, Planned
from cli.rules.source import Source
from sightline.untrusted import to_json

RECORD_ALONE = "the record"


def show_check(output: Output, source: Source, findings: Sequence[Finding]) -> None:
    output.say(f"{source.file}")
    rules = source.rules.rules
    output.table(["rule", "jobs"], [[rule.name, ", ".join(job.name for job in rule.jobs) or "none"] for rule in rules])
    for finding in findings:
        output.say(f"{'wrong' if finding.is_wrong else 'strange'}: {finding.place}: {finding.problem}\n  {finding.fix}")
    if not findings:
        output.say("1 rule, nothing wrong with it" if len(rules) == 1 else f"{len(rules)} rules, nothing wrong with them")


def show_explained(output: Output, source: Source, explained: Explained) -> None:
    subject = explained.subject
    length = "of unknown length" if subject.duration is None else f"{subject.duration:,g} s"
    is_timed = subject.kind in ("video", "audio")
    facts = [subject.kind, f"{subject.size:,} bytes", *([length] if is_timed else []), f"namespace {subject.namespace}"]
    output.say(f"{subject.key}: {', '.join(facts)}\nmedia {explained.media.id}\n\nrules of {source.file}, in their order:")
    for verdict in explained.verdicts:
        why = "decides" if verdict.decides else "not asked any more" if verdict.reason is None else f"no: {verdict.reason}"
        output.say(f"  {verdict.rule.name}: {why}")
    if not explained.jobs:
        output.say("\nIt gets no job, and so it is never found.")
        return
    output.say("")
    output.table(["job", "parameters", "result"], [_row(planned) for planned in explained.jobs])
    output.say(f"\n{spoken(explained.bill)}")


def _row(planned: Planned) -> Sequence[str]:
    parameters = to_json(dict(planned.job.parameters)) if planned.job.parameters else ""
    if planned.left_out:
        return [planned.job.name, parameters, f"left out: {planned.left_out}"]
    if planned.problem:
        return [planned.job.name, parameters, f"would fail: {planned.problem}"]
    return [planned.job.name, parameters, planned.output or RECORD_ALONE]


def spoken(bill: Bill) -> str:
    """The cloud's price of the jobs alone: a laptop asks for nothing."""
    missing = ", ".join(bill.unpriced)
    hint = f"no price is set for {missing} (`sightline plan --price-template`)"
    if not bill.lines:
        return "cost in the cloud: nothing, since no job would run"
    if not bill.currency:
        return f"cost in the cloud: unknown, {hint}"
    days = [line.price.as_of for line in bill.lines if line.price and line.price.as_of]
    day = f"of {min(days)}" if days else "of a day that nobody has said"
    known = f"cost in the cloud: {plain(bill.total)} {bill.currency} at prices {day}, for the jobs alone"
    return f"{known}; {hint}" if missing else known
