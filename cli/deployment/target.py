"""Which cloud a verb acts on: the laptop cloud that runs, or the account that the environment names.

Names, regions and settings are those of `s.yaml` as the SIGHTLINE_ variables render it, so that a verb and `s deploy` mean the same
deployment. Of the services' addresses `s.yaml` knows those that the functions use; the others follow from region and account.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import oss2
from mns.account import Account

from cli.deployment.endpoints import Endpoints, endpoints_of, region_of
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.running import Running, default_data
from localcloud.fc.errors import ProjectError
from localcloud.fc.project.dotenv import with_dotenv
from localcloud.fc.project.project import Project
from localcloud.fc.project.trigger import MnsTopicTrigger, OssTrigger
from localcloud.place import Place
from sightline.credentials import Credentials
from sightline.host import Host
from sightline.ims.transport import ImsTransport

OSS_SECONDS = 30
MPS_VERSION, RAM_VERSION = "2014-06-18", "2015-05-01"
"""Of the APIs of ApsaraVideo Media Processing and of Resource Access Management."""
# "Bucket naming conventions" of OSS, "Limits" of Simple Message Queue, and the guide to IPC search.
_BUCKET = re.compile("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_QUEUE = re.compile("[A-Za-z0-9][A-Za-z0-9-]{0,119}")
_LIBRARY = re.compile("IPCamera_[A-Za-z0-9]+")
_REGION = re.compile("[a-z]+(-[a-z0-9]+)+")
_KEY = re.compile("[!-~]([ -~]*[!-~])?")


@dataclass(frozen=True)
class Names:
    """Of what a deployment needs beside its functions."""

    media_bucket: str
    state_bucket: str
    topic: str
    dead_queue: str
    template: str
    library: str


@dataclass(frozen=True)
class Target:
    """`region` is that of functions and buckets; IMS may search in another one.

    `settings` are the functions' environment variables; `variables` are those that begin with SIGHTLINE_, exported or in the .env.
    `options` make a command act on this deployment and no other.
    """

    is_laptop: bool
    region: str
    search_region: str
    account_id: str
    credentials: Credentials = field(repr=False)
    endpoints: Endpoints
    names: Names
    settings: Mapping[str, str]
    project: Project = field(repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: tuple[str, ...] = ()
    host: Host = field(default_factory=Host, repr=False, compare=False)

    @property
    def understanding_region(self) -> str:
        """Where jobs run, and where their pipelines are."""
        return region_of(self.endpoints.ims) or self.region

    @property
    def place(self) -> str:
        """For people."""
        return "the laptop cloud" if self.is_laptop else f"account {self.account_id} in {self.region}"

    def command(self, verb: str, *words: str) -> str:
        """A command of ours that acts on this deployment, for people to copy; `verb` may have a word more (`dead list`)."""
        return f"`{shlex.join(['sightline', *verb.split(), *self.options, *words])}`"

    def bucket(self, name: str) -> oss2.Bucket:
        key = self.credentials
        auth = (
            oss2.StsAuth(key.access_key_id, key.access_key_secret, key.security_token, auth_version=oss2.AUTH_VERSION_4)
            if key.security_token
            else oss2.AuthV4(key.access_key_id, key.access_key_secret)
        )
        return oss2.Bucket(auth, self.endpoints.oss, name, region=self.region, connect_timeout=OSS_SECONDS)

    def messages(self) -> Account:
        key = self.credentials
        return Account(self.endpoints.mns, key.access_key_id, key.access_key_secret, key.security_token or "")

    def ims(self) -> ImsTransport:
        """Where media are understood."""
        return self._transport(self.endpoints.ims)

    def ims_search(self) -> ImsTransport:
        """Where the search library is."""
        return self._transport(self.endpoints.ims_search)

    def mps(self) -> ImsTransport:
        """ApsaraVideo Media Processing, which binds a pipeline to a topic; its calls need `version=MPS_VERSION`."""
        return self._transport(self.endpoints.mps)

    def ram(self) -> ImsTransport:
        """Roles; its calls need `version=RAM_VERSION`."""
        return self._transport(self.endpoints.ram)

    def _transport(self, endpoint: str) -> ImsTransport:
        return ImsTransport(self.host, lambda: self.credentials, endpoint)


def project_folder() -> Path:
    """The checkout that the functions, the layer and s.yaml lie in."""
    folder = Path(os.environ.get("SIGHTLINE_PROJECT", Path(__file__).parents[2]))
    if not (folder / "s.yaml").is_file():
        raise CommandError(
            f"there is no s.yaml in {folder}", "run sightline from its checkout, or name that with SIGHTLINE_PROJECT", NOT_FOUND
        )
    return folder


def laptop_variables(
    endpoint: str,
    place: Place,
    names: Names,
    environment: Mapping[str, str],
    template_id: str = "",
    pipeline_id: str = "",
    key: tuple[str, str] = ("", ""),
) -> dict[str, str]:
    """What `${env('…')}` finds in s.yaml on a laptop: its own addresses and names, and any other SIGHTLINE_ variable of the caller.

    `key` is the account's access key: its id and secret are the AppId and the token of the laptop's PAI. Without it there is no PAI.
    """
    chosen = {name: value for name, value in environment.items() if name.startswith("SIGHTLINE_")}
    own = dict.fromkeys(
        (f"SIGHTLINE_{service}_ENDPOINT" for service in ("OSS", "OSS_PUBLIC", "MNS", "IMS", "IMS_SEARCH", "MPS", "FC", "RAM")), endpoint
    )
    return (
        chosen
        | own
        | {
            "SIGHTLINE_STAGE": "dev",
            "SIGHTLINE_REGION": place.region,
            "SIGHTLINE_ACCOUNT_ID": place.account_id,
            "SIGHTLINE_MEDIA_BUCKET": names.media_bucket,
            "SIGHTLINE_STATE_BUCKET": names.state_bucket,
            "SIGHTLINE_CALLBACK_TOPIC": names.topic,
            "SIGHTLINE_DEAD_QUEUE": names.dead_queue,
            "SIGHTLINE_SEARCH_LIBRARY": names.library,
            "SIGHTLINE_TEMPLATE_NAME": names.template,
            "SIGHTLINE_TEMPLATE_ID": template_id,
            "SIGHTLINE_PIPELINE_ID": pipeline_id,
            "SIGHTLINE_PAI_HOST": endpoint if key[0] else "",
            "SIGHTLINE_PAI_APP_ID": key[0],
            "SIGHTLINE_PAI_TOKEN": key[1],
        }
    )


LAPTOP_NAMES = Names("sightline-media", "sightline-state", "sightline-jobs", "sightline-dead", "sightline", "IPCamera_sightline")


def laptop(running: Running, environment: Mapping[str, str]) -> Target:
    """The laptop cloud that runs. Raises CommandError."""
    place = Place(running.region, running.account_id)
    key = (running.access_key_id, running.access_key_secret)
    variables = laptop_variables(running.endpoint, place, LAPTOP_NAMES, environment, running.template_id, running.pipeline_id, key)
    options = () if Path(running.data) == default_data().resolve() else ("--data", running.data)
    target = rendered(variables, Credentials(running.access_key_id, running.access_key_secret), is_laptop=True)
    return replace(target, options=options)


def cloud(environment: Mapping[str, str]) -> Target:
    """The account of the keys and SIGHTLINE_ variables in the environment, or in the .env beside s.yaml, which Serverless Devs reads too.

    Raises CommandError, which names the variable.
    """
    environment = with_dotenv(environment, [project_folder()])
    if not environment.get("SIGHTLINE_ACCOUNT_ID", "").isdecimal():
        fix = "export SIGHTLINE_ACCOUNT_ID: the number of the account that is deployed to, as the console's account menu shows it"
        raise CommandError("SIGHTLINE_ACCOUNT_ID is not set to an account's number", fix, USAGE)
    return replace(rendered(environment, _credentials(environment), is_laptop=False), options=("--cloud",))


def rendered(variables: Mapping[str, str], credentials: Credentials, is_laptop: bool) -> Target:
    """What `s.yaml` says with these variables, and with those of the .env beside it. Raises CommandError."""
    variables = with_dotenv(variables, [project_folder()])
    project = _project(variables)
    settings = _settings(project)
    region, account_id = _place(project)
    endpoints = endpoints_of(settings, variables, region, account_id)
    return Target(
        is_laptop=is_laptop,
        region=region,
        search_region=region_of(endpoints.ims_search) or region,
        account_id=account_id,
        credentials=credentials,
        endpoints=endpoints,
        names=_names(project, settings, variables),
        settings=settings,
        project=project,
        variables={name: value for name, value in variables.items() if name.startswith("SIGHTLINE_")},
    )


def _credentials(environment: Mapping[str, str]) -> Credentials:
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        if not _KEY.fullmatch(environment.get(name, "")):
            fix = f"export {name} of the RAM user who deploys (docs/deploy.md); a temporary key needs ALIBABA_CLOUD_SECURITY_TOKEN too"
            raise CommandError(f"{name} is not set, or is no key", fix, USAGE)
    token = environment.get("ALIBABA_CLOUD_SECURITY_TOKEN") or None
    if token is not None and not _KEY.fullmatch(token):
        raise CommandError("ALIBABA_CLOUD_SECURITY_TOKEN is no token", "export it as it was issued, or unset it", USAGE)
    return Credentials(
        environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        token,
    )


def _project(variables: Mapping[str, str]) -> Project:
    file = project_folder() / "s.yaml"
    try:
        return Project.read(file, variables, {"AccountID": variables.get("SIGHTLINE_ACCOUNT_ID", "")})
    except ProjectError as error:
        raise CommandError(
            str(error), "mend s.yaml, or the variable that it reads there; `sightline check` shows all of it", USAGE
        ) from error


def _settings(project: Project) -> dict[str, str]:
    """Of all functions together; they describe one deployment, so they may not contradict each other."""
    together: dict[str, str] = {}
    for name, function in project.functions.items():
        for key, value in function.environment_variables.items():
            if together.setdefault(key, value) != value:
                problem = f"{project.file}: {name} has another {key} than the functions before it"
                raise CommandError(problem, f"give all functions the same {key}", USAGE)
    return together


def _place(project: Project) -> tuple[str, str]:
    """Region and account id: those of the functions, and of what triggers them."""
    regions = {function.region for function in project.functions.values()}
    if not all(_REGION.fullmatch(region) for region in regions):
        raise CommandError(f"{project.file}: the region is {regions.pop()!r}", "set SIGHTLINE_REGION to one such as cn-shanghai", USAGE)
    if len(regions) != 1:
        raise CommandError(f"{project.file}: the functions lie in {len(regions)} regions", "give all of them one region", USAGE)
    accounts = {arn.split(":")[3] for arn in _source_arns(project)}
    if len(accounts) != 1 or not all(accounts):
        problem = f"{project.file}: the triggers' sourceArn name {len(accounts)} accounts: {', '.join(sorted(accounts)) or 'none'}"
        raise CommandError(problem, "put SIGHTLINE_ACCOUNT_ID into each", USAGE)
    return regions.pop(), accounts.pop()


def _source_arns(project: Project) -> Iterator[str]:
    for function in project.functions.values():
        yield from (trigger.source_arn for trigger in function.triggers if isinstance(trigger, (OssTrigger, MnsTopicTrigger)))


def _names(project: Project, settings: Mapping[str, str], variables: Mapping[str, str]) -> Names:
    triggers = [trigger for function in project.functions.values() for trigger in function.triggers]
    topics = {trigger.topic for trigger in triggers if isinstance(trigger, MnsTopicTrigger)}
    if len(topics) != 1:
        raise CommandError(
            f"{project.file}: it has {len(topics)} topics that trigger a function", "declare the one of the jobs' news", USAGE
        )
    wanted = _wanted(project, settings)
    library = wanted("SEARCH_LIBRARY", _LIBRARY)
    return Names(
        media_bucket=wanted("MEDIA_BUCKET", _BUCKET),
        state_bucket=wanted("STATE_BUCKET", _BUCKET),
        topic=topics.pop(),
        dead_queue=wanted("DEAD_QUEUE", _QUEUE),
        template=variables.get("SIGHTLINE_TEMPLATE_NAME") or library.removeprefix("IPCamera_"),
        library=library,
    )


def _wanted(project: Project, settings: Mapping[str, str]) -> Callable[[str, re.Pattern[str]], str]:
    def wanted(name: str, form: re.Pattern[str]) -> str:
        """Raises CommandError."""
        value = settings.get(name, "")
        if not form.fullmatch(value):
            problem = f"{project.file}: {name} is {value!r}" if value else f"{project.file}: no function has {name} in its environment"
            raise CommandError(problem, f"set SIGHTLINE_{name} to a name that the service takes: {form.pattern}", USAGE)
        return value

    return wanted
