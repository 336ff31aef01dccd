"""What a production job is to do, worked out when it is submitted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from localcloud.database import Database
from localcloud.ims.errors import invalid_parameter, missing_parameter
from localcloud.ims.inputs import InputError, Inputs, OssAddress, oss_address
from localcloud.ims.jobs import parameters as job_parameters
from localcloud.ims.jobs.work import Sources
from localcloud.ims.production import parameters as p
from localcloud.ims.production.addresses import Addresses, OutputName, output_name
from localcloud.ims.production.functions import BETTER_DETEXT, FUNCTIONS, Function
from localcloud.ims.production.job_params import Detext, JobParams, read
from localcloud.ports import WritableObjects


@dataclass(frozen=True)
class Order:
    """`source` is an address, and so are `others`, by the keyword of the function and with the parameter that named each.

    `media` is the id that the outputs get, "" for new ones, None where they are no media. `notes` say what was asked for and is not done.
    """

    function: str
    source: str
    options: dict[str, Any]
    others: dict[str, tuple[str, str]]
    bucket: str
    name: OutputName
    media: str | None = None
    notes: list[str] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        kept = json.loads(text)
        others = {option: (named[0], named[1]) for option, named in kept["others"].items()}
        return cls(**{**kept, "name": OutputName(**kept["name"]), "others": others})


@dataclass(frozen=True)
class Orders:
    """Reads what is submitted. Everything that it refuses is named with the reason, before a job exists."""

    database: Database
    sources: Sources
    inputs: Inputs
    objects: WritableObjects
    addresses: Addresses
    clock: Callable[[], float] = time.time

    def read(self, given: p.SubmitIProductionJob) -> Order:
        """Raises AcsError."""
        function = FUNCTIONS.get(given.function_name)
        if function is None:
            raise invalid_parameter("FunctionName", f"it is not one of {', '.join(FUNCTIONS)}")
        params = read(function.params, given.job_params)
        _check_model(given, function, params)
        source = self._source(given.input)
        field, template = self._target(given.output)
        return Order(
            function=given.function_name,
            source=source,
            options=params.options(),
            others={option: (named, self._other(named, address)) for option, (named, address) in params.inputs().items()},
            bucket=template.bucket,
            name=output_name(field, template.key, _key(source), self.clock(), function.placeholder),
            media=self._media(given.output),
            notes=[*self._notes(given), *(f"JobParams.{name} is no parameter of {given.function_name}" for name in params.unknown())],
            request=_echo(given),
        )

    def _source(self, given: p.Input) -> str:
        if given.type == "Media":
            return self.sources.read(job_parameters.JobInput(Type="Media", Media=given.media)).addresses[0]
        return _plain(self.addresses.read("Input.Media", given.media))

    def _other(self, field: str, address: str) -> str:
        """Of another file: it may be on any server that an input may come from."""
        # One with a query may be signed, and is then fetched as it stands.
        found = None if "?" in address else self.addresses.find(field, address)
        if found:
            return _plain(found)
        try:
            self.inputs.check(address)
        except InputError as refusal:
            raise invalid_parameter(field, str(refusal)) from None
        return address

    def _target(self, given: p.Output) -> tuple[str, OssAddress]:
        """The bucket and the key with placeholders, and which parameter named them."""
        field = "Output.Media" if given.type == "OSS" else "Output.OutputUrl"
        address = given.media if given.type == "OSS" else given.output_url
        if not address:
            # Of a media the cloud finds a place in the storage that its service has; here there is none.
            raise missing_parameter(field)
        target = self.addresses.read(field, address)
        if not self.objects.has_bucket(target.bucket):
            raise invalid_parameter(field, f'there is no bucket "{target.bucket}"')
        return field, target

    def _media(self, given: p.Output) -> str | None:
        if given.type == "OSS":
            return None
        if given.media and not self.database.one(
            "SELECT 1 FROM media WHERE id = ? UNION SELECT 1 FROM produced_media WHERE id = ?", given.media, given.media
        ):
            raise invalid_parameter("Output.Media", f'there is no media "{given.media}"; leave it empty for a new one')
        return given.media

    def _notes(self, given: p.SubmitIProductionJob) -> list[str]:
        notes = []
        if given.template_id:
            if self.database.one("SELECT 1 FROM template WHERE id = ?", given.template_id) is None:
                raise invalid_parameter("TemplateId", f'there is no template "{given.template_id}"')
            notes.append("TemplateId is not looked at: what templates of intelligent production hold is not documented")
        if given.output.biz == "VOD":
            notes.append("Output.Biz VOD is not looked at: there is no VOD here")
        if given.output.type == "OSS" and given.output.output_url:
            notes.append("Output.OutputUrl is not looked at where Output.Type is OSS")
        if given.model_id:
            notes.append(f"ModelId {given.model_id} works by the same method as the default model here")
        return notes


def _check_model(given: p.SubmitIProductionJob, function: Function, params: JobParams) -> None:
    if given.model_id and given.model_id not in function.models:
        known = f"the models of {given.function_name} are: {', '.join(function.models)}"
        raise invalid_parameter("ModelId", known if function.models else f"{given.function_name} has no other model than its default")
    several = isinstance(params, Detext) and len(params.times or ()) > 1
    if several and given.model_id != BETTER_DETEXT:
        raise invalid_parameter("JobParams.Time", f"several ranges of time need ModelId {BETTER_DETEXT}")


def _key(source: str) -> str:
    """Of an object; of a media elsewhere on the web the path, or the host where there is none."""
    stored = oss_address(source)
    parts = urlsplit(source)
    return stored.key if stored else unquote(parts.path).strip("/") or parts.netloc


def _plain(address: OssAddress) -> str:
    return f"oss://{address.bucket}/{address.key}"


def _echo(given: p.SubmitIProductionJob) -> dict[str, Any]:
    """What a query shows again of what was submitted."""
    shown = {
        "FunctionName": given.function_name,
        "Input": given.input.model_dump(by_alias=True),
        "Output": given.output.model_dump(by_alias=True, exclude_none=True),
        "JobParams": given.job_params,
        "Name": given.name,
        "TemplateId": given.template_id,
    }
    return {name: value for name, value in shown.items() if value is not None}
