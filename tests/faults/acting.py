"""What a scheduler can do next, and doing it. A choice that no longer applies, because an earlier one was left out, does nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.faults.invoking import begin, end_late_ones, one_stop
from tests.faults.mail import MALFORMED_EVENTS, Message, merged
from tests.faults.searching import search_namespace
from tests.faults.world import World

MOST_STOPS_TO_A_FAULT = 10


@dataclass(frozen=True)
class Choice:
    """`step` names what comes of it, so that the same choice has the same outcome where others are left out.

    `subject` is a key, a message, an invocation or a job; `detail` and `others` say more of it, as does `number`.
    """

    step: int
    verb: str
    subject: str = ""
    detail: str = ""
    number: float = 0
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = [self.verb, self.subject, self.detail, f"{self.number:g}" if self.number else "", *self.others]
        return " ".join(part for part in said if part)


def act(world: World, choice: Choice) -> None:
    """Raises Violation where a search shows one."""
    world.step = choice.step
    VERBS[choice.verb](world, choice)
    world.take_news()


def upload(world: World, choice: Choice) -> None:
    world.tell(f"somebody uploads {choice.detail!r} to {choice.subject!r}", choice.subject)
    world.people.put(choice.step, choice.subject, choice.detail.encode())


def upload_again(world: World, choice: Choice) -> None:
    content = world.people.content(choice.subject)
    if content is not None:
        world.tell(f"somebody uploads the same content to {choice.subject!r}", choice.subject)
        world.people.put(choice.step, choice.subject, content)


def delete(world: World, choice: Choice) -> None:
    if world.people.content(choice.subject) is not None:
        world.tell(f"somebody deletes {choice.subject!r}", choice.subject)
        world.people.delete(choice.step, choice.subject)


def copy(world: World, choice: Choice) -> None:
    """With `others` the source is deleted afterwards: a rename."""
    if world.people.copy(choice.step, choice.subject, choice.detail):
        world.tell(f"somebody copies {choice.subject!r} to {choice.detail!r}", choice.subject, choice.detail)
        if choice.others:
            world.people.delete(choice.step, choice.subject)
            world.tell(f"and deletes {choice.subject!r}", choice.subject)


def deliver(world: World, choice: Choice) -> None:
    """Invoke a function with one message, or with the records of several and malformed ones; `number` is how wrong its clock is."""
    wanted = [choice.subject, *choice.others]
    messages = [world.mail[name] for name in wanted if name in world.mail]
    if not messages:
        return
    message = messages[0]
    if message.keys and message.function == "submit":
        messages = [each for each in messages if each.keys and each.function == "submit"]
        message = merged(messages, choice.detail.split(", ") if choice.detail else [])
    else:
        messages = messages[:1]
    for each in messages:
        del world.mail[each.name]
    begin(world, f"{message.function}-{choice.step}", message.function, message, choice.number)


def receive_malformed(world: World, choice: Choice) -> None:
    function, event = MALFORMED_EVENTS[choice.subject]
    message = Message(f"x{choice.step}", function, event, (), world.clock.seconds())
    world.mail[message.name] = world.seen[message.name] = message


def repeat(world: World, choice: Choice) -> None:
    message = world.seen.get(choice.subject)
    if message is not None:
        name = f"{choice.subject}, again ({choice.step})"
        world.mail[name] = replace(message, name=name, attempts=0, due=world.clock.seconds() + choice.number)
        world.tell(f"the message {choice.subject!r} will come once more, in {choice.number:g} s", *message.keys)


def lose(world: World, choice: Choice) -> None:
    message = world.mail.pop(choice.subject, None)
    if message is not None:
        world.tell(f"the message {choice.subject!r} is lost", *message.keys)


def sweep(world: World, choice: Choice) -> None:
    begin(world, f"sweep-{choice.step}", "sweep", None, choice.number)


def go(world: World, choice: Choice) -> None:
    """Let an invocation go on for `number` stops; `detail` is the fault that it meets at the last, or at the next where that can happen."""
    left = int(choice.number)
    while left > 0 or choice.detail:
        running = world.running.get(choice.subject)
        if running is None:
            return
        left -= 1
        met = one_stop(world, choice.subject, running, choice.detail if left <= 0 else "")
        end_late_ones(world)
        if left <= 0 and (met or left < -MOST_STOPS_TO_A_FAULT):
            return


def start_job(world: World, _choice: Choice) -> None:
    if len(world.jobs_under_way) < world.setup.jobs_at_once:
        job_id = world.services.start_job()
        if job_id is not None:
            world.jobs_under_way.append(job_id)
            job = world.history.jobs[job_id]
            world.tell(f"job {job.name} starts", job.key)


def finish_job(world: World, choice: Choice) -> None:
    for job_id in world.jobs_under_way:
        job = world.history.jobs[job_id]
        if job.name == choice.subject:
            job.read = world.people.content(job.key)
            world.services.finish_job(job_id)
            world.jobs_under_way.remove(job_id)
            world.tell(f"job {job.name} ends: {world.services.job_state(job_id)}", job.key)
            return


def index(world: World, _choice: Choice) -> None:
    world.services.run_index_job()


def wait(world: World, choice: Choice) -> None:
    world.clock.forward(choice.number)
    world.tell(f"{choice.number:g} s pass")
    end_late_ones(world)


def curse(world: World, choice: Choice) -> None:
    world.cursed = choice.subject
    world.tell(f"from now on every request about {choice.subject!r} fails", choice.subject)


def search(world: World, choice: Choice) -> None:
    """Raises Violation."""
    search_namespace(world, choice.subject)


VERBS: dict[str, Callable[[World, Choice], None]] = {
    "upload": upload,
    "upload again": upload_again,
    "delete": delete,
    "copy": copy,
    "deliver": deliver,
    "malformed": receive_malformed,
    "repeat": repeat,
    "lose": lose,
    "sweep": sweep,
    "go": go,
    "start job": start_job,
    "finish job": finish_job,
    "index": index,
    "wait": wait,
    "curse": curse,
    "search": search,
}
