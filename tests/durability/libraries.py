"""Clients of the libraries of IMS: those of whom to recognise, and those of media to search; what is deleted stays away."""

from __future__ import annotations

import time
from contextlib import ExitStack
from itertools import count
from random import Random
from typing import Any

import oss2
from alibabacloud_ice20201109 import models as ice
from alibabacloud_ice20201109.client import Client as MediaClient
from alibabacloud_tea_openapi.exceptions import ClientException

from localcloud.identity import Credential
from localcloud.place import Place
from tests.durability.model import Cell, Lost
from tests.durability.tagging import ENDING_SECONDS, config

KIND, PEOPLE = "label", "people"
BUCKET, LIBRARY, OBJECT = "shelved", "shelved", "clip.mp4"
MOST = 8

Prompts = frozenset[str]


class Recognising:
    """One recognition library, entities in it, and samples of these; what holds others takes them with it when it is deleted."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._library: Cell[bool] = Cell("the library", False)
        self._entities: list[Cell[Prompts | None]] = [Cell(f"entity {number}", None) for number in range(4)]
        self._ids: dict[str, str] = {}
        """Of the library, of entities by name, and of samples by prompt."""
        self._asked = ""
        """The prompt of the sample that was asked for last: a listing has the ids of samples alone."""
        self._client: Any = None

    def connect(self, port: int, key: Credential) -> None:
        self._client = MediaClient(config(port, key))

    def step(self) -> None:
        if not self._library.state:
            with self._library.becomes(True):
                request = ice.CreateRecognitionLibRequest(algorithm=KIND, lib_name=PEOPLE)
                self._ids[PEOPLE] = self._client.create_recognition_lib(request).body.lib_id
        elif self._random.random() < 0.03:
            self._delete_library()
        else:
            self._change(self._random.choice(self._entities))

    def _delete_library(self) -> None:
        with ExitStack() as under_way:
            under_way.enter_context(self._library.becomes(False))
            for entity in self._entities:
                under_way.enter_context(entity.becomes(None))
            self._client.delete_recognition_lib(ice.DeleteRecognitionLibRequest(algorithm=KIND, lib_id=self._ids[PEOPLE]))

    def _change(self, entity: Cell[Prompts | None]) -> None:
        of_library = {"algorithm": KIND, "lib_id": self._ids[PEOPLE]}
        if entity.state is None:
            with entity.becomes(frozenset()):
                create = ice.CreateRecognitionEntityRequest(**of_library, entity_name=entity.name)
                self._ids[entity.name] = self._client.create_recognition_entity(create).body.entity_id
            return
        of_entity = {**of_library, "entity_id": self._ids[entity.name]}
        if self._random.random() < 0.1:
            with entity.becomes(None):
                self._client.delete_recognition_entity(ice.DeleteRecognitionEntityRequest(**of_entity))
        elif len(entity.state) < MOST and self._random.random() < 0.6:
            prompt = self._asked = f"sample {next(self._numbers)}"
            with entity.becomes(entity.state | {prompt}):
                sample = ice.CreateRecognitionSampleRequest(**of_entity, label_prompt=prompt)
                self._ids[prompt] = self._client.create_recognition_sample(sample).body.sample_id
        elif entity.state:
            prompt = self._random.choice(sorted(entity.state))
            with entity.becomes(entity.state - {prompt}):
                self._client.delete_recognition_sample(ice.DeleteRecognitionSampleRequest(**of_entity, sample_id=self._ids[prompt]))

    def check(self) -> None:
        pages = {"algorithm": KIND, "page_number": 1, "page_size": 50}
        libs = self._client.list_recognition_libs(ice.ListRecognitionLibsRequest(**pages)).body.libs.lib
        self._library.settle(self._found({one.lib_name: one.lib_id for one in libs}, libs) == {PEOPLE})
        names: set[str] = set()
        if self._library.state:
            pages["lib_id"] = self._ids[PEOPLE]
            listed = self._client.list_recognition_entities(ice.ListRecognitionEntitiesRequest(**pages)).body.entities.entity
            names = self._found({one.entity_name: one.entity_id for one in listed}, listed)
        for entity in self._entities:
            entity.settle(self._prompts(entity.name, pages) if entity.name in names else None)

    def _prompts(self, name: str, pages: dict[str, Any]) -> Prompts:
        request = ice.ListRecognitionSamplesRequest(**pages, entity_id=self._ids[name])
        samples = self._client.list_recognition_samples(request).body.samples.sample
        known = {identity: prompt for prompt, identity in self._ids.items()}
        return frozenset(self._found({known.get(one.sample_id, self._asked): one.sample_id for one in samples}, samples))

    def _found(self, ids: dict[str, str], listed: list[Any]) -> set[str]:
        if len(ids) < len(listed):
            raise Lost(f"of {sorted(ids)} some are there twice")
        self._ids |= ids
        return set(ids)


class Shelving:
    """Media come into a search library and go again; a search finds those that are there, and no other."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._media: list[Cell[bool]] = []
        self._client: Any = None

    def connect(self, port: int, key: Credential) -> None:
        if self._client is None:
            auth = oss2.make_auth(key.access_key_id, key.access_key_secret, oss2.AUTH_VERSION_4)
            bucket = oss2.Bucket(auth, f"http://127.0.0.1:{port}", BUCKET, region=Place().region)
            bucket.create_bucket()
            bucket.put_object(OBJECT, b"say a dog on a sofa")
            client = MediaClient(config(port, key))
            client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name=LIBRARY))
            client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name=LIBRARY, index_type="mm"))
        self._client = MediaClient(config(port, key))

    def step(self) -> None:
        there = [media for media in self._media if media.state]
        if there and self._random.random() < (0.4 if len(there) < MOST else 1):
            media = self._random.choice(there)
            with media.becomes(False):
                self._client.delete_media_from_search_lib(ice.DeleteMediaFromSearchLibRequest(search_lib_name=LIBRARY, media_id=media.name))
            return
        media = Cell(f"{next(self._numbers):032x}", False)
        self._media.append(media)
        with media.becomes(True):
            self._client.insert_media_to_search_lib(
                ice.InsertMediaToSearchLibRequest(search_lib_name=LIBRARY, media_id=media.name, input=f"oss://{BUCKET}/{OBJECT}")
            )

    def check(self) -> None:
        for media in self._media:
            media.settle(self._is_indexed(media.name))
        self._media = [media for media in self._media if media.state]
        request = ice.SearchMediaByHybridRequest(search_lib_name=LIBRARY, text="a dog on a sofa", page_size=50)
        found = sorted(hit.media_id for hit in self._client.search_media_by_hybrid(request).body.media_list)
        if found != sorted(media.name for media in self._media):
            raise Lost(f"a search finds {found} where there are {sorted(media.name for media in self._media)}")

    def _is_indexed(self, media: str) -> bool:
        """Once its index job has ended; False for one that is not there."""
        request = ice.QueryMediaIndexJobRequest(search_lib_name=LIBRARY, media_id=media)
        end = time.monotonic() + ENDING_SECONDS
        while time.monotonic() < end:
            try:
                jobs = self._client.query_media_index_job(request).body.index_job_info_list
            except ClientException as error:
                if error.code != "ResourceNotFound":
                    raise
                return False
            if jobs and all(job.status == "Success" for job in jobs):
                return True
            time.sleep(0.005)
        raise Lost(f"the index job of {media} does not succeed")
