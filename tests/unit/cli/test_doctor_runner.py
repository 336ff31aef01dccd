"""The runner: checks side by side, each after what it needs; and what a check makes of a service that does not answer."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from cli.deployment import target as deployment
from cli.doctor.check import Check, check
from cli.doctor.checks import CHECKS
from cli.doctor.finding import Finding, State, failed, passed, unknown, warned
from cli.doctor.mending import Mending
from cli.doctor.runner import AT_ONCE, run
from cli.doctor.site import Site
from cli.doctor.troubles import unanswered
from localcloud.place import Place
from sightline.credentials import Credentials
from sightline.errors import (
    CredentialsExpired,
    Permission,
    PermissionMissing,
    ServiceRefused,
    ServiceUnreachable,
    SightlineError,
    UnusableAnswer,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site() -> Site:
    variables = deployment.laptop_variables("http://127.0.0.1:1", Place(), deployment.LAPTOP_NAMES, {}, "template", "pipeline")
    return Site.of(deployment.rendered(variables, Credentials("LTAItest", "secret"), is_laptop=True), ROOT)


def states(checks: list[Check], site: Site) -> dict[str, State]:
    return {one.check.name: one.finding.state for one in run(checks, site)}


def test_a_check_is_made_of_a_function(site: Site) -> None:
    @check()
    def it_is_there(_site: Site) -> Finding:
        """The thing is there.

        More about it.
        """
        return passed("one")

    assert (it_is_there.name, it_is_there.says, it_is_there.needs) == ("it-is-there", "The thing is there.", ())
    assert it_is_there.examine(site) == Finding(State.PASS, "one")


def test_what_needs_a_failed_check_is_skipped_and_the_rest_is_not(site: Site) -> None:
    broken = Check("broken", "", lambda _: failed("it is", "mend it"))
    above = Check("above", "", lambda _: passed(""), (broken,))
    top = Check("top", "", lambda _: passed(""), (above,))
    other = Check("other", "", lambda _: passed(""))
    examined = {one.check.name: one.finding for one in run([broken, above, top, other], site)}
    assert examined["above"] == Finding(State.SKIPPED, "needs broken")
    assert examined["top"] == Finding(State.SKIPPED, "needs above")
    assert examined["other"].state is State.PASS


@pytest.mark.parametrize("finding", [warned("a little", "mend it"), unknown("not told")])
def test_a_warning_and_a_doubt_hold_nothing_up(site: Site, finding: Finding) -> None:
    below = Check("below", "", lambda _: finding)
    assert states([below, Check("above", "", lambda _: passed(""), (below,))], site)["above"] is State.PASS


def test_a_broken_service_and_a_broken_check_hide_nothing(site: Site) -> None:
    def unreachable(_site: Site) -> Finding:
        raise ServiceUnreachable("OSS", "GetBucketInfo", "ConnectTimeout")

    def surprise(_site: Site) -> Finding:
        raise KeyError("a secret")

    checks = [Check("unreachable", "", unreachable), Check("surprise", "", surprise), Check("well", "", lambda _: passed(""))]
    assert states(checks, site) == {"unreachable": State.FAIL, "surprise": State.UNKNOWN, "well": State.PASS}
    told = next(one.finding for one in run(checks, site) if one.check.name == "surprise")
    assert "KeyError" in told.found
    assert "secret" not in told.found + told.fix


def test_checks_run_side_by_side(site: Site) -> None:
    """All of them have to be at work at once, or the barrier breaks."""
    together = threading.Barrier(AT_ONCE, timeout=20)

    def wait(_site: Site) -> Finding:
        together.wait()
        return passed("")

    assert set(states([Check(f"c{number}", "", wait) for number in range(AT_ONCE)], site).values()) == {State.PASS}


def test_many_that_wait_for_one_do_not_block_it(site: Site) -> None:
    """More than there are threads, all of which wait for the first."""
    first = Check("first", "", lambda _: passed(""))
    others = [Check(f"c{number}", "", lambda _: passed(""), (first,)) for number in range(3 * AT_ONCE)]
    assert set(states([first, *others], site).values()) == {State.PASS}


def test_the_checks_stand_in_order_and_say_what_they_check() -> None:
    seen: list[Check] = []
    for one in CHECKS:
        assert all(need in seen for need in one.needs), one.name
        assert one.says.endswith("."), one.name
        seen.append(one)
    assert len({one.name for one in CHECKS}) == len(CHECKS)


REFUSED = ("OSS", "GetBucketInfo", 403)


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (ServiceUnreachable("MNS", "GetTopicAttributes", "ConnectError"), State.FAIL, "endpoint of MNS"),
        (ServiceRefused(*REFUSED, "SignatureDoesNotMatch", "no"), State.FAIL, "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        (ServiceRefused("FC", "GetFunction", 403, "InvalidAccessKeyID", "no"), State.FAIL, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (CredentialsExpired(*REFUSED, "SecurityTokenExpired", "no"), State.FAIL, "ALIBABA_CLOUD_SECURITY_TOKEN"),
        (ServiceRefused(*REFUSED, "RequestTimeTooSkewed", "no"), State.FAIL, "clock"),
        (ServiceRefused("MNS", "GetTopicAttributes", 408, "TimeExpired", "no"), State.FAIL, "clock"),
        (PermissionMissing(*REFUSED, "AccessDenied", "no", "R1", Permission("oss:GetBucketInfo", "*")), State.UNKNOWN, "oss:GetBucketInfo"),
        (ServiceRefused("RAM", "GetRole", 403, "NoPermission", "no"), State.UNKNOWN, "grant"),
        (ServiceRefused("OSS", "GetBucketWorm", 400, "NotImplemented", "no"), State.UNKNOWN, ""),
        (ServiceRefused("FC", "GetFunction", 503, "ServiceUnavailable", "no"), State.UNKNOWN, "again"),
        (UnusableAnswer("FC", "GetFunction", "the body", "is no JSON", retryable=True), State.UNKNOWN, "again"),
    ],
)
def test_what_a_service_that_does_not_answer_means(site: Site, error: SightlineError, state: State, said: str) -> None:
    finding = unanswered(error, Mending(replace(site.target, is_laptop=False)))
    assert finding.state is state
    assert said in finding.fix
    assert finding.found
