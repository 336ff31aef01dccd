"""Each code block of the two published guides runs as printed, against a running laptop cloud.

They are "IPC content understanding" and "IPC event search best practices"; "QuerySmarttagJob" has a sample answer and no code. What
is changed is changed here, when a block is run:

- the endpoint `ice.cn-….aliyuncs.com`, and with it the protocol, which is https where nothing is said;
- the keys, which CredentialClient reads from the environment;
- the placeholders: `xxx` as an id, `https://xxx.png`, `oss://[example-bucket-]/[object_path-]`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oss2
import pytest
from alibabacloud_ice20201109 import models as ice

from localcloud.cloud import LaptopCloud
from localcloud.ims import EngineSettings
from localcloud.place import Place
from tests.contract.ims.cloud import client as sdk_client
from tests.contract.ims.cloud import until
from tests.contract.ims.guides import FOLDER, published

pytestmark = pytest.mark.skipif(
    FOLDER not in os.environ, reason=f"the published guides are not here; {FOLDER} names a folder with the pages saved as text"
)

LIBRARY = "IPCamera_test1"
UNDERSTANDING = "seed: IPC content understanding, the published guide: its code blocks and sample answers"
EVENT_SEARCH = "seed: IPC event search best practices, the published guide: its code blocks and sample answers"
# What a block does when it is run as a program is to call main(); of main_async() it has the definition alone.
RUN_ASYNC = "import asyncio, runpy, sys; asyncio.run(runpy.run_path(sys.argv[1])['Sample'].main_async([]))"


class Guide:
    """Runs blocks with the official SDK, each in a process of its own."""

    def __init__(self, folder: Path, pictures: list[Path]) -> None:
        self._folder = folder
        self.cloud = LaptopCloud(folder / "cloud", Place(), EngineSettings())
        self.cloud.start()
        account = self.cloud.keyring.account
        self.client = sdk_client(int(self.cloud.endpoint.rpartition(":")[2]), account)
        self.bucket = oss2.Bucket(oss2.Auth(account.access_key_id, account.access_key_secret), self.cloud.endpoint, "media")
        self.bucket.create_bucket()
        self.pictures = [self._upload(picture) for picture in pictures]

    def _upload(self, path: Path) -> str:
        self.bucket.put_object_from_file(path.name, str(path))
        return str(self.bucket.sign_url("GET", path.name, 3600, slash_safe=True))

    def run(self, code: str, asynchronously: bool = False, **ids: str) -> Any:
        """The body of the answer that the block prints."""
        path = self._folder / "block.py"
        path.write_text(self._filled_in(code, ids))
        command = [sys.executable, *(["-c", RUN_ASYNC] if asynchronously else []), str(path)]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        # The SDK's answer prints itself as a Python dict; blocks that use json.dumps put that text between quotes.
        printed = json.loads(done.stdout) if done.stdout.startswith('"') else done.stdout
        return ast.literal_eval(printed)["body"]

    def _filled_in(self, code: str, ids: dict[str, str]) -> str:
        own = self.cloud.endpoint.removeprefix("http://")
        code, changed = re.subn(r"(?m)^( *)config\.endpoint = f?'ice\..*'$", rf"\1config.endpoint, config.protocol = '{own}', 'http'", code)
        assert changed == 1
        for name, value in ids.items():
            code, changed = re.subn(rf"""({name}=|"{name}":)(['"])xxx\2""", rf"\g<1>\g<2>{value}\g<2>", code)
            assert changed == 1, f"{name} is no placeholder of this block"
        pictures = iter(self.pictures)
        code = re.sub(r"https://xxx\.png", lambda _: next(pictures), code)
        return code.replace("oss://[example-bucket-]/[object_path-]", "oss://media/clip")

    def _environment(self) -> dict[str, str]:
        account = self.cloud.keyring.account
        without_proxies = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return {
            **without_proxies,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": account.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": account.access_key_secret,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }

    def wait_for_job(self, job: str) -> None:
        def ended() -> bool:
            return self.client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job)).body.job_status in ("Success", "Fail")

        until(ended)


def assert_shaped_like(sample: Any, answer: Any, place: str = "answer") -> None:
    """Every key of the sample is in the answer, with a value of the same form; the answer may have more."""
    if place in ("answer.Success", "answer.Code"):
        # true and 200 in the samples, text in the tables beside them and in every SDK.
        assert answer in ("true", "200")
    elif isinstance(sample, dict):
        assert isinstance(answer, dict), place
        assert sample.keys() <= answer.keys(), f"{place} has no {sorted(sample.keys() - answer.keys())}"
        for key, value in sample.items():
            assert_shaped_like(value, answer[key], f"{place}.{key}")
    elif isinstance(sample, list):
        assert isinstance(answer, list), place
        assert answer, f"{place} is empty"
        assert_shaped_like(sample[0], answer[0], f"{place}[0]")
    elif isinstance(sample, bool | str):
        assert isinstance(answer, type(sample)), place
    else:
        assert isinstance(answer, int | float), place


def event_description(body: Any) -> Any:
    (data,) = (each["Data"] for each in body["Results"]["Result"] if each["Type"] == "EventDesc")
    return json.loads(json.loads(data))


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory, clips: dict[str, Path]) -> Iterator[Guide]:
    pictures = sorted(path for path in clips["entrance-visit"].iterdir() if path.suffix in (".png", ".jpg"))
    made = Guide(tmp_path_factory.mktemp("guide"), pictures[:2])
    yield made
    made.cloud.stop()


@pytest.mark.contract(UNDERSTANDING)
def test_content_understanding(guide: Guide) -> None:
    page, reference = published("IPC content understanding"), published("Querying a smart tag task")
    create_template, submit, query = page.codes[:3]
    template = guide.run(create_template)
    assert_shaped_like(page.answers[0], template)
    job = guide.run(submit, template_id=template["CustomTemplate"]["TemplateId"])
    assert_shaped_like(page.answers[1], job)
    guide.wait_for_job(job["JobId"])
    answer, printed = guide.run(query, job_id=job["JobId"]), page.answers[2]
    assert_shaped_like(printed, answer)
    assert_shaped_like(event_description(printed)["label"], event_description(answer)["label"])
    assert event_description(answer).keys() == event_description(printed).keys()
    assert_shaped_like({key: value for key, value in reference.answers[0].items() if key != "Results"}, answer)


@pytest.mark.contract(UNDERSTANDING)
def test_content_understanding_with_names(guide: Guide) -> None:
    page = published("IPC content understanding")
    _, submit, query, create_library, create_entity, create_sample, create_template = page.codes
    library = guide.run(create_library)
    assert_shaped_like(page.answers[3], library)
    entity = guide.run(create_entity, lib_id=library["LibId"])
    assert_shaped_like(page.answers[4], entity)
    assert_shaped_like(page.answers[5], guide.run(create_sample, lib_id=library["LibId"], entity_id=entity["EntityId"]))
    template = guide.run(create_template, PedestrianGroupIds=library["LibId"])
    # "The process is the same as in the basic usage scenario."
    job = guide.run(submit, template_id=template["CustomTemplate"]["TemplateId"])
    guide.wait_for_job(job["JobId"])
    assert_shaped_like(page.answers[6], guide.run(query, job_id=job["JobId"]))


@pytest.mark.contract(EVENT_SEARCH)
@pytest.mark.parametrize("asynchronously", [False, True], ids=["main", "main_async"])
def test_event_search(guide: Guide, clips: dict[str, Path], asynchronously: bool) -> None:
    page = published("IPC event search best practices")
    guide.bucket.put_object_from_file("clip", str(next(path for path in clips.values() if path.suffix == ".mp4")))
    for code, printed in zip(page.codes[:3], page.answers[:3], strict=True):
        assert_shaped_like(printed, guide.run(code, asynchronously))
    # The guide searches for what its own media does not show, so there is another one to be found.
    body = json.dumps({"title": "Pandas", "visionDescription": "Two pandas are fighting in a yard"})
    insert = ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, input="oss://media/clip", msg_body=body, namespace="name-1")
    media = guide.client.insert_media_to_search_lib(insert).body.media_id
    query = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=media)
    until(lambda: guide.client.query_media_index_job(query).body.index_job_info_list[0].status == "Success")

    answer = guide.run(page.codes[3], asynchronously)
    assert_shaped_like(page.answers[3], answer)
    assert [each["MediaId"] for each in answer["MediaList"]] == [media]
    guide.client.drop_search_lib(ice.DropSearchLibRequest(search_lib_name=LIBRARY))
