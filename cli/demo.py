"""The main job, from an upload to a sentence that finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cli import finding, samples
from cli.clients import Clients
from cli.deployed import pipeline_of, why_refused
from cli.errors import FAILED, CommandError
from cli.follow import Arrival, follow
from cli.output import Output
from cli.samples.questions import QUESTIONS
from cli.upload import Judge, Planned, Uploaded, plan, say_passed_over, send

NAMESPACE = "default"
DEADLINE_SECONDS = 600
MOST_QUERIES = 3
PAGE_SIZE = 10


@dataclass(frozen=True)
class Question:
    """A sentence, and the keys of which it should find at least one."""

    text: str
    expected: frozenset[str]


def run(clients: Clients, output: Output, paths: Sequence[Path], cache: Path) -> bool:
    """Upload samples or `paths`, watch them become searchable, and search. Whether each search found what it should."""
    judge = partial(why_refused, pipeline_of(clients.running))
    planned = _given(output, paths, judge) if paths else _samples(output, cache, judge)
    uploads = [upload for item in planned if (upload := send(clients, item)) and item.is_media]
    output.say(f"\n{len(uploads)} media uploaded to oss://{clients.running.media_bucket}/\n")
    arrivals = follow(clients.ledger(), uploads, output, DEADLINE_SECONDS)
    _report(output, arrivals)
    questions = _about(clients, arrivals) if paths else _about_samples(uploads)
    if not questions:
        raise CommandError("none of the media became searchable", "`sightline explain KEY` tells why for each", FAILED)
    answers = [_ask(clients, output, question) for question in questions]
    return all(answers)


def _given(output: Output, paths: Sequence[Path], judge: Judge) -> Sequence[Planned]:
    found = plan(paths, NAMESPACE, "mine", judge)
    say_passed_over(output, found.passed_over)
    return found.uploads


def _samples(output: Output, cache: Path, judge: Judge) -> Sequence[Planned]:
    gathered = samples.gather(cache)
    output.say("Sample media:")
    output.table(["name", "origin", "credit"], [[sample.name, sample.origin, sample.credit] for sample in gathered])
    return [item for sample in gathered for item in plan([sample.path], NAMESPACE, sample.device, judge).uploads]


def _about_samples(uploads: Sequence[Uploaded]) -> list[Question]:
    def keys(name: str) -> frozenset[str]:
        return frozenset(upload.key for upload in uploads if name in upload.key)

    return [Question(question.text, keys(question.finds)) for question in QUESTIONS if keys(question.finds)]


def _about(clients: Clients, arrivals: Sequence[Arrival]) -> list[Question]:
    """Of a stranger's own files we know only what was seen in them: each must be found by what was said of it."""
    found = [record for arrival in arrivals if arrival.is_searchable and (record := clients.records().get(arrival.upload.media_id))]
    questions: dict[str, set[str]] = {}
    for record in sorted(found, key=lambda record: not record.said.objects):
        questions.setdefault(record.said.title, set()).add(record.key)
    return [Question(text, frozenset(keys)) for text, keys in list(questions.items())[:MOST_QUERIES]]


def _report(output: Output, arrivals: Sequence[Arrival]) -> None:
    searchable = sum(arrival.is_searchable for arrival in arrivals)
    output.say(f"\n{searchable} of {len(arrivals)} searchable")
    for arrival in arrivals:
        if not arrival.is_searchable:
            output.say(f"  {arrival.upload.key}: {arrival.story.stage} {arrival.story.reason}")
        output.result(
            {
                "key": arrival.upload.key,
                "stage": arrival.story.stage,
                "reason": arrival.story.reason or None,
                "seconds": round(arrival.seconds, 2),
            }
        )


def _ask(clients: Clients, output: Output, question: Question) -> bool:
    output.say(f"\n? {question.text}")
    answer: dict[str, Any] = finding.search(clients.running, finding.Question(question.text, NAMESPACE, page_size=PAGE_SIZE))
    finding.show(output, answer)
    found = {hit["key"] for hit in answer["hits"]}
    if found & question.expected:
        return True
    output.say(f"  expected one of: {', '.join(sorted(question.expected))}")
    return False
