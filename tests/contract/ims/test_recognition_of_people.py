"""People enrolled through the API, looked for by the real engine in real workers, in clips and pictures that are drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from alibabacloud_ice20201109 import models as ice

from cli.samples.figures import Outfit, Picture, Pose, draw_person
from cli.samples.render import SMALL, Act, Scene, encode, play, walker
from cli.samples.scenery import street, yard
from engines.imaging import read_image
from engines.recognition.faces import FaceReader
from localcloud.ims import EngineSettings
from tests.contract.ims.cloud import Cloud, until
from tests.contract.ims.test_recognition import create_entity, create_lib, create_sample, refused, template
from tests.contract.ims.test_smarttag_jobs import engine_notes, given, images, result, submit, video
from tests.unit.engines.media import photo

SEED = "IPC content understanding: advanced usage; the name in brief, caption and title, the noun in event and object"
OURS = "our assumption: who can't surely be told apart has no name"

RED, GREEN = Outfit((40, 35, 190), (70, 50, 40)), Outfit((60, 150, 60), (60, 60, 60))
BLACK = Outfit((25, 25, 25), (40, 40, 40))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("cloud"), engine=EngineSettings())
    yield made
    made.stop()


def portrait(*outfits: Outfit, phase: float = 1.1) -> Picture:
    """People side by side in a yard, as somebody would photograph them."""
    picture = yard(200 + 260 * len(outfits), 400, np.random.default_rng(5))
    for number, outfit in enumerate(outfits):
        draw_person(picture, Pose((230 + 260 * number, 370), 300, 1, phase), outfit)
    return picture


def png(picture: Picture) -> bytes:
    return bytes(cv2.imencode(".png", picture)[1])


def clip(folder: Path, acts: Sequence[Act]) -> bytes:
    """Everybody who acts, in one street by day."""

    def act(picture: Picture, time: float) -> None:
        for each in acts:
            each(picture, time)

    scene = Scene(SMALL, 7.0, street(SMALL.width, SMALL.height, np.random.default_rng(1)), act)
    path = folder / "clip.mp4"
    encode(path, play(scene, np.random.default_rng(2)), SMALL.fps)
    return path.read_bytes()


def enrol(cloud: Cloud, lib: str, name: str, *pictures: Picture) -> str:
    client = cloud.client()
    entity = create_entity(client, lib, name)
    for number, picture in enumerate(pictures):
        create_sample(client, lib, entity, cloud.objects.add(f"{entity}-{number}.png", png(picture)))
    return entity


def described(cloud: Cloud, lib: str, media: dict[str, object]) -> tuple[Any, str]:
    client = cloud.client()
    body = result(client, submit(client, media, template_id=template(client, PedestrianGroupIds=lib)))
    return given(body)["EventDesc"], " ".join(engine_notes(body))


@pytest.mark.contract(SEED)
def test_somebody_who_is_enrolled_is_called_by_name_and_a_stranger_is_not(cloud: Cloud, tmp_path: Path) -> None:
    lib = create_lib(cloud.client())
    enrol(cloud, lib, "Xiaoshuai", portrait(RED), portrait(RED, phase=3.3))
    known = video(cloud.objects.add("red.mp4", clip(tmp_path, [walker(SMALL, RED, 1)])))
    event, notes = described(cloud, lib, known)
    assert event["brief"] == "Xiaoshuai enters from the left, walks to the right and leaves at the right."
    assert event["title"] == "Xiaoshuai walks to the right"
    assert "person wearing red (Xiaoshuai)" in event["caption"]
    assert event["object"] == ["person"]
    assert "a person wearing red walks to the right" in event["event"]
    assert "Xiaoshuai" not in str(event["event"])
    assert f"recognised Xiaoshuai of {lib} with a score of 0.9" in notes
    assert "by the clothes alone" in notes

    stranger = video(cloud.objects.add("green.mp4", clip(tmp_path, [walker(SMALL, GREEN, 1)])))
    event, notes = described(cloud, lib, stranger)
    assert event["label"]["human"] is True
    assert "Xiaoshuai" not in str(event) + notes


@pytest.mark.contract(SEED)
def test_two_who_meet_keep_their_own_names(cloud: Cloud, tmp_path: Path) -> None:
    lib = create_lib(cloud.client())
    enrol(cloud, lib, "<b>x</b> 😀", portrait(RED))
    meeting = clip(tmp_path, [walker(SMALL, RED, 1, start=0.3), walker(SMALL, GREEN, -1, start=3.5)])
    event, _ = described(cloud, lib, video(cloud.objects.add("both.mp4", meeting)))
    assert event["brief"].startswith("<b>x</b> 😀 enters from the left")
    assert "a person wearing green enters from the right" in event["brief"]


@pytest.mark.contract(SEED)
def test_a_name_is_said_of_a_picture_and_of_a_sequence(cloud: Cloud) -> None:
    lib = create_lib(cloud.client())
    enrol(cloud, lib, "小" * 21, portrait(GREEN))
    scene = street(640, 360, np.random.default_rng(3))
    empty = cloud.objects.add("empty.png", png(scene))
    draw_person(scene, Pose((300, 320), 220, -1, 2.0), GREEN)
    picture = cloud.objects.add("green.png", png(scene))
    for media in (images(picture), images(empty, picture)):
        event, _ = described(cloud, lib, media)
        assert event["brief"] == f"{'小' * 21} is seen."
        assert f"A person wearing green ({'小' * 21}) is seen." in event["caption"]


@pytest.mark.contract(OURS)
def test_who_is_enrolled_under_two_names_has_none(cloud: Cloud, tmp_path: Path) -> None:
    lib = create_lib(cloud.client())
    enrol(cloud, lib, "Xiaoshuai", portrait(RED))
    twin = enrol(cloud, lib, "Dashuai", portrait(RED, phase=math.pi))
    media = video(cloud.objects.add("red.mp4", clip(tmp_path, [walker(SMALL, RED, 1)])))
    event, notes = described(cloud, lib, media)
    assert "shuai" not in str(event) + notes
    request = ice.DeleteRecognitionEntityRequest(algorithm="pedestrian", lib_id=lib, entity_id=twin)
    cloud.client().delete_recognition_entity(request)
    # The same person under the same name twice is one.
    enrol(cloud, lib, "Xiaoshuai", portrait(RED, phase=math.pi))
    event, _ = described(cloud, lib, media)
    assert event["brief"].startswith("Xiaoshuai ")


@pytest.mark.contract(OURS)
def test_clothes_that_many_wear_name_nobody(cloud: Cloud, tmp_path: Path) -> None:
    lib = create_lib(cloud.client())
    enrol(cloud, lib, "Xiaoshuai", portrait(BLACK))
    event, notes = described(cloud, lib, video(cloud.objects.add("black.mp4", clip(tmp_path, [walker(SMALL, BLACK, 1)]))))
    assert "Xiaoshuai" not in str(event)
    assert "the samples of Xiaoshuai show clothes in colours that many wear" in notes


@pytest.mark.contract("our assumption: a sample that can't be used is refused when it is created, and the reason names the picture")
def test_pictures_without_one_whole_person_are_refused(cloud: Cloud) -> None:
    client = cloud.client()
    lib = create_lib(client)
    entity = create_entity(client, lib)
    whole = png(portrait(RED))
    bad = {
        "no person was found": png(yard(400, 400, np.random.default_rng(5))),
        "2 of the kind person": png(portrait(RED, GREEN)),
        "can't be decoded": whole[: len(whole) // 2],
        "empty": b"",
        "holds text": b"<html>not here</html>",
        "too many pixels": _huge_header(),
    }
    for said, content in bad.items():
        address = cloud.objects.add("bad.png", content)
        code, message = refused(partial(create_sample, client, lib, entity, address))
        assert code == "InvalidParameter"
        assert said in message, message
    create_sample(client, lib, entity, cloud.objects.add("good.png", whole))


@pytest.mark.contract("our assumption: faces are compared where the extra `faces` is installed")
@pytest.mark.skipif(not FaceReader.available(), reason="the extra `faces` is not installed")
def test_a_face_is_called_by_name_and_found_again(cloud: Cloud) -> None:
    client = cloud.client()
    lib = create_lib(client, "faces", "face")
    portrait_of_her = cloud.objects.add("her.png", photo("astronaut.png").read_bytes())
    create_sample(client, lib, create_entity(client, lib, "Eileen", "face"), portrait_of_her, "face")
    mirrored = cloud.objects.add("mirrored.png", png(np.ascontiguousarray(read_image(photo("astronaut.png"))[:, ::-1])))
    body = result(client, submit(client, images(mirrored), template_id=template(client, FaceCategoryIds=lib)))
    assert given(body)["EventDesc"]["brief"] == "Eileen is seen facing the camera."

    client.create_search_lib(ice.CreateSearchLibRequest(search_lib_name="faces"))
    client.create_search_index(ice.CreateSearchIndexRequest(search_lib_name="faces", index_type="face"))
    for name, address in (("her", mirrored), ("cat", cloud.objects.add("cat.png", photo("chelsea.png").read_bytes()))):
        request = ice.InsertMediaToSearchLibRequest(search_lib_name="faces", media_id=name, input=address, media_type="image")
        client.insert_media_to_search_lib(request)
        asked = ice.QueryMediaIndexJobRequest(search_lib_name="faces", media_id=name)
        until(lambda asked=asked: client.query_media_index_job(asked).body.index_job_info_list[0].status == "Success")  # type: ignore[misc]
    search = ice.SearchMediaByFaceRequest(search_lib_name="faces", person_image_url=portrait_of_her, face_search_token="t")
    assert [media.media_id for media in client.search_media_by_face(search).body.media_info_list] == ["her"]
    clips = ice.SearchMediaClipByFaceRequest(search_lib_name="faces", face_search_token="t", media_id="her")
    [clip] = client.search_media_clip_by_face(clips).body.media_clip_list
    assert clip.score > 0.7


def _huge_header() -> bytes:
    """A PNG that says that it has 10 billion pixels, and has none."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00\x00\x00\x00\x00"
