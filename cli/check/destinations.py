"""Destinations of asynchronous invocations: where they lie."""

from __future__ import annotations

from cli.check.declared import Sheet
from cli.check.finding import Findings, error


def destinations(sheet: Sheet) -> Findings:
    """Function Compute sends to its own region only."""
    for resource in sheet.resources:
        function = resource.function
        config = function.async_invoke_config.destination_config
        for key, one in (("onSuccess", config.on_success), ("onFailure", config.on_failure)):
            region = one.destination.split(":")[2] if one is not None else ""
            if region not in ("", function.region) and not region.startswith("${"):
                path = resource.path("asyncInvokeConfig", "destinationConfig", key, "destination")
                yield error(path, f"lies in {region}, the function in {function.region}", "name one in the function's region")
