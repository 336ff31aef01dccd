"""Where the services of an account answer, as a workstation reaches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cli.errors import USAGE, CommandError

_REGION = re.compile(r"(?:^|\.|oss-)((?:cn|ap|us|eu|me|na|sa)-[a-z]+(?:-[0-9a-z]+)*?)(?:-internal)?(?=\.)")


@dataclass(frozen=True)
class Endpoints:
    """Addresses that a workstation reaches: those of the functions may lie inside the cloud's own network."""

    oss: str
    ims: str
    ims_search: str
    mps: str
    mns: str
    function_compute: str
    ram: str


def endpoints_of(settings: Mapping[str, str], variables: Mapping[str, str], region: str, account_id: str) -> Endpoints:
    """Official addresses where nothing else is set: "Endpoints" in each service's documentation. Raises CommandError."""

    def of(name: str, *candidates: str | None) -> str:
        return _reachable(name, next(filter(None, candidates)))

    ims = settings.get("IMS_ENDPOINT") or f"ice.{region}.aliyuncs.com"
    oss = (settings.get("OSS_PUBLIC_ENDPOINT"), settings.get("OSS_ENDPOINT"), f"oss-{region}.aliyuncs.com")
    reached = of("IMS_ENDPOINT", ims)
    return Endpoints(
        oss=of("OSS_PUBLIC_ENDPOINT", *oss),
        ims=reached,
        ims_search=of("IMS_SEARCH_ENDPOINT", settings.get("IMS_SEARCH_ENDPOINT"), ims),
        mps=of("MPS_ENDPOINT", variables.get("SIGHTLINE_MPS_ENDPOINT"), f"mts.{region_of(reached) or region}.aliyuncs.com"),
        mns=of("MNS_ENDPOINT", settings.get("MNS_ENDPOINT"), f"{account_id}.mns.{region}.aliyuncs.com"),
        function_compute=of("FC_ENDPOINT", variables.get("SIGHTLINE_FC_ENDPOINT"), f"{account_id}.{region}.fc.aliyuncs.com"),
        ram=of("RAM_ENDPOINT", variables.get("SIGHTLINE_RAM_ENDPOINT"), "ram.aliyuncs.com"),
    )


def region_of(endpoint: str) -> str | None:
    """The region that an official address names; None for any other address, and for one that serves many regions."""
    host = urlsplit(_with_scheme(endpoint)).hostname or ""
    found = _REGION.search(host) if host.endswith(".aliyuncs.com") else None
    return found[1] if found else None


def _reachable(name: str, endpoint: str) -> str:
    """The public twin of an address inside the cloud's network (`-internal` of OSS, MNS and FC, `ice-vpc` of IMS)."""
    try:
        parts = urlsplit(_with_scheme(endpoint))
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not (parts.path.strip("/") or parts.query)
    except ValueError:
        is_good = False
    if not (is_good and re.fullmatch(r"[!-?A-~]+", endpoint)):
        # What stands before an @ may be a password.
        problem = f"{name} is {endpoint.rpartition('@')[2]!r}, which is no address of a service"
        raise CommandError(problem, f"set SIGHTLINE_{name} to https://, the host and perhaps a port, and no more", USAGE)
    host = parts.netloc
    if (parts.hostname or "").endswith(".aliyuncs.com"):
        host = host.replace("-internal.", ".").replace("ice-vpc.", "ice.")
    return f"{parts.scheme}://{host}"


def _with_scheme(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"
