"""`x-oss-process` through the official oss2 SDK, with real pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import oss2
import pytest
import requests


def picture(width: int, height: int, suffix: str = ".png") -> bytes:
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[:, width // 2 :] = (0, 0, 255)
    return bytes(cv2.imencode(suffix, image)[1])


def video(path: Path) -> bytes:
    """Three seconds: black, then white after one second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), 0 if number < 10 else 255, dtype=np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


def decoded(content: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.contract(
    "OSS video snapshots: t in milliseconds, beyond the end the last frame; w or h 0 keeps the ratio; jpg or png; no CRC header"
)
@pytest.mark.parametrize(("time", "light"), [(0, 0), (500, 0), (2000, 255), (60_000, 255)])
def test_a_snapshot_shows_the_frame_of_its_time(tmp_path: Path, bucket: Any, time: int, light: int) -> None:
    bucket.put_object("clip.mp4", video(tmp_path / "clip.mp4"))
    answer = bucket.get_object("clip.mp4", process=f"video/snapshot,t_{time},f_jpg,w_80,h_0")
    image = decoded(answer.read())
    assert image.shape == (60, 80, 3)
    assert abs(float(image.mean()) - light) < 10
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "x-oss-hash-crc64ecma" not in answer.headers


@pytest.mark.contract("OSS video snapshots: a presigned URL signs x-oss-process; 400 InvalidArgument for a bad format or mode")
def test_a_presigned_snapshot_and_its_refusals(tmp_path: Path, signed_bucket: Any) -> None:
    signed_bucket.put_object("clip.mp4", video(tmp_path / "clip.mp4"))
    url = signed_bucket.sign_url("GET", "clip.mp4", 60, params={"x-oss-process": "video/snapshot,t_0,f_png,w_0,h_0,m_fast"})
    assert decoded(requests.get(url, timeout=20).content).shape == (120, 160, 3)
    assert requests.get(url.replace("t_0", "t_5"), timeout=20).status_code == 403
    for bad in ("t_0,f_gif", "t_0,f_jpg,m_slow", "t_x,f_jpg", "t_0,f_jpg,w_-1"):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            signed_bucket.get_object("clip.mp4", process=f"video/snapshot,{bad}")


@pytest.mark.contract(
    "OSS resize: lfit fits inside the box and is the default, mfit around it, fixed is the box; no enlarging without limit_0"
)
@pytest.mark.parametrize(
    ("instruction", "size"),
    [
        ("resize,w_100", (100, 50)),
        ("resize,h_10", (20, 10)),
        ("resize,w_100,h_10", (20, 10)),
        ("resize,m_mfit,w_100,h_10", (100, 50)),
        ("resize,m_fixed,w_30,h_40", (30, 40)),
        ("resize,w_400", (200, 100)),
        ("resize,w_400,limit_0", (400, 200)),
        ("resize,p_50", (100, 50)),
        ("format,jpg", (200, 100)),
    ],
)
def test_pictures_are_resized(bucket: Any, instruction: str, size: tuple[int, int]) -> None:
    bucket.put_object("a.png", picture(200, 100))
    answer = bucket.get_object("a.png", process=f"image/{instruction}")
    image = decoded(answer.read())
    assert (image.shape[1], image.shape[0]) == size
    assert answer.headers["Content-Type"] == ("image/jpeg" if "format" in instruction else "image/png")


@pytest.mark.contract('OSS image/info: {"FileSize": {"value": "…"}, "Format", "FrameCount", "ImageHeight", "ImageWidth"}')
def test_what_a_picture_is(bucket: Any) -> None:
    content = picture(200, 100, ".jpg")
    bucket.put_object("a.jpg", content)
    info = json.loads(bucket.get_object("a.jpg", process="image/info").read())
    assert {name: entry["value"] for name, entry in info.items()} == {
        "FileSize": str(len(content)),
        "Format": "jpg",
        "FrameCount": "1",
        "ImageHeight": "100",
        "ImageWidth": "200",
    }


@pytest.mark.contract(
    "our assumption: what can't be decoded is a 400 BadRequest; an operation that does not exist here is a 400 NotImplemented"
)
def test_what_cannot_be_processed_says_so(bucket: Any) -> None:
    bucket.put_object("a.jpg", b"this is text")
    for process, code in (
        ("image/resize,w_10", "BadRequest"),
        ("video/snapshot,t_0,f_jpg", "BadRequest"),
        ("image/panorama,w_10", "BadRequest"),
        ("audio/convert,f_mp3", "NotImplemented"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            bucket.get_object("a.jpg", process=process)
        assert (refusal.value.status, refusal.value.code) == (400, code)
