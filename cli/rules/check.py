"""What is wrong with rules beyond their form: parameters that a job would not take, and jobs and rules that never get a turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sightline.errors import BadInput
from sightline.ims.production import parameters as production
from sightline.media.types import KINDS
from sightline.pai import services
from sightline.rules.model import Job, Match, Rule, Rules


@dataclass(frozen=True)
class Finding:
    """`is_wrong`: a job would fail by it; else it is only strange."""

    place: str
    problem: str
    fix: str
    is_wrong: bool

    def to_json(self) -> dict[str, object]:
        return {"place": self.place, "problem": self.problem, "fix": self.fix, "wrong": self.is_wrong}


def problem_of(job: Job) -> BadInput | None:
    """What its service would not take of its parameters, checked as the pipeline does before it sends anything."""
    try:
        if job.family == "production":
            chosen = dict(job.parameters)
            model_id = str(chosen.pop("ModelId", ""))
            production.read(job.task, chosen, model_id)
        elif job.family == "pai":
            services.check(job.task, job.parameters)
        elif job.parameters:
            raise BadInput("parameters", "are given, and smart tags take none here", "leave them out: the template has them")
    except BadInput as error:
        return error
    return None


def check(rules: Rules) -> Sequence[Finding]:
    found: list[Finding] = []
    for number, rule in enumerate(rules.rules):
        place = f"rules[{number}] ({rule.name})"
        found += _jobs(place, rule)
        hidden = next((before for before in rules.rules[:number] if _covers(before.match, rule.match)), None)
        if hidden:
            problem = f"never decides: whatever it matches, {hidden.name!r} before it matches"
            found.append(Finding(place, problem, "put it first, or narrow the other", is_wrong=False))
    return found


def _jobs(place: str, rule: Rule) -> Iterator[Finding]:
    kinds = [kind for kind in KINDS if not rule.match.kinds or kind in rule.match.kinds]
    if not rule.jobs:
        yield Finding(place, "has no job, so that what it matches is left alone", "give it one, unless that is meant", is_wrong=False)
    for job in rule.jobs:
        wrong = problem_of(job)
        if wrong:
            yield Finding(f"{place}, {job.name}", f"{wrong.field} {wrong.problem}", wrong.fix, is_wrong=True)
        if all(job.unsuited(kind) for kind in kinds):
            yield Finding(
                f"{place}, {job.name}", f"never runs: {job.unsuited(kinds[0])}", "leave it out, or match another kind", is_wrong=False
            )


def _covers(before: Match, after: Match) -> bool:
    """Whether whatever meets the later conditions certainly meets the earlier. Where that is not certain, it is not said."""
    pairs = ((before.kinds, after.kinds), (before.namespaces, after.namespaces))
    lists = all(not wide or (bool(narrow) and set(narrow) <= set(wide)) for wide, narrow in pairs)
    return (
        lists
        and (not before.prefixes or _each(after.prefixes, lambda text: text.startswith(tuple(before.prefixes))))
        and (not before.suffixes or _each(after.suffixes, lambda text: text.endswith(tuple(before.suffixes))))
        and before.size in (after.size, Match().size)
        and before.duration in (after.duration, Match().duration)
    )


def _each(narrow: Sequence[str], is_covered: Callable[[str], bool]) -> bool:
    """No condition matches more than any that is covered."""
    return bool(narrow) and all(map(is_covered, narrow))
