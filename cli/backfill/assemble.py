"""A backfill from one address, put together for the laptop cloud that runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import oss2

from cli.backfill.address import Address, KeyMap, base_of
from cli.backfill.oss_errors import told_by_oss
from cli.backfill.oss_source import OssSource
from cli.backfill.plan import Plan, Planner
from cli.backfill.run import Backfill
from cli.backfill.s3_source import S3Source, new_client
from cli.backfill.source import Found, Source
from cli.backfill.submitting import Submitter
from cli.backfill.target import Target
from cli.clients import Clients
from cli.deployed import pipeline_of, why_no_job
from cli.errors import NOT_FOUND, USAGE, CommandError
from cli.pace import Pace
from cli.patience import Patience, Unavailable
from cli.resume import Progress
from sightline.ledger.story import Story
from sightline.media.admission import Admitted, Ignored, Refused
from sightline.pipeline.ports import Pipeline
from sightline.store.types import ObjectInfo


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    source: Address
    namespace: str | None
    device: str | None
    endpoint_url: str | None
    rate: float
    limit: int | None
    dry_run: bool


class Assembly:
    """Raises CommandError where the order contradicts itself or the settings."""

    def __init__(self, clients: Clients, order: Order) -> None:
        self._clients = clients
        self._order = order
        self._pipeline: Pipeline = pipeline_of(clients.running)
        uploads, bucket = self._pipeline.settings.upload_prefix, clients.running.media_bucket
        inside = (order.source.scheme, order.source.bucket) == ("oss", bucket)
        self.in_place = inside and order.source.prefix.startswith(uploads)
        self._check(inside, uploads)
        given = base_of(uploads, order.namespace, order.device, self._pipeline.settings.default_namespace)
        self._base = order.source.prefix if self.in_place else given

    def _check(self, inside: bool, uploads: str) -> None:
        order = self._order
        if inside and uploads.startswith(order.source.prefix) and not self.in_place:
            raise CommandError(f"{order.source} holds the uploads and more", f"name {order.source}{uploads}, or a folder beside it", USAGE)
        if self.in_place and (order.namespace is not None or order.device is not None):
            raise CommandError("media below uploads/ keep their keys", "leave --namespace and --device out", USAGE)
        if order.endpoint_url is not None and order.source.scheme != "s3":
            raise CommandError("--endpoint-url is for s3:// addresses", "leave it out: oss:// is the cloud that runs", USAGE)

    @property
    def target(self) -> str:
        return f"oss://{self._clients.running.media_bucket}/{self._base}"

    @property
    def name(self) -> str:
        """What tells this work from any other, for its progress file."""
        return f"{self._order.source} {self._order.endpoint_url or ''} {self.target}"

    def source(self) -> Source:
        address = self._order.source
        if address.scheme == "s3":
            return S3Source(address, new_client(self._order.endpoint_url))
        running = self._clients.running
        auth = oss2.AuthV4(running.access_key_id, running.access_key_secret)
        bucket = oss2.Bucket(auth, running.endpoint, address.bucket, region=running.region)
        return OssSource(address, self._clients.bucket(address.bucket), bucket)

    def backfill(self, source: Source, target: Target, progress: Progress) -> Backfill:
        keys = KeyMap(self._order.source.prefix, self._base)
        bucket = self._clients.running.media_bucket
        no_job = partial(why_no_job, self._pipeline)
        planner = Planner(self._order.source, bucket, keys, self._admit, no_job, self._story, None if self.in_place else target.look)
        submitter = Submitter(self._clients.running)

        def act(found: Found, plan: Plan) -> None:
            if self._order.dry_run:
                return
            pace.wait()
            if plan.action == "submit":
                submitter.submit(found, plan)
            else:
                target.bring(source, found, plan.key, plan.replaces)

        pace = Pace(self._order.rate)
        return Backfill(source, planner, act, progress, self._order.limit)

    def _admit(self, key: str, etag: str, size: int, modified: datetime) -> Admitted | Refused | Ignored:
        return self._pipeline.admit(key, ObjectInfo(etag, size, modified))

    def _story(self, identity: str) -> Story:
        with told_by_oss(self._clients.running.state_bucket):
            return self._pipeline.ledger.read(identity).story


def first_look(source: Source, progress: Progress) -> None:
    """Raises CommandError where the source does not answer at all, or has nothing there: nobody should wait for that."""
    try:
        found = next(iter(source.objects(progress.after)), None)
    except Unavailable as error:
        raise CommandError(str(error), "check the address and the network, then run the same command again") from error
    if found is None and not progress.is_begun:
        raise CommandError(f"there is nothing below {source.address}", "name a folder that has objects in it", NOT_FOUND)


Count = Callable[[], int]


def count_of(source: Source, progress: Progress) -> Count:
    """How many objects are left; a listing costs a request for each thousand."""
    return lambda: len(progress.failed) + sum(1 for _ in Patience().walk(source.objects, lambda found: found.key, progress.after))
