"""A run of `sightline provision`."""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.deployment.target import Target
from cli.errors import CommandError
from cli.provision.callbacks import callbacks
from cli.provision.library import library
from cli.provision.making import Work
from cli.provision.recognition import recognition
from cli.provision.report import Provisioned
from cli.provision.storage import storage
from cli.provision.template import template
from cli.provision.wanted import Wanted
from sightline.errors import PermissionMissing, ServiceRefused, ServiceUnreachable

NOTHING = Wanted()
AGAIN = "then run this again: what is there is found, and nothing is made twice"


def provision(target: Target, wanted: Wanted = NOTHING, sleep: Callable[[float], None] = time.sleep) -> Provisioned:
    """Make what is missing; running it again changes nothing. Raises CommandError.

    Where the buckets, the topic or the queue are missing, which others have to make, nothing else is made either: the account or the region
    may be the wrong one.
    """
    work = Work(target, wanted, acts=not wanted.dry_run, sleep=sleep)
    storage(work)
    work.acts = work.acts and not any(item.outcome == "missing" for item in work.items)
    try:
        template_id = template(work, recognition(work))
        library(work)
        pipeline_id = callbacks(work)
    except PermissionMissing as error:
        problem = f"{error.operation}: the user of this key may not do this (request {error.request_id or 'unknown'})"
        raise CommandError(problem, f"grant them {error.permission.action} (docs/deploy.md), {AGAIN}") from error
    except ServiceUnreachable as error:
        raise CommandError(str(error), f"see that this machine reaches the service, {AGAIN}") from error
    except ServiceRefused as error:
        raise CommandError(str(error), f"mend what it says, {AGAIN}") from error
    return Provisioned(work.items, template_id, pipeline_id)
