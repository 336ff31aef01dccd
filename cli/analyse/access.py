"""Where PAI answers, and by which key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.deployment.target import Target
from cli.errors import FAILED, NOT_FOUND, USAGE, CommandError, of_refusal
from sightline.errors import KeyRefused, ModelNotFound, ServiceRefused
from sightline.pai.client import PaiClient

HOST, APP_ID, TOKEN = "SIGHTLINE_PAI_HOST", "SIGHTLINE_PAI_APP_ID", "SIGHTLINE_PAI_TOKEN"


def pai_client(target: Target) -> PaiClient:
    """On a laptop the AppId is the account's key id and its token that key's secret. Raises CommandError."""
    if target.is_laptop:
        return PaiClient(target.host, target.endpoints.ims, target.credentials.access_key_id, target.credentials.access_key_secret)
    for name in (HOST, APP_ID, TOKEN):
        value = target.variables.get(name, "")
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            fix = "export it, or write it into the .env beside s.yaml; the console's Multimedia Analysis page shows AppId and Token"
            raise CommandError(f"{name} is not set" if not value else f"{name} is none that can be sent", fix, USAGE)
    host, app_id, token = (target.variables[name] for name in (HOST, APP_ID, TOKEN))
    return PaiClient(target.host, host, app_id, token)


@contextmanager
def refusals_told(target: Target) -> Iterator[None]:
    """Raises CommandError for whatever PAI refuses."""
    try:
        yield
    except ModelNotFound as error:
        fix = "docs/production.md says what the laptop can do" if target.is_laptop else "ask PAI for the model, or use another service"
        raise CommandError(str(error), fix, NOT_FOUND) from error
    except KeyRefused as error:
        fix = "start `sightline up` again" if target.is_laptop else f"mend {APP_ID} and {TOKEN}"
        raise CommandError(str(error), fix, FAILED) from error
    except ServiceRefused as error:
        raise of_refusal(error) from error
