"""This machine, its key, and what the functions are told: settings and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from cli.deployment.endpoints import region_of
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.site import Site
from cli.doctor.troubles import CLOCK_FIX, is_bad_key, is_denied
from sightline import settings
from sightline.clock import http_date
from sightline.errors import BadSetting, SightlineError

NOTICEABLE = timedelta(minutes=1)
REFUSED = timedelta(minutes=15)
"""Services refuse what was signed so long ago, or ahead: OSS, the OpenAPI gateway and MNS alike."""
# Only what a service itself said counts as its time; a proxy between has a clock of its own.
_REQUEST_IDS = ("x-oss-request-id", "x-acs-request-id")


@check()
def clock(site: Site) -> Finding:
    """This machine's clock is right to a minute, by the services' own time."""
    for endpoint in (site.target.endpoints.oss, site.target.endpoints.ims):
        off = _off(site, endpoint)
        if off is not None:
            return _judged(off)
    return unknown("neither OSS nor IMS has told the time")


def _off(site: Site, endpoint: str) -> timedelta | None:
    """How far ahead this machine's clock is. Unsigned: a wrong clock or key would spoil a signature, and Date is in every answer."""
    asked = site.clock()
    try:
        headers = site.http.get(endpoint).headers
    except httpx.RequestError:
        return None
    said = http_date(headers.get("date", ""))
    if said is None or not any(name in headers for name in _REQUEST_IDS):
        return None
    answered = site.clock()
    return asked + (answered - asked) / 2 - said


def _judged(off: timedelta) -> Finding:
    seconds = abs(off.total_seconds())
    found = f"{seconds:.0f} s {'ahead of' if off > timedelta(0) else 'behind'} the services' time"
    if seconds > REFUSED.total_seconds():
        return failed(f"{found}; they refuse more than {REFUSED.total_seconds() / 60:.0f} minutes", CLOCK_FIX)
    return warned(found, CLOCK_FIX) if seconds > NOTICEABLE.total_seconds() else passed(found)


@check()
def credentials(site: Site) -> Finding:
    """The key works."""
    key = site.target.credentials
    kind = "a temporary key; when it ends is not in it" if key.security_token else "a lasting key"
    silent = []
    for service, trouble in _verdicts(site):
        if trouble is None or is_denied(trouble):
            return passed(f"{service} takes {key.access_key_id}, {kind}")
        if is_bad_key(trouble):
            return failed(f"{service} does not take {key.access_key_id}: {trouble}", site.mend.key)
        silent.append(service)
    return unknown(f"no verdict from {', '.join(sorted(silent))}", "mend what the other checks say of these services")


def _verdicts(site: Site) -> Iterator[tuple[str, SightlineError | None]]:
    """What each service says of the key, whoever answers first: other checks wait for this, and a silent service shall not hold them."""
    questions = {"IMS": lambda: site.ims("ListPipelines"), "Function Compute": lambda: site.function_compute.list_functions("sightline-")}
    threads = ThreadPoolExecutor(len(questions), thread_name_prefix="credentials")
    asked = {threads.submit(_trouble, ask): service for service, ask in questions.items()}
    threads.shutdown(wait=False)
    yield from ((asked[answered], answered.result()) for answered in as_completed(asked))


def _trouble(ask: Callable[[], object]) -> SightlineError | None:
    try:
        ask()
    except SightlineError as error:
        return error
    return None


@check()
def function_settings(site: Site) -> Finding:
    """The functions' settings are all there and right."""
    try:
        settings.from_environment(site.target.settings)
    except BadSetting as error:
        fix = f"mend {error.field} in s.yaml, or the SIGHTLINE_ variable that it is made of; then {site.mend.deploy}"
        return failed(str(error), fix)
    return passed(f"{len(site.target.settings)} settings in {site.target.project.file.name}")


# Settings that name an address, and whether its region has to be that of the functions. IMS may understand and search in others.
_ADDRESSES = {"OSS_ENDPOINT": True, "OSS_PUBLIC_ENDPOINT": True, "MNS_ENDPOINT": True, "IMS_ENDPOINT": False, "IMS_SEARCH_ENDPOINT": False}


@check()
def endpoints(site: Site) -> Finding:
    """The functions' endpoints are those of their region, and what others fetch by is no internal address."""
    target = site.target
    if target.settings.get("REGION", target.region) != target.region:
        return failed(f"REGION is {target.settings['REGION']}, and the functions lie in {target.region}", _endpoint_fix(site, "REGION"))
    named = {name: target.settings[name] for name in _ADDRESSES if target.settings.get(name)}
    for name, address in named.items():
        problem = _misplaced(name, address, target.region)
        if problem:
            return failed(f"{name} is {address}, {problem}", _endpoint_fix(site, name))
    unnamed = [name for name, address in named.items() if region_of(address) is None]
    if unnamed and not target.is_laptop:
        return unknown(f"no region is in the addresses of {', '.join(unnamed)}, so it can't be compared with {target.region}")
    return passed("addresses of this machine" if unnamed else f"all in {target.region}; search in {target.search_region}")


def _misplaced(name: str, address: str, region: str) -> str:
    """What is wrong with a function's address; empty where nothing is."""
    host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    # Within one region's own network: `-internal` of OSS and MNS, `ice-vpc` of IMS.
    is_internal = "-internal." in host or host.startswith("ice-vpc.")
    if region_of(address) not in (None, region) and (_ADDRESSES[name] or is_internal):
        return f"and the functions lie in {region}"
    return "which neither browsers nor IMS reach" if is_internal and name == "OSS_PUBLIC_ENDPOINT" else ""


def _endpoint_fix(site: Site, name: str) -> str:
    return f"set SIGHTLINE_{name} to one of {site.target.region}, then {site.mend.deploy}"


CHECKS = (clock, credentials, function_settings, endpoints)
