"""oss2's own tests against the laptop cloud's OSS, module by module, with signature versions 1 and 4.

    python -m bench.oss_suite <checkout of github.com/aliyun/aliyun-oss-python-sdk>

writes docs/oss-suite.md. Ends with an error when a test fails that is not left out for a reason (`bench/oss_suite_reasons.py`), and says
when one that is left out passes after all. The suite itself stays outside: each module runs in a copy that is thrown away.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from bench.oss_suite_reasons import LEFT_OUT, MODULES
from localcloud.door import Door
from localcloud.identity import Credential, Keyring
from localcloud.oss import ObjectStorage
from localcloud.place import Place

TABLE = Path(__file__).parent.parent / "docs" / "oss-suite.md"
VERSIONS = ("v1", "v4")
SECONDS_A_TEST = 120
AT_ONCE = 3
ACCOUNT = Credential("LTAIsuite", "the-secret-of-the-suite")
PLACE = Place(region="cn-hangzhou")
MOCK = "from unittest.mock import *\n"
"""The package of Python 2's days, which the suite imports."""
CONFTEST = """
from tests import common

set_up = common.OssTestCase.setUp

def without_kms(case):
    set_up(case)
    case.kms_crypto_bucket = case.rsa_crypto_bucket

common.OssTestCase.setUp = without_kms
"""
"""Tests that throw dice among a plain bucket and two encrypting ones need Aliyun's key service for a third of the throws."""
HEAD = """# oss2's own tests against the laptop cloud

Written by `python -m bench.oss_suite <checkout>` from oss2's `tests/` (github.com/aliyun/aliyun-oss-python-sdk, 2.19.1, unmodified), which
were made for the real service. A test counts as passed when its setup, its body and its teardown all went through. Where a test throws
dice among a plain bucket and clients that encrypt with an RSA key or with Aliyun's key service (KMS), the RSA one stands for the KMS one.

| module | signature | passed | collected |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one module's tests, by name; for one that did not pass, the first line of why."""

    module: str
    version: str
    passed: frozenset[str]
    failed: dict[str, str]

    @property
    def collected(self) -> int:
        return len(self.passed) + len(self.failed)

    @property
    def unexplained(self) -> list[str]:
        return sorted(self.failed.keys() - LEFT_OUT.get(self.module, {}).keys())

    @property
    def needlessly_left_out(self) -> list[str]:
        return sorted(self.passed & LEFT_OUT.get(self.module, {}).keys())


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.oss_suite", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkout", type=Path, help="a source checkout of oss2")
    parser.add_argument("--modules", nargs="*", default=list(MODULES), help="only these; the table is then printed and not written")
    parser.add_argument("--versions", nargs="*", default=list(VERSIONS), choices=("v1", "v2", "v4"))
    chosen = parser.parse_args(argv)
    runs = [(chosen.checkout, module, version) for module in chosen.modules for version in chosen.versions]
    with ThreadPoolExecutor(AT_ONCE) as workers:
        outcomes = list(workers.map(lambda run: outcome_of(*run), runs))
    if (chosen.modules, chosen.versions) == (list(MODULES), list(VERSIONS)):
        TABLE.write_text(page(outcomes), encoding="utf-8")
    else:
        print(page(outcomes))
    return complain(outcomes)


def outcome_of(checkout: Path, module: str, version: str) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder)) as endpoint:
        suite = Path(folder) / "suite"
        # Tests write into their working folder under fixed names.
        shutil.copytree(checkout, suite, ignore=shutil.ignore_patterns(".git", "doc", "examples", "unittests", "__pycache__"))
        (suite / "mock.py").write_text(MOCK)
        (suite / "conftest.py").write_text(CONFTEST)
        report = suite / "report.xml"
        options = ["-q", "--tb=short", f"--timeout={SECONDS_A_TEST}", "-p", "no:logging", "-p", "no:cacheprovider", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", f"tests/{module}.py", *options]
        done = subprocess.run(command, cwd=suite, env=environment(endpoint, version), capture_output=True, text=True, check=False)
        if not report.exists():
            raise SystemExit(f"{module} could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return read_report(report, module, version)


@contextmanager
def running_cloud(folder: Path) -> Iterator[str]:
    """An OSS of its own for each module, so that none sees another's buckets."""
    storage = ObjectStorage(folder / "oss", PLACE, Keyring(ACCOUNT), None, endpoint=lambda: f"http://127.0.0.1:{door.port}")
    door = Door([storage], scratch=folder / "scratch")
    storage.start()
    door.start()
    try:
        yield f"http://127.0.0.1:{door.port}"
    finally:
        door.stop()
        storage.stop()


def environment(endpoint: str, version: str) -> dict[str, str]:
    """What the suite's tests/common.py reads. It makes up the names of its buckets, by a prefix that one of its tests looks for."""
    settings = {
        "ACCESS_KEY_ID": ACCOUNT.access_key_id,
        "ACCESS_KEY_SECRET": ACCOUNT.access_key_secret,
        "ENDPOINT": endpoint,
        "REGION": PLACE.region,
        "AUTH_VERSION": version,
        "UID": PLACE.account_id,
    }
    return {**os.environ, "PYTHONPATH": "", **{f"OSS_TEST_{name}": value for name, value in settings.items()}}


def read_report(report: Path, module: str, version: str) -> Outcome:
    """A test that passed and whose teardown failed stands there twice, and has failed."""
    failed: dict[str, str] = {}
    seen: set[str] = set()
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "")
        seen.add(name)
        for problem in (*case.findall("failure"), *case.findall("error")):
            failed[name] = (problem.get("message") or "").partition("\n")[0]
    return Outcome(module, version, frozenset(seen - failed.keys()), failed)


def page(outcomes: Sequence[Outcome]) -> str:
    rows = [f"| {one.module} | {one.version} | {len(one.passed)} | {one.collected} |" for one in outcomes]
    rows.append(f"| all | | {sum(len(one.passed) for one in outcomes)} | {sum(one.collected for one in outcomes)} |")
    reasons = [
        f"| {one.module} | {test} | {one.version} | {LEFT_OUT[one.module][test]} |"
        for one in outcomes
        for test in sorted(one.failed.keys() & LEFT_OUT.get(one.module, {}).keys())
    ]
    left_out = ["", "## Left out", "", "| module | test | signature | why |", "|---|---|---|---|", *reasons, ""]
    return HEAD + "\n".join([*rows, *left_out])


def complain(outcomes: Sequence[Outcome]) -> int:
    """1 if a test failed that is not left out, after saying which; also says which passed although they are."""
    for one in outcomes:
        for test in one.unexplained:
            print(f"{one.module} {one.version}: {test} failed: {one.failed[test]}", file=sys.stderr)
        for test in one.needlessly_left_out:
            print(f"{one.module} {one.version}: {test} is listed as left out and passes", file=sys.stderr)
    return int(any(one.unexplained for one in outcomes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
