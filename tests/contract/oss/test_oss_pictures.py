"""`x-oss-process=image/...` through oss2: every action, what is kept as another object, and odd files."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import oss2
import pytest
from PIL import Image

from tests.contract.oss.server import LocalOss, eventually

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def halves(width: int = 200, height: int = 100, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new(mode, (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def made(bucket: Any, key: str, process: str) -> Image.Image:
    return Image.open(io.BytesIO(bucket.get_object(key, process=process).read()))


def near(pixel: Any, colour: tuple[int, ...]) -> bool:
    return all(abs(int(one) - other) < 20 for one, other in zip(pixel, colour, strict=False))


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.fixture
def pictures(bucket: Any) -> Any:
    bucket.put_object("a.png", saved(halves(), "PNG"))
    bucket.put_object("a.jpg", saved(halves(), "JPEG", quality=80))
    return bucket


@pytest.mark.contract('"Resize images" of OSS: fill cuts the middle, pad fills with a colour, l and s are the longer and the shorter side')
@pytest.mark.parametrize(
    ("options", "size"),
    [
        ("m_fill,w_50,h_50", (50, 50)),
        ("m_pad,w_50,h_50", (50, 50)),
        ("m_pad,w_300,h_50", (300, 50)),
        ("l_50", (50, 25)),
        ("s_50", (100, 50)),
        ("l_50,s_20", (40, 20)),
        ("w_50,l_1", (50, 25)),
        ("m_mfit,w_300,h_10", (200, 100)),
        ("m_mfit,w_300,h_10,limit_0", (300, 150)),
        ("p_1000", (2000, 1000)),
        ("p_1", (2, 1)),
        ("w_1", (1, 1)),
    ],
)
def test_modes_of_a_resize(pictures: Any, options: str, size: tuple[int, int]) -> None:
    assert made(pictures, "a.png", f"image/resize,{options}").size == size


@pytest.mark.contract('"Resize images" of OSS: pad fills with color, white by default; fill keeps the middle')
def test_what_a_resize_shows(pictures: Any) -> None:
    padded = made(pictures, "a.png", "image/resize,m_pad,w_100,h_100,color_00FF00")
    assert near(padded.getpixel((50, 5)), (0, 255, 0))
    assert near(made(pictures, "a.png", "image/resize,m_pad,w_100,h_100").getpixel((50, 5)), WHITE)
    filled = made(pictures, "a.png", "image/resize,m_fill,w_50,h_50")
    assert near(filled.getpixel((5, 25)), RED)
    assert near(filled.getpixel((45, 25)), BLUE)


@pytest.mark.contract('"Custom crop" of OSS: clipped at the edge; g is where the offset counts from; outside is a 400')
@pytest.mark.parametrize(
    ("options", "size", "colour"),
    [
        ("w_50,h_50", (50, 50), RED),
        ("x_150,w_100,h_50", (50, 50), BLUE),
        ("g_se,w_50,h_50", (50, 50), BLUE),
        ("g_center,w_20,h_20,x_20", (20, 20), BLUE),
        ("x_50,y_50", (150, 50), RED),
        ("w_0,h_10", (200, 10), RED),
    ],
)
def test_cuts(pictures: Any, options: str, size: tuple[int, int], colour: tuple[int, int, int]) -> None:
    image = made(pictures, "a.png", f"image/crop,{options}")
    assert image.size == size
    assert near(image.getpixel((2, 2)), colour)


@pytest.mark.contract('pages of OSS\'s "Image processing": rotate, indexcrop, circle, rounded-corners, average-hue, formats')
def test_shapes_turns_and_formats(pictures: Any) -> None:
    assert made(pictures, "a.png", "image/rotate,90").size == (100, 200)
    assert near(made(pictures, "a.png", "image/rotate,90").getpixel((50, 5)), RED)
    assert made(pictures, "a.png", "image/rotate,45").size[0] > 200
    assert near(made(pictures, "a.png", "image/indexcrop,x_100,i_1").getpixel((5, 5)), BLUE)
    assert made(pictures, "a.png", "image/indexcrop,x_100,i_7").size == (200, 100)
    circle = made(pictures, "a.png", "image/circle,r_40")
    assert (circle.size, circle.convert("RGBA").getpixel((0, 0))[3]) == ((80, 80), 0)  # type: ignore[index]
    assert near(made(pictures, "a.jpg", "image/circle,r_40").getpixel((0, 0)), WHITE)
    assert made(pictures, "a.png", "image/rounded-corners,r_20").convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
    hue = json.loads(pictures.get_object("a.png", process="image/average-hue").read())["RGB"]
    assert near(bytes.fromhex(hue.removeprefix("0x")), (128, 0, 128))
    for name, form in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("bmp", "BMP"), ("gif", "GIF")):
        assert made(pictures, "a.png", f"image/format,{name}").format == form


@pytest.mark.contract('pages of OSS\'s "Image processing": bright, contrast, sharpen, blur, quality, interlace')
def test_tones_and_quality(pictures: Any) -> None:
    mean = float(np.asarray(made(pictures, "a.png", "image/bright,0").convert("L")).mean())
    assert float(np.asarray(made(pictures, "a.png", "image/bright,-50").convert("L")).mean()) < mean
    assert float(np.asarray(made(pictures, "a.png", "image/contrast,-50")).std()) < float(
        np.asarray(made(pictures, "a.png", "image/bright,0")).std()
    )
    assert not near(made(pictures, "a.png", "image/blur,r_10,s_10").getpixel((99, 50)), RED)
    assert made(pictures, "a.png", "image/sharpen,100").size == (200, 100)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (100, 100, 3), dtype=np.uint8))
    pictures.put_object("noise.jpg", saved(noise, "JPEG", quality=80))

    def length(process: str) -> int:
        return len(pictures.get_object("noise.jpg", process=process).read())

    assert length("image/quality,q_50") == length("image/quality,Q_40") < length("image/rotate,0")
    assert length("image/quality,Q_95") == length("image/rotate,0")
    assert made(pictures, "a.jpg", "image/interlace,1").info.get("progressive")


@pytest.mark.contract(
    '"Add watermarks" of OSS: text in URL-safe base64; g, x, y place it; t is how opaque; another object of the bucket as mark'
)
def test_watermarks(pictures: Any) -> None:
    plain, text = made(pictures, "a.png", "image/bright,0"), encoded("Hello")
    written = made(pictures, "a.png", f"image/watermark,text_{text},color_FFFFFF,size_20,g_nw,x_5,y_5")
    assert written.crop((0, 50, 200, 100)).tobytes() == plain.crop((0, 50, 200, 100)).tobytes()
    assert written.tobytes() != plain.tobytes()
    assert made(pictures, "a.png", f"image/watermark,text_{text},t_0").tobytes() == plain.tobytes()
    pictures.put_object("mark.png", saved(Image.new("RGB", (10, 10), WHITE), "PNG"))
    marked = made(pictures, "a.png", f"image/watermark,image_{encoded('mark.png')},g_se,x_0,y_0")
    assert near(marked.getpixel((195, 95)), WHITE)
    assert near(marked.getpixel((185, 95)), BLUE)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        pictures.get_object("a.png", process=f"image/watermark,image_{encoded('none.png')}")


@pytest.mark.contract('"Image processing" of OSS: 400 InvalidArgument "The value: … of parameter: … is invalid." for what is out of range')
@pytest.mark.parametrize(
    "process",
    [
        "resize,w_0",
        "resize,w_16385",
        "resize,w_x",
        "resize,m_around,w_10",
        "resize",
        "resize,p_0",
        "resize,m_pad,w_10,color_red",
        "rotate,361",
        "rotate",
        "format,exe",
        "quality,q_101",
        "quality",
        "circle,r_0",
        "circle",
        "blur,r_51,s_1",
        "bright,101",
        "sharpen,49",
        "crop,g_up",
        "watermark",
        "watermark,text_!!!",
        "indexcrop,x_10,y_10",
        "auto-orient,2",
        "interlace,-1",
        f"resize,w_{'9' * 30}",
        f"watermark,text_{encoded('two' + chr(10) + 'lines')}",
        "/".join(["rotate,1"] * 51),
    ],
)
def test_what_is_out_of_range_is_refused(pictures: Any, process: str) -> None:
    with pytest.raises(oss2.exceptions.InvalidArgument):
        pictures.get_object("a.png", process=f"image/{process}")


@pytest.mark.contract(
    "our assumption: a cut that begins outside, a result of more than 16384 pixels a side and no picture at all are a 400 BadRequest"
)
def test_what_cannot_be_made_is_refused(pictures: Any) -> None:
    pictures.put_object("wide.png", saved(halves(2000, 2), "PNG"))
    for key, process in (("a.png", "crop,x_200"), ("wide.png", "resize,p_1000"), ("wide.png", "resize,h_16384,limit_0")):
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            pictures.get_object(key, process=f"image/{process}")
        assert (refusal.value.status, refusal.value.code) == (400, "BadRequest")


@pytest.mark.contract("oss2's tests/test_image.py: the bytes that OSS makes of a photo by area, of quality 82 and with tables of its own")
def test_a_jpeg_keeps_its_quality_and_a_png_is_written_in_runs(pictures: Any) -> None:
    again = made(pictures, "a.jpg", "image/rotate,180")
    assert again.quantization == Image.open(io.BytesIO(pictures.get_object("a.jpg").read())).quantization  # type: ignore[attr-defined]


@pytest.mark.contract(
    '"sys/saveas" of OSS and test_process_object of oss2: JSON of bucket, fileSize, object and status; b_ only where it was given'
)
def test_what_is_made_can_be_kept(cloud: LocalOss, pictures: Any) -> None:
    other = cloud.bucket(pictures.auth, "other-bucket")
    other.create_bucket()
    kept = pictures.process_object("a.png", f"image/resize,w_50/format,jpg|sys/saveas,o_{encoded('小/b.jpg')}")
    assert (kept.bucket, kept.object, kept.process_status) == ("", "小/b.jpg", "OK")
    assert int(kept.fileSize) == pictures.head_object("小/b.jpg").content_length
    assert pictures.head_object("小/b.jpg").content_type == "image/jpeg"
    assert made(pictures, "小/b.jpg", "image/rotate,0").size == (50, 25)
    pictures.process_object("a.png", f"image/crop,w_10,h_10|image/rotate,90|sys/saveas,o_{encoded('c')},b_{encoded('other-bucket')}")
    assert made(other, "c", "image/rotate,0").size == (10, 10)


@pytest.mark.contract("our assumption: an object can be saved over itself, whole; the event is that of a put")
def test_an_object_saved_over_itself(cloud: LocalOss, pictures: Any) -> None:
    pictures.process_object("a.png", f"image/resize,w_50|sys/saveas,o_{encoded('a.png')}")
    assert made(pictures, "a.png", "image/rotate,0").size == (50, 25)
    assert eventually(lambda: [event.name for event in cloud.listener.named("a.png")] == ["ObjectCreated:PutObject"] * 2)


@pytest.mark.contract('"sys/saveas" of OSS: only with POST, to a bucket that exists, under a key that may be; nothing is made otherwise')
def test_what_cannot_be_kept(pictures: Any) -> None:
    bad: list[tuple[str, Callable[[], Any]]] = [
        ("InvalidArgument", lambda: pictures.get_object("a.png", process=f"image/resize,w_5|sys/saveas,o_{encoded('b')}")),
        ("InvalidArgument", lambda: pictures.process_object("a.png", "image/resize,w_5")),
        ("InvalidArgument", lambda: pictures.process_object("a.png", "image/resize,w_5|sys/saveas,b_YQ")),
        ("InvalidArgument", lambda: pictures.process_object("a.png", "image/resize,w_5|sys/saveas,o_****")),
        ("InvalidObjectName", lambda: pictures.process_object("a.png", f"image/resize,w_5|sys/saveas,o_{encoded('/b')}")),
        ("NoSuchBucket", lambda: pictures.process_object("a.png", f"image/resize,w_5|sys/saveas,o_Yg,b_{encoded('nobodys')}")),
        ("NoSuchKey", lambda: pictures.process_object("none", "image/resize,w_5|sys/saveas,o_Yg")),
        ("Imm Client", lambda: pictures.async_process_object("a.png", "image/resize,w_5|sys/saveas,o_Yg")),
    ]
    for code, call in bad:
        with pytest.raises(oss2.exceptions.ServerError) as refusal:
            call()
        assert refusal.value.code == code
    assert sorted(one.key for one in oss2.ObjectIterator(pictures)) == ["a.jpg", "a.png"]


@pytest.mark.contract('"PutStyle" of OSS and test_bucket_style.py of oss2; x-oss-process=style/<name>')
def test_styles(pictures: Any) -> None:
    pictures.put_bucket_style("small", "image/resize,w_50")
    pictures.put_bucket_style("nonsense", "csdar5324")
    assert made(pictures, "a.png", "style/small").size == (50, 25)
    assert [style.name for style in pictures.list_bucket_style().styles] == ["nonsense", "small"]
    assert pictures.get_bucket_style("small").content == "image/resize,w_50"
    with pytest.raises(oss2.exceptions.ServerError):
        pictures.get_object("a.png", process="style/nonsense")
    pictures.delete_bucket_style("small")
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        pictures.get_object("a.png", process="style/small")
    assert refusal.value.code == "NoSuchStyle"


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises a size and whose content is a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(halves(), "JPEG", exif=exif, quality=95)


def moving() -> bytes:
    frames = [Image.new("RGB", (40, 20), colour) for colour in (RED, BLUE, WHITE)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)


@pytest.mark.contract(
    '"Auto-orient" of OSS: 1 turns the picture first; without it the pixels stay as stored, and EXIF still tells how to show them'
)
def test_a_photo_that_lies_on_its_side(bucket: Any) -> None:
    bucket.put_object("k", turned())
    info = json.loads(bucket.get_object("k", process="image/info").read())
    assert (info["ImageWidth"]["value"], info["Orientation"]["value"]) == ("200", "Right-top")
    upright = made(bucket, "k", "image/auto-orient,1/resize,h_100")
    assert (upright.size, upright.getexif().get(0x0112, 1)) == ((50, 100), 1)
    lying = made(bucket, "k", "image/resize,w_100")
    assert (lying.size, lying.getexif().get(0x0112)) == ((100, 50), 6)


@pytest.mark.contract('"Limits" of OSS\'s image processing: animated pictures keep their frames; another format takes the first')
def test_a_moving_picture(bucket: Any) -> None:
    bucket.put_object("k", moving())
    smaller = made(bucket, "k", "image/resize,w_20")
    assert (smaller.n_frames, smaller.size, smaller.info["duration"]) == (3, (20, 10), 100)  # type: ignore[attr-defined]
    assert near(made(bucket, "k", "image/format,png").convert("RGB").getpixel((5, 5)), RED)
    assert json.loads(bucket.get_object("k", process="image/info").read())["FrameCount"]["value"] == "3"


@pytest.mark.contract("our assumption: kinds of pictures that cameras and printers make are processed as pictures like others")
@pytest.mark.parametrize(
    "content",
    [
        saved(halves().convert("CMYK"), "JPEG", quality=95),
        saved(halves().convert("P"), "PNG"),
        saved(halves().convert("RGBA"), "WEBP", lossless=True),
        saved(halves(), "BMP"),
    ],
    ids=["CMYK", "palette", "webp", "bmp"],
)
def test_unusual_pictures(bucket: Any, content: bytes) -> None:
    bucket.put_object("k", content)
    image = made(bucket, "k", "image/resize,w_100/format,png").convert("RGB")
    assert image.size == (100, 50)
    pixel = image.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > 60 > pixel[2]


@pytest.mark.contract("our assumption: sixteen bits become eight by scale, and one pixel is a picture too")
def test_deep_and_tiny_pictures(bucket: Any) -> None:
    bucket.put_object("deep", saved(Image.fromarray(np.full((20, 40), 0x8080, dtype=np.uint16)), "PNG"))
    assert made(bucket, "deep", "image/resize,w_20").convert("L").getpixel((5, 5)) == 0x80
    bucket.put_object("tiny", saved(Image.new("RGB", (1, 1), RED), "PNG"))
    assert made(bucket, "tiny", "image/resize,w_10,limit_0").size == (10, 10)
    assert made(bucket, "tiny", "image/circle,r_5").size == (2, 2)


@pytest.mark.contract(
    '"Limits" of OSS\'s image processing: at most 20 MB and 250 million pixels; assumption: the rest is a 400 BadRequest at once'
)
@pytest.mark.parametrize(
    "content",
    [
        png_of_size(60_000, 60_000),
        png_of_size(20_000, 12_000),
        png_of_size(2_000_000_000, 2_000_000_000),
        png_of_size(0, 5),
        png_of_size(300, 300),
        turned()[:700],
        moving()[:60],
        b"\xff\xd8\xff",
        b"",
        b"RIFF\0\0\0\0WEBPVP8 ",
    ],
    ids=["bomb", "large", "huge", "no width", "short", "cut JPEG", "cut GIF", "three bytes", "empty", "WebP header"],
)
def test_broken_pictures_and_bombs(bucket: Any, content: bytes) -> None:
    bucket.put_object("k", content)
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.get_object("k", process="image/resize,w_10")
    assert (refusal.value.status, refusal.value.code) == (400, "BadRequest")
    assert bucket.get_object("k").read() == content


@pytest.mark.contract('"Limits" of OSS\'s image processing: 20 MB')
def test_a_picture_of_too_many_bytes(bucket: Any) -> None:
    bucket.put_object("k", saved(halves(), "PNG") + b"\0" * (20 * 1024 * 1024))
    with pytest.raises(oss2.exceptions.ServerError) as refusal:
        bucket.get_object("k", process="image/info")
    assert refusal.value.code == "ImageTooLarge"


@pytest.mark.contract("our assumption: a picture that anybody may read shows no mark that its reader may not")
def test_a_mark_shows_nothing_that_is_hidden(cloud: LocalOss, pictures: Any) -> None:
    pictures.put_object_acl("a.png", oss2.OBJECT_ACL_PUBLIC_READ)
    process = f"image/watermark,image_{encoded('a.jpg')}"
    anybody = cloud.bucket(oss2.AnonymousAuth())
    assert anybody.get_object("a.png", process="image/resize,w_10").status == 200
    with pytest.raises(oss2.exceptions.AccessDenied):
        anybody.get_object("a.png", process=process)
    assert pictures.get_object("a.png", process=process).status == 200
