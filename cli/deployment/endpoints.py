"""Where the services of an account answer, as a workstation reaches them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

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
    """Official addresses where nothing else is set: "Endpoints" in each service's documentation."""

    def of(variable: str, *candidates: str) -> str:
        return _reachable(next(filter(None, (variables.get(variable), *candidates))))

    ims = settings.get("IMS_ENDPOINT") or f"ice.{region}.aliyuncs.com"
    return Endpoints(
        oss=_reachable(settings.get("OSS_PUBLIC_ENDPOINT") or settings.get("OSS_ENDPOINT") or f"oss-{region}.aliyuncs.com"),
        ims=_reachable(ims),
        ims_search=_reachable(settings.get("IMS_SEARCH_ENDPOINT") or ims),
        mps=of("SIGHTLINE_MPS_ENDPOINT", f"mts.{region_of(ims) or region}.aliyuncs.com"),
        mns=_reachable(settings.get("MNS_ENDPOINT") or f"{account_id}.mns.{region}.aliyuncs.com"),
        function_compute=of("SIGHTLINE_FC_ENDPOINT", f"{account_id}.{region}.fc.aliyuncs.com"),
        ram=of("SIGHTLINE_RAM_ENDPOINT", "ram.aliyuncs.com"),
    )


def region_of(endpoint: str) -> str | None:
    """The region that an official address names; None for any other address, and for one that serves many regions."""
    host = urlsplit(_with_scheme(endpoint)).hostname or ""
    found = _REGION.search(host) if host.endswith(".aliyuncs.com") else None
    return found[1] if found else None


def _reachable(endpoint: str) -> str:
    """The public twin of an address inside the cloud's network (`-internal` of OSS, MNS and FC, `ice-vpc` of IMS)."""
    parts = urlsplit(_with_scheme(endpoint))
    host = parts.netloc
    if (parts.hostname or "").endswith(".aliyuncs.com"):
        host = host.replace("-internal.", ".").replace("ice-vpc.", "ice.")
    return f"{parts.scheme}://{host}"


def _with_scheme(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"https://{endpoint}"
