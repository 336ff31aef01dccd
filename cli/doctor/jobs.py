"""Which jobs uploads get, where what they make lies, and the service that only some deployments have."""

from __future__ import annotations

from cli.deployment.function_compute import DeployedTrigger
from cli.doctor.check import check
from cli.doctor.finding import Finding, failed, passed, unknown, warned
from cli.doctor.functions import functions
from cli.doctor.site import Site
from cli.errors import CommandError
from cli.plan import deployed
from cli.rules import source
from cli.rules.check import check as check_rules
from sightline.errors import UNKNOWN_CODE, KeyRefused, ServiceRefused
from sightline.host import Host
from sightline.pai.client import PaiClient
from sightline.settings import FIELDS

# Of no job that is ours: whoever is told that it is unknown has a key that works.
NO_JOB = 1


@check()
def rules(site: Site) -> Finding:
    """The rules can be read, and each job of them would be taken by its service."""
    try:
        found = source.read(None, site.target.settings.get("RULES_FILE", ""), site.folder)
    except CommandError as error:
        return failed(error.problem, f"{error.fix}; then {site.mend.deploy}")
    findings = check_rules(found.rules)
    wrong = next((one for one in findings if one.is_wrong), None)
    if wrong:
        return failed(f"{found.file.name}: {wrong.place}: {wrong.problem}", f"{wrong.fix}; then {site.mend.deploy}")
    if findings:
        return warned(f"{found.file.name}: {findings[0].place}: {findings[0].problem}", f"{findings[0].fix}; then {site.mend.deploy}")
    return passed(f"{len(found.rules.rules)} rules in {found.file.name}")


@check(functions)
def outputs_apart(site: Site) -> Finding:
    """What jobs make lies where no trigger of the media bucket looks."""
    folder = site.target.settings.get("DERIVED_PREFIX") or str(FIELDS["derived_prefix"].default)
    for function in site.functions:
        for trigger in site.function_compute.list_triggers(function.function_name):
            prefix = _watched(trigger, site)
            if prefix is not None and (folder.startswith(prefix) or prefix.startswith(folder)):
                place = f"{trigger.trigger_name} of {function.function_name}"
                found = f"{place} looks below {prefix or 'the whole bucket'}, and jobs write to {folder}"
                fix = f"let neither UPLOAD_PREFIX nor DERIVED_PREFIX in s.yaml be below the other, then {site.mend.deploy}"
                return failed(f"{found}: what they make would be taken for uploads", fix)
    return passed(f"{folder} in {site.target.names.media_bucket}")


def _watched(trigger: DeployedTrigger, site: Site) -> str | None:
    """The prefix of a trigger of the media bucket; None of another."""
    found = deployed.of_trigger(trigger)
    is_ours = str(found.get("sourceArn", "")).endswith(f":{site.target.names.media_bucket}")
    return str(found.get("triggerConfig.filter.key.prefix", "")) if found.get("triggerType") == "oss" and is_ours else None


@check()
def analysis(site: Site) -> Finding:
    """PAI, where it is set up, takes the AppId and its token."""
    chosen = site.target.settings
    host, app_id = chosen.get("PAI_HOST", ""), chosen.get("PAI_APP_ID", "")
    if not host:
        return passed("not set up: no upload gets a job of it")
    # No naps: a service that is not there is what the doctor wants to know.
    client = PaiClient(Host(sleep=lambda _seconds: None, request_seconds=site.seconds), host, app_id, chosen.get("PAI_TOKEN", ""))
    try:
        client.job(NO_JOB)
    except KeyRefused as error:
        return failed(str(error), f"set SIGHTLINE_PAI_APP_ID and SIGHTLINE_PAI_TOKEN, then {site.mend.deploy}")
    except ServiceRefused as error:
        # The signature is looked at first: "Signature" in the SDK's documentation; that of an unknown job is our assumption.
        if error.retryable or error.code == UNKNOWN_CODE:
            return unknown(f"what answers at PAI_HOST may be another service: {error}", site.mend.endpoint("PAI"))
    return passed(f"PAI takes the AppId {app_id}")


CHECKS = (rules, outputs_apart, analysis)
