"""What a deploy would change, against a laptop cloud that runs, and what a month costs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cli.plan import measured
from cli.plan.items import UNITS
from tests.laptop import SIGHTLINE, Cloud, wait_until

ROOT = Path(__file__).parents[2]
FUNCTIONS = ("submit", "collect", "search", "sweep")


def told(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


def differing(document: Any) -> dict[str, tuple[str, list[tuple[str, Any, Any]]]]:
    """What is not unchanged: its outcome and fields."""
    return {
        f"{change['resource']} {change['name']}": (
            change["outcome"],
            [(field["field"], field["old"], field["new"]) for field in change["fields"]],
        )
        for change in document["changes"]
        if change["outcome"] != "unchanged"
    }


@pytest.fixture
def edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Another checkout, with these words of s.yaml replaced."""

    def made(**replaced: str) -> Path:
        shutil.copytree(ROOT / "functions", tmp_path / "functions", ignore=shutil.ignore_patterns("__pycache__"))
        text = (ROOT / "s.yaml").read_text()
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "s.yaml").write_text(text)
        monkeypatch.setenv("SIGHTLINE_PROJECT", str(tmp_path))
        return tmp_path

    return made


def test_nothing_would_change_after_up(cloud: Cloud) -> None:
    assert "nothing would change" in cloud.here("plan", "--exit-code").stdout
    document = told(cloud.here("plan", "--json"))
    assert (document["would_change"], differing(document), document["cost"]) == (False, {}, None)
    looked_at = {(change["resource"], change["name"]) for change in document["changes"]}
    assert {("function", f"sightline-{name}") for name in FUNCTIONS} | {("code", f"sightline-{name}") for name in FUNCTIONS} < looked_at
    assert {("bucket", "sightline-media"), ("topic", "sightline-jobs"), ("queue", "sightline-dead")} < looked_at


def test_a_variable_that_changed_is_told_for_each_function_and_nothing_else(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_CAPTION_LANGUAGE", "de")
    changed = ("change", [("environmentVariables.CAPTION_LANGUAGE", "en", "de")])
    assert differing(told(cloud.here("plan", "--json"))) == {f"function sightline-{name}": changed for name in FUNCTIONS}
    assert "CAPTION_LANGUAGE: en -> de" in cloud.here("plan", "--exit-code", code=6).stdout


def test_a_project_that_changed_is_told_as_it_did(cloud: Cloud, edit: Callable[..., Path]) -> None:
    folder = edit(**{'"@every 2m"': '"@every 5m"', "timeout: 30": "timeout: 31", "triggerName: job-news": "triggerName: news"})
    (folder / "functions/sweep/index.py").write_text("def handler(event, context): ...\n")
    assert differing(told(cloud.here("plan", "--json"))) == {
        "trigger sightline-sweep/every-few-minutes": ("change", [("triggerConfig.cronExpression", "@every 2m", "@every 5m")]),
        "code sightline-sweep": ("change", []),
        "function sightline-search": ("change", [("timeout", 30, 31)]),
        "trigger sightline-collect/news": ("create", []),
        "trigger sightline-collect/job-news": ("only there", []),
    }


def test_a_function_of_another_name_is_made_and_the_old_one_left(cloud: Cloud, edit: Callable[..., Path]) -> None:
    edit(**{"functionName: sightline-search": "functionName: sightline-find"})
    found = {name: outcome for name, (outcome, _) in differing(told(cloud.here("plan", "--json"))).items()}
    assert found == {
        "function sightline-find": "create",
        "trigger sightline-find/http": "create",
        "function sightline-search": "only there",
    }


def test_what_a_deploy_needs_and_does_not_make_is_told(cloud: Cloud, edit: Callable[..., Path]) -> None:
    edit(**{"deadQueue: ${env(": "deadQueue: other-queue # ${env(", "role/sightline-topic-trigger": "role/no-such-role"})
    document = told(cloud.here("plan", "--json"))
    missing = {change["name"]: change for change in document["changes"] if change["outcome"] == "stays"}
    assert set(missing) == {"other-queue", "no-such-role"}
    assert all("template.yaml" in change["note"] for change in missing.values())


def test_nothing_running_is_said(tmp_path: Path) -> None:
    done = subprocess.run([SIGHTLINE, "plan", "--data", tmp_path], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "sightline up" in done.stderr) == (3, True)


def test_a_month_costs_what_its_lines_add_up_to(cloud: Cloud, tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    items = "\n".join(f"  {item}: {{unit: {unit}, price: 0.001}}" for item, unit in UNITS.items())
    prices.write_text(f"currency: CNY\nas_of: 2020-01-01\nitems:\n{items}\n")
    ask = ["plan", "--uploads-per-day", "1000", "--prices", str(prices)]
    cost = told(cloud.here(*ask, "--json"))["cost"]
    assert (cost["currency"], cost["unpriced"]) == ("CNY", [])
    assert abs(sum(Decimal(line["cost"]) for line in cost["lines"]) - Decimal(cost["total"])) < Decimal("0.0001")
    assert {line["item"]: line["quantity"] for line in cost["lines"]}["ims.video_minutes"] == "15000"
    people = cloud.here(*ask).stdout
    assert f"total: {Decimal(cost['total']):,.2f} CNY" in people
    assert "the price of oss.put_requests is of 2020-01-01, more than 180 days ago" in people


def test_offline_it_needs_no_cloud_and_says_what_has_no_price(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
    done = subprocess.run(
        [SIGHTLINE, "plan", "--offline", "--uploads-per-day", "10", "--video-share", "0.5"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**environment, "SIGHTLINE_PRICE_VIDEO": "0.5", "SIGHTLINE_PRICE_CURRENCY": "CNY"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "total: unknown, since nothing has a price" in done.stdout  # a job's price is none of a minute
    assert re.search(r"ims\.video_minutes +75 +minute +no price", done.stdout)
    assert "assumed:" in done.stdout


def test_the_price_of_a_job_counts_where_jobs_are_what_is_paid(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_PRICE_VIDEO", "0.5")
    monkeypatch.setenv("SIGHTLINE_PRICE_CURRENCY", "CNY")
    ask = ["plan", "--offline", "--uploads-per-day", "10", "--analysis", "jobs"]
    cost = told(cloud.here(*ask, "--json"))["cost"]
    assert (cost["priced"], cost["total"], "job.video" in cost["unpriced"]) == ("150", None, False)
    people = cloud.here(*ask).stdout
    assert f"total: 150.00 CNY, without the {len(cost['unpriced'])} items that have no price" in people
    assert "nobody has said of which day the price of job.video is" in people


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--offline"], "--uploads-per-day"),
        (["--offline", "--uploads-per-day", "1", "--cloud"], "--offline"),
        (["--offline", "--uploads-per-day", "1", "--exit-code"], "--offline"),
        (["--uploads-per-day", "-1"], "no number from 0"),
        (["--uploads-per-day", "many"], "no number from 0"),
        (["--uploads-per-day", "1", "--video-share", "1.5"], "more than 1"),
        (["--uploads-per-day", "1", "--analysis", "guess"], "guess"),
        (["--uploads-per-day", "1", "--retention-days", "0"], "retention-days"),
    ],
)
def test_wrong_command_lines(cloud: Cloud, arguments: list[str], words: str) -> None:
    assert words in cloud.here("plan", *arguments, code=2).stderr


def test_prices_may_stand_in_the_env_file_beside_s_yaml(cloud: Cloud, edit: Callable[..., Path]) -> None:
    (edit() / ".env").write_text("SIGHTLINE_PRICE_MNS_REQUESTS=0.5\nSIGHTLINE_PRICE_CURRENCY=EUR\n")
    assert told(cloud.here("plan", "--offline", "--uploads-per-day", "1", "--json"))["cost"]["currency"] == "EUR"


def test_prices_that_cannot_be_read_are_told_before_anything_is_asked(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("currency: CNY\n")
    assert "as_of" in cloud.here("plan", "--uploads-per-day", "1", "--prices", str(tmp_path / "prices.yaml"), code=2).stderr


def test_the_template_of_prices_is_a_file_that_it_reads_again(cloud: Cloud, tmp_path: Path) -> None:
    template = cloud.here("plan", "--price-template").stdout
    assert yaml.safe_load(template) == told(cloud.here("plan", "--price-template", "--json"))
    (tmp_path / "prices.yaml").write_text(template.replace("as_of: #", "as_of: 2026-11-21 #"))
    ask = ["plan", "--offline", "--uploads-per-day", "1", "--prices", str(tmp_path / "prices.yaml"), "--json"]
    assert told(cloud.here(*ask))["cost"]["currency"] is None


def test_an_invocation_logs_as_much_as_the_plan_takes_it_to(cloud: Cloud, clips: dict[str, Path]) -> None:
    assert cloud.running is not None
    logs = [cloud.data / "logs" / f"sightline-{name}.log" for name in ("submit", "collect", "search")]
    before = {log: log.stat().st_size if log.exists() else 0 for log in logs}
    cloud.here("upload", str(clips["empty-yard"]), "--namespace", "plan", "--wait")
    assert cloud.search("an empty yard", "plan")["hits"]

    def written() -> str:
        return "".join(log.read_bytes()[before[log] :].decode() for log in logs if log.exists())

    wait_until(lambda: all(log.exists() and b"FC Report" in log.read_bytes()[before[log] :] for log in logs), 20)
    invocations = written().count("FC Invoke Start")
    assert measured.LOG_BYTES / 2 < len(written()) / invocations < measured.LOG_BYTES * 2
    assert measured.LOG_LINES / 2 < written().count("\n") / invocations < measured.LOG_LINES * 2
    assert httpx.get(cloud.running.page, trust_env=False).is_success


@pytest.fixture
def as_account(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The laptop cloud, taken for an account: its addresses by variables, as those of a private network are told."""
    running = cloud.running
    assert running is not None
    for service in ("OSS", "OSS_PUBLIC", "MNS", "IMS", "IMS_SEARCH", "MPS", "FC", "RAM"):
        monkeypatch.setenv(f"SIGHTLINE_{service}_ENDPOINT", running.endpoint)
    monkeypatch.setenv("SIGHTLINE_ACCOUNT_ID", running.account_id)
    monkeypatch.setenv("SIGHTLINE_TEMPLATE_ID", running.template_id)
    monkeypatch.setenv("SIGHTLINE_PIPELINE_ID", running.pipeline_id)
    monkeypatch.setenv("SIGHTLINE_PAI_HOST", running.endpoint)
    for variable in ("SIGHTLINE_PAI_APP_ID", "ALIBABA_CLOUD_ACCESS_KEY_ID"):
        monkeypatch.setenv(variable, running.access_key_id)
    for variable in ("SIGHTLINE_PAI_TOKEN", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.setenv(variable, running.access_key_secret)
    return cloud


def test_in_an_account_what_cannot_be_known_is_no_agreement(as_account: Cloud) -> None:
    """A laptop gives no code and no layer's checksum; all else is as it was deployed."""
    document = told(as_account.here("plan", "--cloud", "--json"))
    found = differing(document)
    assert {outcome for outcome, _ in found.values()} == {"unknown"}
    assert set(found) == {f"code sightline-{name}" for name in FUNCTIONS} | {"layer sightline version 1"}
    assert "fc:GetFunctionCode" in as_account.here("plan", "--cloud", "--exit-code", code=6).stdout


def test_a_wrong_key_is_told_without_it(as_account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ASecretThatNobodyMaySee")
    said = as_account.here("plan", "--cloud", code=1).stderr
    assert ("GetFunction" in said, "ASecret" in said) == (True, False)


def test_a_service_that_is_not_reached_is_told(as_account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_FC_ENDPOINT", "http://127.0.0.1:1")
    assert "--offline" in as_account.here("plan", "--cloud", code=1).stderr


def test_roles_and_buckets_that_cannot_be_asked_about_are_unknown(as_account: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_RAM_ENDPOINT", "http://127.0.0.1:1")
    document = told(as_account.here("plan", "--cloud", "--json"))
    roles = {change["outcome"] for change in document["changes"] if change["resource"] == "role"}
    assert roles == {"unknown"}
