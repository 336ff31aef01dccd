"""The real Serverless Devs on our own s.yaml: its official schema, and an invocation of the laptop cloud.

Needs `s` and its component fc3, which `s` fetches at its first use: SIGHTLINE_TEST_S_HOME names the home that has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.contract.fc.clients import served
from tests.contract.fc.laptop import KEYRING, PLACE, Laptop
from tests.contract.fc.serverless_devs import tool

ROOT = Path(__file__).parents[3]
HOME = Path(os.environ.get("SIGHTLINE_TEST_S_HOME") or Path.home())
COMPONENT = HOME / ".s" / "components" / "devsapp.cn" / "v3" / "fc3"
KEYS = '[{"kty": "RSA", "alg": "RS256", "n": "AQAB", "e": "AQAB", "use": "sig"}]'

pytestmark = [
    pytest.mark.skipif(tool() is None, reason="Serverless Devs is not installed: npm install -g @serverless-devs/s"),
    pytest.mark.skipif(not COMPONENT.is_dir(), reason="Serverless Devs has no component fc3 yet: run `s verify` once, with a network"),
    pytest.mark.contract("Serverless Devs and its component fc3, as they are installed here"),
]


def s(home: Path, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in a home of its own, which borrows the component."""
    found = tool()
    assert found
    if not (home / ".s").exists():
        shutil.copytree(COMPONENT, home / ".s" / "components" / "devsapp.cn" / "v3" / "fc3")
        (home / ".s" / "set-config.yml").write_text("analysis: disable\n")
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), **environment}
    return subprocess.run([found, *arguments], cwd=folder, env=variables, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize(
    "environment",
    [{}, {"SIGHTLINE_STAGE": "prod"}, {"SIGHTLINE_SEARCH_ACCESS": "jwt", "SIGHTLINE_JWT_KEYS": KEYS}],
    ids=["dev", "prod", "jwt"],
)
def test_our_own_file_passes_the_official_schema(tmp_path: Path, environment: dict[str, str]) -> None:
    done = s(tmp_path, ROOT, "verify", "-t", str(ROOT / "s.yaml"), **environment)
    assert (done.returncode, "passed" in done.stdout) == (0, True), done.stdout


def test_an_invocation_reaches_the_laptop_cloud(laptop: Laptop, tmp_path: Path) -> None:
    fc = laptop.start("""
    def handler(event, context):
        return b"you said " + event
    """)
    with served(laptop, fc) as port:
        key = KEYRING.account
        added = s(
            tmp_path,
            laptop.folder,
            *("config", "add", "--AccessKeyID", key.access_key_id, "--AccessKeySecret", key.access_key_secret),
            *("--AccountID", PLACE.account_id, "-a", "laptop", "-f"),
        )
        assert added.returncode == 0, added.stdout
        endpoint = {"FC_CLIENT_CUSTOM_ENDPOINT": f"http://127.0.0.1:{port}"}
        done = s(tmp_path, laptop.folder, "work", "invoke", "-a", "laptop", "--event", "hello", **endpoint)
    assert (done.returncode, "you said hello" in done.stdout) == (0, True), done.stdout
