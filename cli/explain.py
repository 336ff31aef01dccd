"""Everything that is known of one media: its facts, its place in the waiting line, its job, index entry, record and letters."""

from __future__ import annotations

import re
from typing import Any

from cli.clients import Clients
from cli.dead import DeadLetters, summary
from cli.errors import NOT_FOUND, CommandError
from cli.follow import stage_name
from cli.output import Output
from cli.record_lines import lines
from cli.waiting import whereabouts
from sightline.clock import to_iso
from sightline.errors import SightlineError
from sightline.ledger.jobs import JobStory
from sightline.ledger.ledger import Journal
from sightline.ledger.story import SMARTTAG, Story
from sightline.media.identity import is_media_id, media_id
from sightline.untrusted import visible

Json = dict[str, Any]


def explain(clients: Clients, name: str) -> Json:
    """`name` is a media id, a key, or oss://bucket/key. Raises CommandError where neither a fact nor a letter is known."""
    identity, letters = identity_of(clients, name), DeadLetters(clients.running)
    journal = clients.ledger().read_all(identity)
    story = journal.story
    about = letters.about(identity, {str(fact.details.get("job_id", "")) for fact in journal.facts})
    if not journal.facts and not about:
        raise CommandError(
            f"nothing is known of {name}",
            "give a key of the media bucket as it was uploaded (`sightline upload` prints it), or a media id",
            NOT_FOUND,
        )
    record = clients.records().get(identity)
    waiting = whereabouts(clients.bucket(clients.running.state_bucket), identity, letters.settings.daily_jobs_per_namespace)
    return {
        "media_id": identity,
        "key": story.key or (None if is_media_id(name) else name),
        "stage": stage_name(story.stage) if journal.facts else "unknown",
        "reason": story.reason or None,
        "waiting": waiting or None,
        "letters": [summary(letter) for letter in about],
        "facts": _facts(journal),
        "job": _job(clients, story.job_id) if story.job_id else None,
        "jobs": [*_failed_tags(story), *(_beside(name, job) for name, job in story.jobs.items())],
        "index": _index(clients, identity),
        "record": record.to_json() if record else None,
    }


def identity_of(clients: Clients, name: str) -> str:
    if is_media_id(name):
        return name
    address = re.fullmatch(r"oss://([^/]+)/(.+)", name, re.DOTALL)
    return media_id(address.group(1), address.group(2)) if address else media_id(clients.running.media_bucket, name)


def _facts(journal: Journal) -> list[Json]:
    return [{"at": to_iso(fact.at), "fact": fact.kind, "generation": fact.generation, **fact.details} for fact in journal.facts]


def _job(clients: Clients, job_id: str) -> Json:
    try:
        job = clients.tagging().query(job_id)
    except SightlineError as error:
        return {"job_id": job_id, "state": "unknown", "reason": str(error)}
    return {"job_id": job_id, "state": job.state, "reason": job.reason or None}


def _failed_tags(story: Story) -> list[Json]:
    """Smart tags that failed, whatever stage the media's other jobs have brought it to."""
    failed = {"job": SMARTTAG, "state": "failed", "job_id": story.job_id or None, "reason": story.tags_failed}
    return [failed] if story.tags_failed else []


def _beside(name: str, job: JobStory) -> Json:
    """A job beside the smart tags, as the ledger has it."""
    return {"job": name, "state": job.stage, "job_id": job.job_id or None, "reason": job.reason or None}


def _index(clients: Clients, identity: str) -> list[str] | str:
    try:
        return list(clients.library().index_states(identity))
    except SightlineError as error:
        return str(error)


def show(output: Output, story: Json) -> None:
    output.result(story)
    story = _in_lines(story)
    output.say(f"{story['key'] or 'a media without facts'}\nmedia id  {story['media_id']}\nstage     {story['stage']}{_because(story)}")
    if story["waiting"]:
        output.say(f"waiting   {story['waiting']}")
    for letter in story["letters"]:
        output.say(f"letter    {letter['id']}, {letter['state']}: {letter['reason']} (`sightline dead show {letter['id']}`)")
    if story["job"]:
        output.say(f"job       {story['job']['job_id']} {story['job']['state']}{_because(story['job'])}")
    for job in story["jobs"]:
        output.say(f"job       {job['job']} {job['state']}{_because(job)}")
    output.say(
        f"index     {', '.join(story['index']) or 'not there'}" if isinstance(story["index"], list) else f"index     {story['index']}"
    )
    output.say()
    rows = []
    for fact in story["facts"]:
        details = {name: value for name, value in fact.items() if name not in ("at", "fact", "generation")}
        rows.append([fact["at"], fact["fact"], fact["generation"][:8], ", ".join(f"{name} {value}" for name, value in details.items())])
    output.table(["at", "fact", "content", "details"], rows)
    if story["record"]:
        _show_record(output, story["record"])


def _in_lines(value: Any) -> Any:
    """The same with every text in one line, so that no key and no caption adds a line that looks like ours."""
    if isinstance(value, dict):
        return {name: _in_lines(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_in_lines(each) for each in value]
    return visible(value) if isinstance(value, str) else value


def _because(part: Json) -> str:
    return f": {part['reason']}" if part["reason"] else ""


def _show_record(output: Output, record: Json) -> None:
    output.say("\n".join(["", *filter(None, (record["title"], record["caption"] or record["brief"]))]))
    for name, told in lines(record.get("found", {})):
        output.say(f"{name:9} {told}")
    engine = record["engine"]
    if engine:
        took = f" in {engine['seconds']:.1f} s" if engine["seconds"] is not None else ""
        output.say(
            f"seen by   {engine['name']}{took}" + (f"; it cannot see: {', '.join(engine['cannot_see'])}" if engine["cannot_see"] else "")
        )
        for note in engine["notes"]:
            output.say(f"note      {note}")
    for note in record["notes"]:
        output.say(f"left out  {note}")
