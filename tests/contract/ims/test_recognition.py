"""Recognition libraries through the official SDK: what is kept, what is refused, and what goes with what is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from tests.contract.ims.cloud import Cloud, Website
from tests.contract.ims.test_smarttag_jobs import engine_notes, images, result, submit

SEED = "IPC content understanding: advanced usage"
PAGES = "IMS API reference: the nine operations of recognition libraries"
SHAPES = "SDK alibabacloud_ice20201109: the models of the responses"


def create_lib(client: Any, name: str = "ipc_peds_lib_001", algorithm: str = "pedestrian") -> str:
    return str(client.create_recognition_lib(ice.CreateRecognitionLibRequest(algorithm=algorithm, lib_name=name)).body.lib_id)


def create_entity(client: Any, lib: str, name: str = "Xiaoshuai", algorithm: str = "pedestrian", **more: Any) -> str:
    request = ice.CreateRecognitionEntityRequest(algorithm=algorithm, lib_id=lib, entity_name=name, **more)
    return str(client.create_recognition_entity(request).body.entity_id)


def create_sample(client: Any, lib: str, entity: str, url: str, algorithm: str = "pedestrian", **more: Any) -> str:
    request = ice.CreateRecognitionSampleRequest(algorithm=algorithm, lib_id=lib, entity_id=entity, image_url=url, **more)
    return str(client.create_recognition_sample(request).body.sample_id)


def libs(client: Any, algorithm: str = "pedestrian", number: int = 1, size: int = 50, **more: Any) -> Any:
    request = ice.ListRecognitionLibsRequest(algorithm=algorithm, page_number=number, page_size=size, **more)
    return client.list_recognition_libs(request).body


def entities(client: Any, lib: str, algorithm: str = "pedestrian", number: int = 1, size: int = 50) -> Any:
    request = ice.ListRecognitionEntitiesRequest(algorithm=algorithm, lib_id=lib, page_number=number, page_size=size)
    return client.list_recognition_entities(request).body


def samples(client: Any, lib: str, entity: str = "ANY", algorithm: str = "pedestrian", number: int = 1, size: int = 50, **more: Any) -> Any:
    request = ice.ListRecognitionSamplesRequest(
        algorithm=algorithm, lib_id=lib, entity_id=entity, page_number=number, page_size=size, **more
    )
    return client.list_recognition_samples(request).body


def template(client: Any, **groups: str) -> str:
    config = {
        "AnalyseTypes": "vlEventDesc",
        "Industry": "common",
        "Scene": "search",
        "TemplateName": "ipc_template_001_with_group",
        **groups,
    }
    request = ice.CreateCustomTemplateRequest(name="ipc_template_001_with_group", template_config=json.dumps(config), type=11)
    return str(client.create_custom_template(request).body.custom_template.template_id)


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientException) as caught:
        call()
    assert caught.value.status_code == 400
    assert "Recommend" in caught.value.data
    return caught.value.code, caught.value.message


@pytest.mark.contract(SEED)
@pytest.mark.parametrize("settings", [{}, {"signature_algorithm": "v2"}], ids=["ACS3-HMAC-SHA256", "HMAC-SHA1"])
def test_the_guide_to_recognising_pedestrians(cloud: Cloud, website: Website, settings: dict[str, Any]) -> None:
    client = cloud.client(**settings)
    lib = create_lib(client)
    entity = create_entity(client, lib)
    assert create_sample(client, lib, entity, website.put("sample.png", "somebody"))
    job = submit(client, images(website.put("1.png", "say hello")), template_id=template(client, PedestrianGroupIds=lib))
    body = result(client, job)
    assert "not done" not in "".join(engine_notes(body))
    [(name, group)] = [(known.name, known.group) for known in cloud.scripted.wishes[-1].known]
    assert (name, group) == ("Xiaoshuai", lib)


@pytest.mark.contract(SHAPES)
def test_lists_are_wrapped_and_paged_in_the_order_of_creation(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    first, second = create_lib(client, "one"), create_lib(client, "two")
    listed = libs(client, size=1, number=2)
    assert (listed.total_count, listed.page_number, listed.page_size) == (2, 2, 1)
    assert [(lib.lib_id, lib.lib_name, lib.lib_description) for lib in listed.libs.lib] == [(second, "two", "")]
    assert [lib.lib_id for lib in libs(client, lib_id=f"{second}, {first}").libs.lib] == [first, second]
    assert libs(client, "pet").libs.lib == []

    people = [create_entity(client, first, name, entity_info='{"shirt": 7}') for name in ("Xiaoshuai", "小美", "小美")]
    listed = entities(client, first, size=2)
    assert listed.total_count == 3
    assert [(one.entity_id, one.entity_name, one.entity_info) for one in listed.entities.entity] == [
        (people[0], "Xiaoshuai", '{"shirt": 7}'),
        (people[1], "小美", '{"shirt": 7}'),
    ]

    elsewhere = create_entity(client, second)
    picture = website.put("sample.png", "somebody")
    made = [create_sample(client, lib, who, picture) for lib, who in ((first, people[0]), (first, people[2]), (second, elsewhere))]
    listed = samples(client, f"{first},{second}", size=2)
    assert listed.total_count == 3
    assert [(one.sample_id, one.entity_id, one.lib_id, one.image_url) for one in listed.samples.sample] == [
        (made[0], people[0], first, picture),
        (made[1], people[2], first, picture),
    ]


@pytest.mark.contract("ListRecognitionSamples, API reference: EntityId ANY with EntityName")
def test_samples_are_found_by_entity_or_by_name(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    lib = create_lib(client)
    shuai, mei = create_entity(client, lib, "Xiaoshuai"), create_entity(client, lib, "小美")
    of_shuai, of_mei = (create_sample(client, lib, who, website.put("sample.png", "somebody")) for who in (shuai, mei))

    def found(entity: str, **more: Any) -> list[str]:
        return [one.sample_id for one in samples(client, lib, entity, **more).samples.sample]

    assert found(shuai) == [of_shuai]
    assert found("ANY", entity_name="小美") == [of_mei]
    assert found("ANY") == [of_shuai, of_mei]
    assert found("ANY", entity_name="nobody") == []
    assert found("unknown") == []


@pytest.mark.contract("DeleteRecognitionLib, API reference: all entities and samples are removed")
def test_what_is_deleted_takes_with_it_what_it_holds(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    lib = create_lib(client)
    shuai, mei = create_entity(client, lib, "Xiaoshuai"), create_entity(client, lib, "小美")
    of_shuai, of_mei = (create_sample(client, lib, who, website.put("sample.png", "somebody")) for who in (shuai, mei))

    client.delete_recognition_sample(
        ice.DeleteRecognitionSampleRequest(algorithm="pedestrian", lib_id=lib, entity_id=shuai, sample_id=of_shuai)
    )
    assert [one.sample_id for one in samples(client, lib).samples.sample] == [of_mei]
    client.delete_recognition_entity(ice.DeleteRecognitionEntityRequest(algorithm="pedestrian", lib_id=lib, entity_id=mei))
    assert samples(client, lib).samples.sample == []
    assert [one.entity_id for one in entities(client, lib).entities.entity] == [shuai]
    create_sample(client, lib, shuai, website.put("sample.png", "somebody"))
    client.delete_recognition_lib(ice.DeleteRecognitionLibRequest(algorithm="pedestrian", lib_id=lib))
    assert libs(client).libs.lib == []
    assert samples(client, lib).samples.sample == []


@pytest.mark.contract(f"{PAGES}: the limits of names, descriptions, EntityInfo and pages, InvalidParameter")
@pytest.mark.parametrize(
    ("call", "code", "named"),
    [
        (lambda client, lib: create_lib(client, "小" * 21 + "x"), "", ""),
        (lambda client, lib: create_lib(client, "小" * 22), "InvalidParameter", "LibName"),
        (lambda client, lib: create_lib(client, "x", "clothes"), "InvalidParameter", "Algorithm"),
        (lambda client, lib: create_lib(client, "\u200b"), "InvalidParameter", "LibName"),
        (
            lambda client, lib: client.create_recognition_lib(ice.CreateRecognitionLibRequest(algorithm="face")),
            "MissingParameter",
            "LibName",
        ),
        (
            lambda client, lib: client.create_recognition_lib(
                ice.CreateRecognitionLibRequest(algorithm="face", lib_name="x", lib_description="d" * 129)
            ),
            "InvalidParameter",
            "LibDescription",
        ),
        (lambda client, lib: create_entity(client, lib, "x" * 65), "InvalidParameter", "EntityName"),
        (lambda client, lib: create_entity(client, lib, entity_info="{"), "InvalidParameter", "EntityInfo"),
        (lambda client, lib: create_entity(client, lib, entity_info="[]"), "InvalidParameter", "EntityInfo"),
        (lambda client, lib: create_entity(client, lib, entity_info='{"a":"%s"}' % ("x" * 256)), "InvalidParameter", "EntityInfo"),
        (lambda client, lib: create_entity(client, "unknown"), "InvalidParameter", "LibId"),
        (lambda client, lib: create_entity(client, lib, algorithm="pet"), "InvalidParameter", "LibId"),
        (lambda client, lib: entities(client, "unknown"), "InvalidParameter", "LibId"),
        (lambda client, lib: libs(client, size=51), "InvalidParameter", "PageSize"),
        (lambda client, lib: libs(client, size=0), "InvalidParameter", "PageSize"),
        (lambda client, lib: libs(client, number=0), "InvalidParameter", "PageNumber"),
        (
            lambda client, lib: client.list_recognition_libs(ice.ListRecognitionLibsRequest(algorithm="face", page_number=1)),
            "MissingParameter",
            "PageSize",
        ),
        (lambda client, lib: create_sample(client, lib, "unknown", "oss://media/1.png"), "InvalidParameter", "EntityId"),
        (
            lambda client, lib: client.delete_recognition_lib(ice.DeleteRecognitionLibRequest(algorithm="pet", lib_id=lib)),
            "InvalidParameter",
            "LibId",
        ),
        (
            lambda client, lib: client.delete_recognition_sample(
                ice.DeleteRecognitionSampleRequest(
                    algorithm="pedestrian", lib_id=lib, entity_id=create_entity(client, lib), sample_id="unknown"
                )
            ),
            "InvalidParameter",
            "SampleId",
        ),
    ],
)
def test_a_wrong_parameter_is_named(cloud: Cloud, call: Callable[[Any, str], object], code: str, named: str) -> None:
    client = cloud.client()
    lib = create_lib(client, "<b>名字</b> 😀")
    if not code:
        call(client, lib)
        return
    found, message = refused(lambda: call(client, lib))
    assert found == code
    assert f'"{named}"' in message


@pytest.mark.contract("our assumption: a sample that can't be used is refused when it is created, and the reason names the picture")
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("{website}/nobody.png?Signature=secret", "no person was found in it"),
        ("{website}/missing.png?Signature=secret", "HTTP 404"),
        ("ftp://example.com/1.png", "is no address this cloud can read"),
        ("oss://media/unknown.png", "does not exist"),
        ("http://100.100.100.200/latest/meta-data", "100.100.100.200"),
    ],
)
def test_a_sample_that_shows_nobody_is_refused(cloud: Cloud, website: Website, address: str, said: str) -> None:
    client = cloud.client()
    lib = create_lib(client)
    entity = create_entity(client, lib)
    website.put("nobody.png", "nobody no person was found in it")
    code, message = refused(lambda: create_sample(client, lib, entity, address.format(website=website.address)))
    assert code == "InvalidParameter"
    assert '"ImageUrl"' in message
    assert said in message
    assert "secret" not in message
    assert samples(client, lib).total_count == 0


@pytest.mark.contract("CreateRecognitionSample, API reference: ImageUrl and LabelPrompt; which needs which is an assumption")
def test_a_label_alone_can_do_without_a_picture(cloud: Cloud) -> None:
    client = cloud.client()
    lib, people = create_lib(client, "labels", "label"), create_lib(client)
    entity, person = create_entity(client, lib, "dog", "label"), create_entity(client, people)
    request = ice.CreateRecognitionSampleRequest(algorithm="label", lib_id=lib, entity_id=entity, label_prompt="a dog")
    assert client.create_recognition_sample(request).body.sample_id
    assert [one.image_url for one in samples(client, lib, algorithm="label").samples.sample] == [""]
    request = ice.CreateRecognitionSampleRequest(algorithm="pedestrian", lib_id=people, entity_id=person, label_prompt="a man")
    assert refused(lambda: client.create_recognition_sample(request))[0] == "MissingParameter"


@pytest.mark.contract("our assumption: what the engine can't compare is kept, and the jobs that need it say so")
def test_a_job_says_whom_it_could_not_look_for(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    pets, faces, empty, gone = (create_lib(client, name, kind) for name, kind in zip("abcd", ("pet", "face", "pet", "pet"), strict=True))
    create_sample(client, pets, create_entity(client, pets, "Mimi", "pet"), website.put("1.png", "lacking a detector file"), "pet")
    create_sample(client, faces, create_entity(client, faces, "小美", "face"), website.put("2.png", "somebody"), "face")
    client.delete_recognition_lib(ice.DeleteRecognitionLibRequest(algorithm="pet", lib_id=gone))
    groups = {"PetGroupIds": f"{pets},{empty},{gone}", "FaceCategoryIds": f"celebrity,{faces}"}
    notes = engine_notes(result(client, submit(client, images(website.put("3.png", "say hello")), template_id=template(client, **groups))))
    assert [known.name for known in cloud.scripted.wishes[-1].known] == ["小美"]
    assert [note for note in notes if pets in note] == [
        f'not done by this laptop cloud: samples of the recognition library {pets} ("a") were not compared, '
        "which needs a detector file when they are created"
    ]
    assert [note for note in notes if empty in note] == [
        f'the recognition library {empty} ("c") has no samples: nobody of it was looked for'
    ]
    assert [note for note in notes if gone in note] == [f"the recognition library {gone} does not exist: nobody of it was looked for"]
    assert "not done by this laptop cloud: the faces of celebrity" in notes


@pytest.mark.contract("SubmitSmarttagJob, API reference: TemplateConfig overrides FaceCategoryIds of the template")
def test_a_job_can_name_other_faces_than_its_template(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    one, other = create_lib(client, "one", "face"), create_lib(client, "other", "face")
    for lib, name in ((one, "Xiaoshuai"), (other, "小美")):
        create_sample(client, lib, create_entity(client, lib, name, "face"), website.put("1.png", "somebody"), "face")
    made = template(client, FaceCategoryIds=one)
    override = json.dumps({"FaceCategoryIds": other})
    result(client, submit(client, images(website.put("2.png", "say hello")), template_id=made, template_config=override))
    assert [known.name for known in cloud.scripted.wishes[-1].known] == ["小美"]


@pytest.mark.contract("our assumption: the same picture is enrolled once")
def test_the_same_picture_is_enrolled_once(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    lib = create_lib(client)
    entity = create_entity(client, lib)
    made = [create_sample(client, lib, entity, website.put(f"{number}.png", "somebody")) for number in range(200)]
    assert len(set(made)) == 200
    assert cloud.scripted.enrolled == 1
    assert samples(client, lib, number=4).total_count == 200
    for one in made:
        request = ice.DeleteRecognitionSampleRequest(algorithm="pedestrian", lib_id=lib, entity_id=entity, sample_id=one)
        client.delete_recognition_sample(request)
    create_sample(client, lib, entity, website.put("1.png", "somebody"))
    assert cloud.scripted.enrolled == 2, "features were kept beyond the last of their samples"


@pytest.mark.contract("our assumption: what was acknowledged outlives a restart")
def test_what_was_created_is_there_after_a_restart(cloud: Cloud, website: Website) -> None:
    client = cloud.client()
    lib = create_lib(client)
    entity = create_entity(client, lib)
    sample = create_sample(client, lib, entity, website.put("1.png", "somebody"))
    made = template(client, PedestrianGroupIds=lib)
    cloud.stop()
    cloud.start()
    client = cloud.client()
    assert [one.sample_id for one in samples(client, lib, entity).samples.sample] == [sample]
    result(client, submit(client, images(website.put("2.png", "say hello")), template_id=made))
    assert [known.name for known in cloud.scripted.wishes[-1].known] == ["Xiaoshuai"]
