"""Files and addresses as PAI can fetch them, with its limits checked as far as a file, or OSS, tells its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.analyse.size import look_into
from cli.deployment.target import Target
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.parameters import wrong_ones_told
from cli.scratch import Scratch, presigned, size_of
from sightline.ims.production.addresses import parse
from sightline.media.admission import IMAGES
from sightline.pai.limits import IMAGE, VIDEO, Limits
from sightline.pai.services import Service

_A = {"image": "an image", "video": "a video"}


@dataclass(frozen=True)
class Input:
    """`url` is what PAI fetches; `said` is what was typed."""

    said: str
    url: str
    is_image: bool


def check_count(service: Service, given: Sequence[str], text: str) -> None:
    """Before anything is uploaded. Raises CommandError."""
    if not given:
        raise CommandError(f"{service.name} needs a file or an address", "name one", USAGE)
    if service.source == "image" and len(given) != 1:
        raise CommandError(f"{service.name} takes one image at a time", "name one", USAGE)
    if text and service.source != "post":
        raise CommandError(f"{service.name} takes no --text", "leave it out", USAGE)


def check_file(service: Service, said: str) -> None:
    """Of a file of this machine; addresses are left. Raises CommandError."""
    if "://" in said:
        return
    path = Path(said)
    if not path.is_file():
        raise CommandError(f"there is no file {said}", "name a file, or an https:// or oss:// address", NOT_FOUND)
    seen = look_into(path)
    if service.source not in ("post", seen.kind):
        raise CommandError(f"{said} is {_A[seen.kind]}, and {service.name} takes {service.source}s", f"name {_A[service.source]}", USAGE)
    with wrong_ones_told():
        _limits(service, _is_image(service, said)).check(said, path.stat().st_size, seen.width, seen.height)


def lend(target: Target, scratch: Scratch, service: Service, said: str) -> Input:
    """The address that PAI fetches. Raises CommandError."""
    is_image = _is_image(service, said)
    if not said.lower().startswith("oss://"):
        url = said if "://" in said else presigned(target, scratch.bucket_name, scratch.put(Path(said)))
        return Input(said, url, is_image)
    address = parse(said)
    if address is None:
        raise CommandError(f"{said} names no object", "write oss://bucket/key", USAGE)
    with wrong_ones_told():
        _limits(service, is_image).check(said, size_of(target, address.bucket, address.key), None, None)
    return Input(said, presigned(target, address.bucket, address.key), is_image)


def _is_image(service: Service, said: str) -> bool:
    """A post's are told from its video by their names."""
    return service.source == "image" or (service.source == "post" and said.partition("?")[0].rpartition(".")[2].lower() in IMAGES)


def _limits(service: Service, is_image: bool) -> Limits:
    if service.source == "post":
        return IMAGE if is_image else VIDEO
    return service.limits
