"""Clients of IMS and of Function Compute, with the official SDKs."""

from __future__ import annotations

import json
import time
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import oss2
from alibabacloud_fc20230330 import models as fc
from alibabacloud_fc20230330.client import Client as FunctionClient
from alibabacloud_ice20201109 import models as ice
from alibabacloud_ice20201109.client import Client as MediaClient
from alibabacloud_tea_openapi import models as open_api
from darabonba.runtime import RuntimeOptions

from localcloud.identity import Credential
from localcloud.place import Place
from tests.durability.model import Lost

CLIP, LIBRARY = "clips", "durable"
ENDING_SECONDS = 30.0
KEPT = 12


def config(port: int, key: Credential) -> Any:
    return open_api.Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        endpoint=f"127.0.0.1:{port}",
        protocol="http",
        region_id=Place().region,
    )


class Media:
    """Templates, smart tag jobs, production jobs and media in a search library."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._templates: dict[str, str] = {}
        self._jobs: list[str] = []
        self._inserted: list[str] = []
        self._productions: dict[str, str] = {}
        self._client: Any = None
        self._bucket: Any = None

    def connect(self, port: int, key: Credential) -> None:
        self._client = MediaClient(config(port, key))
        auth = oss2.make_auth(key.access_key_id, key.access_key_secret, "v4")
        self._bucket = oss2.Bucket(auth, f"http://127.0.0.1:{port}", CLIP, region=Place().region)
        if not self._templates:
            self._bucket.create_bucket()
            self._bucket.put_object("clip.mp4", b"say a cat on a wall")
            self._bucket.put_object("to-make.mp4", b"make 1.mp4 the film")
            self._client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
            self._client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
            self._template()

    def step(self) -> None:
        match self._random.randrange(4):
            case 0:
                self._template()
            case 1:
                job_input = ice.SubmitSmarttagJobRequestInput(
                    type="Multi", media=json.dumps({"type": "URL", "inputs": [f"oss://{CLIP}/clip.mp4"], "extra": {"mediaType": "video"}})
                )
                template = self._random.choice(sorted(self._templates))
                request = ice.SubmitSmarttagJobRequest(input=job_input, template_id=template)
                self._jobs.append(self._client.submit_smarttag_job(request).body.job_id)
            case 2:
                self._produce(f"made-{next(self._numbers)}.mp4")
            case _:
                number = next(self._numbers)
                request = ice.InsertMediaToSearchLibRequest(
                    search_lib_name=LIBRARY,
                    media_id=f"{number:032x}",
                    input=f"oss://{CLIP}/clip.mp4",
                    msg_body=json.dumps({"title": f"title {number}"}),
                )
                self._inserted.append(self._client.insert_media_to_search_lib(request).body.media_id)

    def _produce(self, key: str) -> None:
        request = ice.SubmitIProductionJobRequest(
            function_name="VideoH2V",
            input=ice.SubmitIProductionJobRequestInput(type="OSS", media=f"oss://{CLIP}/to-make.mp4"),
            output=ice.SubmitIProductionJobRequestOutput(type="OSS", media=f"oss://{CLIP}/{key}"),
        )
        self._productions[self._client.submit_iproduction_job(request).body.job_id] = key

    def _template(self) -> None:
        name = f"template {next(self._numbers)}"
        config = json.dumps({"AnalyseTypes": "vlEventDesc", "Industry": "common", "Scene": "search", "TemplateName": name})
        made = self._client.create_custom_template(ice.CreateCustomTemplateRequest(name=name, template_config=config, type=11))
        self._templates[made.body.custom_template.template_id] = name

    def check(self) -> None:
        for template, name in self._templates.items():
            found = self._client.get_custom_template(ice.GetCustomTemplateRequest(template_id=template)).body.custom_template
            if found.template_name != name:
                raise Lost(f"template {template} is called {found.template_name!r} and not {name!r}")
        for job in self._jobs:
            self._ends(job, lambda job=job: self._client.query_smarttag_job(ice.QuerySmarttagJobRequest(job_id=job)).body.job_status)
        for job, key in self._productions.items():
            self._ends(job, lambda job=job: self._client.query_iproduction_job(ice.QueryIProductionJobRequest(job_id=job)).body.status)
            if self._bucket.get_object(key).read() != b"the film":
                raise Lost(f"{job} has ended, and {key} is not what it made")
        for media in self._inserted:
            self._ends(media, lambda media=media: self._index_status(media))
        if self._inserted:
            request = ice.SearchMediaByHybridRequest(search_lib_name=LIBRARY, text="a cat on a wall", page_size=50)
            hits = {hit.media_id for hit in self._client.search_media_by_hybrid(request).body.media_list}
            if len(hits) < min(len(self._inserted), 10):
                raise Lost(f"{len(hits)} hits after {len(self._inserted)} media were inserted")
        del self._jobs[:-2], self._inserted[:-2]
        self._productions = dict(list(self._productions.items())[-2:])
        for template in sorted(self._templates)[KEPT:]:
            self._client.delete_custom_template(ice.DeleteCustomTemplateRequest(template_id=template))
            del self._templates[template]

    def _index_status(self, media: str) -> str:
        request = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=media)
        jobs = self._client.query_media_index_job(request).body.to_map()["IndexJobInfoList"]
        return "Running" if any(job["Status"] == "Running" for job in jobs) else str(jobs[-1]["Status"])

    def _ends(self, what: str, status: Any) -> None:
        end = time.monotonic() + ENDING_SECONDS
        while (found := status()) != "Success":
            if found == "Fail" or time.monotonic() > end:
                raise Lost(f"{what} is {found}")
            time.sleep(0.005)


class Invoking:
    """Asynchronous invocations: each that was accepted runs, once or more. Asks for few, since each wakes a process."""

    def __init__(self, random: Random, ran: Path) -> None:
        self._random = random
        self._ran = ran
        self._numbers = count()
        self._accepted: set[str] = set()
        self._left = 0
        self._client: Any = None

    def connect(self, port: int, key: Credential) -> None:
        self._client = FunctionClient(config(port, key))
        self._left = self._random.choice((0, 0, 0, 2))

    def step(self) -> bool:
        if not self._left:
            time.sleep(0.01)
            return False
        self._left -= 1
        event = f"event {next(self._numbers)}"
        headers = fc.InvokeFunctionHeaders(x_fc_invocation_type="Async")
        answer = self._client.invoke_function_with_options("work", fc.InvokeFunctionRequest(body=event.encode()), headers, RuntimeOptions())
        assert answer.status_code == 202
        self._accepted.add(event)
        return True

    def check(self) -> None:
        end = time.monotonic() + ENDING_SECONDS
        while missing := self._accepted - set(self._ran.read_text().splitlines() if self._ran.exists() else ()):
            if time.monotonic() > end:
                raise Lost(f"{sorted(missing)} were accepted and never ran")
            time.sleep(0.01)
