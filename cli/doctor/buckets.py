"""The two buckets: where media are uploaded, and where their ledgers and records are kept."""

from __future__ import annotations

from cli.doctor.check import check
from cli.doctor.documents import json_object, listed
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.host import credentials
from cli.doctor.site import Site
from sightline.errors import ServiceRefused
from sightline.ims.answers import Json, objects

BUDGETS = "budget/"
"""The only objects of the state bucket that may expire: template.yaml says why."""


@check(credentials)
def media_bucket(site: Site) -> Finding:
    """The bucket that people upload to exists, in the region of the functions."""
    return _exists(site, site.target.names.media_bucket)


@check(credentials)
def state_bucket(site: Site) -> Finding:
    """The bucket of ledgers and records exists, in the region of the functions."""
    return _exists(site, site.target.names.state_bucket)


def _exists(site: Site, name: str) -> Finding:
    elsewhere = f"name a bucket of {site.target.region} (SIGHTLINE_MEDIA_BUCKET, SIGHTLINE_STATE_BUCKET), then {site.mend.stack}"
    try:
        state = site.buckets.state(name)
    except ServiceRefused as error:
        if error.code == "NoSuchBucket":
            return failed(f"there is no bucket {name}", site.mend.stack)
        # OSS says AccessDenied of a bucket of another region, and of somebody else's too.
        if error.code == "AccessDenied" and ("specified endpoint" in str(error) or "belong" in str(error)):
            return failed(f"{name} lies in another region, or belongs to another account: {error}", elsewhere)
        raise
    if state.region != site.target.region:
        return failed(f"{name} lies in {state.region}, and the functions in {site.target.region}", elsewhere)
    return passed(f"{name} in {state.region}")


@check()
def buckets_apart(site: Site) -> Finding:
    """Media and state are in two buckets."""
    names = site.target.names
    if names.media_bucket == names.state_bucket:
        return failed(f"both are {names.media_bucket}: what the functions write would be taken for uploads", site.mend.new_state_bucket)
    return passed(f"{names.media_bucket}, {names.state_bucket}")


@check(media_bucket)
def search_region(site: Site) -> Finding:
    """The media bucket is in the region of the search library: inserts want an oss:// address there."""
    name, wanted = site.target.names.media_bucket, site.target.search_region
    region = site.buckets.state(name).region
    if region != wanted:
        fix = f"set SIGHTLINE_IMS_SEARCH_ENDPOINT to {region}'s, or use a media bucket in {wanted}; then {site.mend.stack}"
        return failed(f"{name} lies in {region}, and the search library in {wanted}", fix)
    return passed(f"both in {wanted}")


@check(media_bucket)
def media_bucket_private(site: Site) -> Finding:
    """Nobody reads or writes media without a key or a signed address."""
    return _private(site, site.target.names.media_bucket)


@check(state_bucket)
def state_bucket_private(site: Site) -> Finding:
    """Nobody reads or writes ledgers and records without a key."""
    return _private(site, site.target.names.state_bucket)


def _private(site: Site, name: str) -> Finding:
    access = site.buckets.state(name).access
    if access != "private":
        return failed(f"the ACL of {name} is {access}", site.mend.ossutil("put-bucket-acl", name, "--acl", "private"))
    policy = site.buckets.policy(name)
    statements = objects(json_object(policy).get("Statement"))
    look = site.mend.ossutil("get-bucket-policy", name)
    if policy and not statements:
        return unknown(f"the policy of {name} can't be read", look)
    if any(_lets_everybody(statement) for statement in statements):
        return failed(f"the policy of {name} lets everybody in", f"{look}, and take out the statement whose Principal is *")
    if site.buckets.blocks_public_access(name) is False:
        fix = f"{site.mend.ossutil('put-bucket-public-access-block', name)} with BlockPublicAccess true"
        return warned(f"{name} is private, and the ACL of an object may still open that object", fix)
    return passed(f"{name}: a private ACL, and no policy that lets everybody in")


def _lets_everybody(statement: Json) -> bool:
    """Without a condition."""
    return statement.get("Effect") == "Allow" and "*" in listed(statement.get("Principal")) and not statement.get("Condition")


@check(state_bucket)
def state_bucket_versioning(site: Site) -> Finding:
    """The state bucket has no versioning, under which a create-only write would overwrite."""
    name = site.target.names.state_bucket
    status = site.buckets.versioning(name)
    if status:
        # Suspended too: "x-oss-forbid-overwrite" of PutObject.
        found = f"versioning of {name} is {status}, which can't be taken back: x-oss-forbid-overwrite has no effect there"
        return failed(found, site.mend.new_state_bucket)
    return passed(f"{name} has none")


@check(state_bucket)
def state_bucket_retention(site: Site) -> Finding:
    """No retention policy (WORM) keeps the state bucket's objects from being changed."""
    name = site.target.names.state_bucket
    policy = site.buckets.retention(name)
    if policy:
        return failed(f"{name} has one ({policy}): ledgers can't grow, and markers can't go", site.mend.new_state_bucket)
    return passed(f"{name} has none")


@check(state_bucket)
def state_bucket_lifecycle(site: Site) -> Finding:
    """Nothing in the state bucket expires but budgets of past days."""
    name = site.target.names.state_bucket
    expirations = site.buckets.expirations(name)
    harmful = [f"{one.rule} ({one.prefix or 'everything'})" for one in expirations if not one.prefix.startswith(BUDGETS)]
    if harmful:
        fix = f"take the rules out: {', '.join(site.mend.ossutil(f'{verb}-bucket-lifecycle', name) for verb in ('get', 'put'))}"
        return failed(f"rules that take ledgers or records away: {', '.join(harmful)}", fix)
    if not expirations:
        return passed("no rule; the sweep removes budgets of past days itself")
    return passed(f"only {', '.join(one.prefix for one in expirations)}")


CHECKS = (
    media_bucket,
    state_bucket,
    buckets_apart,
    search_region,
    media_bucket_private,
    state_bucket_private,
    state_bucket_versioning,
    state_bucket_retention,
    state_bucket_lifecycle,
)
