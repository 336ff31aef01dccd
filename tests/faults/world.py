"""Everything of one schedule: the services, the functions' instances, the mail between them, the people, and what was seen of it all."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import httpx

from cli.up import NAMES
from localcloud.fc.project.project import Function, Project
from localcloud.identity import Authority, Credential
from localcloud.ports import ObjectEvent
from localcloud.ram.roles import Roles
from localcloud.ram.template import read_roles
from sightline.host import Host
from sightline.ledger.ledger import Ledger
from sightline.wiring import Wiring
from tests.fakes.over_httpx import OverHttpx
from tests.faults.functions import ROOT, Answered, Asking, Change, Invocation
from tests.faults.history import History, Job
from tests.faults.injected import FAULTS
from tests.faults.laptop_services import PLACE, LaptopServices, laptop_services
from tests.faults.mail import Message, object_message, topic_message
from tests.faults.people import People
from tests.faults.points import Point, point_of, way_home
from tests.faults.simulated_clock import SimulatedClock
from tests.faults.template import Template

CREDENTIAL_SECONDS = 36 * 3600
"""https://www.alibabacloud.com/help/en/functioncompute: the temporary keys of a function are good for 36 hours."""

JOBS_IN_FLIGHT = ("1", "2", "2", "3", "20")


@cache
def roles() -> Roles:
    """What the functions may do in the cloud: no schedule may need more."""
    return Roles(read_roles(ROOT / "template.yaml", PLACE))


@dataclass(frozen=True)
class Setup:
    """What does not change in a schedule. `change` plants a bug into each function that is loaded; `authority` says what each may do."""

    template: Template
    sockets: bool = False
    change: Change = lambda function, module, wiring: None
    jobs_at_once: int = 2
    authority: Authority = field(default_factory=roles)


@dataclass
class Running:
    """An invocation under way, and what it was invoked with: a message, or nothing for a sweep."""

    invocation: Invocation
    message: Message | None
    started: float
    timeout: float
    keys: tuple[str, ...]


@dataclass
class World:
    setup: Setup
    services: LaptopServices
    clock: SimulatedClock
    functions: dict[str, Function]
    chance: Random
    people: People
    settings: dict[str, str]
    history: History = field(default_factory=History)
    step: int = 0
    mail: dict[str, Message] = field(default_factory=dict)
    seen: dict[str, Message] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    jobs_under_way: list[str] = field(default_factory=list)
    cursed: str = ""
    """A key of which every request fails, of whoever asks."""
    away: str = ""
    """A service that is not available to anybody."""

    def __post_init__(self) -> None:
        self._network = OverHttpx(_Onlooker(self.services.serve))
        account = {**self.environment(self.functions["sweep"]), **_keys(self.services.keyring.account)}
        # No sleep: nothing goes wrong on this way.
        self.account = Wiring(account, Host(self._network, self.clock, lambda _seconds: None))
        self.state = self.account.bucket(NAMES.state_bucket)
        self.ledger = Ledger(self.state)

    def close(self) -> None:
        for running in self.running.values():
            running.invocation.die()
        self._network.close()

    def tell(self, text: str, *keys: str) -> None:
        self.history.add(self.step, text, keys)

    def serve(self, request: httpx.Request, invocation: str) -> httpx.Response:
        """Have a function's request answered, and see what it did."""
        point = point_of(request)
        key = self.key_of(point)
        if point.service == self.away:
            return FAULTS["unavailable"].answer(point, request)
        if self.cursed and key == self.cursed:
            return FAULTS["broken before"].answer(point, request)
        response = self.services.serve(request)
        if response.is_success and point.changes:
            self._observe(point, request, response, invocation)
        if point.changes or not response.is_success:
            self.tell(f"{invocation}: {point} -> {response.status_code}{_detail(point, request)}", *([key] if key else []))
        return response

    def stops_at(self, running: Running) -> str:
        """`before` or `after` the point at which an invocation stopped; empty for one that sleeps."""
        state = running.invocation.state
        if isinstance(state, Asking | Answered):
            return f"{'before' if isinstance(state, Asking) else 'after'} {point_of(state.request)}"
        return ""

    def key_of(self, point: Point) -> str:
        """The upload that a request is about; empty for one about all, or none."""
        job = self.history.jobs.get(point.job)
        return point.key or (job.key if job else "") or self.people.key_of(point.media) or ""

    def environment(self, function: Function, *, expired: bool = False) -> dict[str, str]:
        key = self.services.keyring.issue(function.role, -1 if expired else CREDENTIAL_SECONDS)
        return {**function.environment_variables, **self.settings, **_keys(key)}

    def take_news(self) -> None:
        """Put what the services have to tell into the mail."""
        for number, news in enumerate(self.services.take_news()):
            if isinstance(news, ObjectEvent):
                message = object_message(f"e{self.step}.{number}", news, self.functions.values())
            else:
                document = json.loads(news.body)
                job = self.history.jobs.get(document["JobId"])
                name = f"{job.name} {document['State']}" if job else f"m{self.step}.{number}"
                message = topic_message(name, news, self.functions.values(), [job.key] if job else [])
            if message is not None:
                self.mail[message.name] = self.seen[message.name] = message

    def _observe(self, point: Point, request: httpx.Request, response: httpx.Response, invocation: str) -> None:
        if point.operation in ("SubmitSmarttagJob", "SubmitIProductionJob"):
            home = way_home(dict(request.url.params)["UserData"])
            key = self.people.key_of(str(home["mediaId"])) or ""
            number = 1 + sum(job.key == key for job in self.history.jobs.values())
            job = Job(response.json()["JobId"], f"{key}#{number}", key, str(home["generation"]), invocation, str(home["kind"]))
            self.history.jobs[job.id] = job
        elif point.operation == "AppendObject" and point.what == "ledger":
            for line in request.content.splitlines():
                self._observe_fact(json.loads(line), self.key_of(point), invocation)

    def _observe_fact(self, fact: dict[str, str], key: str, invocation: str) -> None:
        if fact["fact"] in ("failed", "refused", "removed"):
            self.history.failed.add((key, fact["generation"]))
        for name in ("job_id", "job"):
            job = self.history.jobs.get(fact.get(name, ""))
            if job is not None and job.invocation == invocation:
                job.is_known = True


def _keys(key: Credential) -> dict[str, str]:
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token or "",
    }


def _detail(point: Point, request: httpx.Request) -> str:
    if point.what == "ledger" and point.operation == "AppendObject":
        facts = [json.loads(line) for line in request.content.splitlines()]
        return ": " + ", ".join(f"{fact['fact']} {fact.get('generation', '')[:6]}" for fact in facts)
    if point.operation == "SubmitSmarttagJob":
        return f": generation {str(way_home(dict(request.url.params)['UserData']).get('generation', ''))[:6]}"
    return ""


class _Onlooker(httpx.BaseTransport):
    """The harness's own way to the services: nothing is observed, and nothing goes wrong."""

    def __init__(self, serve: Callable[[httpx.Request], httpx.Response]) -> None:
        self._serve = serve

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._serve(request)


@cache
def project(endpoint: str, template_id: str, pipeline_id: str) -> Project:
    """The functions as `sightline up` deploys them."""
    variables = {
        "SIGHTLINE_OSS_ENDPOINT": endpoint,
        "SIGHTLINE_OSS_PUBLIC_ENDPOINT": endpoint,
        "SIGHTLINE_IMS_ENDPOINT": endpoint,
        "SIGHTLINE_MNS_ENDPOINT": endpoint,
        "SIGHTLINE_TEMPLATE_ID": template_id,
        "SIGHTLINE_PIPELINE_ID": pipeline_id,
        "SIGHTLINE_ACCOUNT_ID": PLACE.account_id,
        "SIGHTLINE_REGION": PLACE.region,
    }
    return Project.read(ROOT / "s.yaml", variables, {"AccountID": PLACE.account_id})


def every_kind_of_job(endpoint: str, account: Credential) -> dict[str, str]:
    """Settings under which uploads get jobs of each family, some no smart tags."""
    pai = {"PAI_HOST": endpoint, "PAI_APP_ID": account.access_key_id, "PAI_TOKEN": account.access_key_secret}
    return {"RULES_FILE": str(ROOT / "tests/faults/rules.json"), **pai}


@contextmanager
def _drawn_names(seed: int) -> Iterator[None]:
    """The names that services and clients draw come from the seed too: what is sorted by them comes in the same order each time."""
    chance = Random(f"names of {seed}")
    really = uuid.uuid4, secrets.token_hex
    uuid.uuid4 = lambda: uuid.UUID(int=chance.getrandbits(128), version=4)
    secrets.token_hex = lambda nbytes=None: chance.randbytes(nbytes or 32).hex()
    try:
        yield
    finally:
        uuid.uuid4, secrets.token_hex = really


@contextmanager
def world(setup: Setup, folder: Path, seed: int) -> Iterator[World]:
    clock = SimulatedClock()
    with _drawn_names(seed), laptop_services(setup.template.folder, folder, clock, setup.sockets) as services:
        services.keyring.authority = setup.authority
        made = setup.template.made
        functions = project(services.endpoint, made.template_id, made.pipeline_id).functions
        named = {name.rpartition("-")[2]: function for name, function in functions.items()}
        people = People(services.endpoint, services.keyring.account, clock, services.serve)
        chance = Random(seed)
        settings = {"JOBS_IN_FLIGHT": chance.choice(JOBS_IN_FLIGHT), **every_kind_of_job(services.endpoint, services.keyring.account)}
        one = World(setup, services, clock, named, chance, people, settings)
        try:
            yield one
        finally:
            one.close()
