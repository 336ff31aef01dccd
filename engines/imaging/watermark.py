"""Words or another picture laid over a picture.

The faces that OSS offers (WenQuanYi and others) are not here: words are written in the first font of this machine that has their letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from engines.imaging.errors import UnreadableMedia
from engines.imaging.sizes import Place, anchored

_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:/Windows/Fonts")
_FONT_SUFFIXES = (".ttf", ".ttc", ".otf")
_ANY_LETTER = "\U0010fffe"
"""A character that no font has: what is drawn for it is drawn for every missing one."""


@dataclass(frozen=True)
class Words:
    """`size` in pixels; `shadow` is how dark the shadow behind is, in percent."""

    text: str
    colour: tuple[int, int, int] = (0, 0, 0)
    size: int = 40
    degrees: int = 0
    shadow: int = 0


@dataclass(frozen=True)
class Laid:
    """Where a mark lies and how much it covers: `opacity` in percent, `offset` from the edges that the place names; `tiled` repeats it."""

    place: Place = "se"
    offset: tuple[int, int] = (10, 10)
    opacity: int = 100
    tiled: bool = False


def drawn(words: Words) -> Pillow.Image:
    """The words on a transparent ground. Raises UnreadableMedia where no font of this machine has their letters."""
    font = _font_for(words.text, words.size)
    left, top, right, bottom = font.getbbox(words.text)
    depth = max(1, words.size // 20) if words.shadow else 0
    size = (max(1, round(right - left)) + depth, max(1, round(bottom - top)) + depth)
    image = Pillow.new("RGBA", size, (*words.colour, 0))
    draw = ImageDraw.Draw(image)
    if words.shadow:
        draw.text((depth - left, depth - top), words.text, fill=(0, 0, 0, 255 * words.shadow // 100), font=font)
    draw.text((-left, -top), words.text, fill=(*words.colour, 255), font=font)
    return image.rotate(-words.degrees, Pillow.Resampling.BICUBIC, expand=True) if words.degrees else image


def marked(image: Pillow.Image, mark: Pillow.Image, laid: Laid) -> Pillow.Image:
    """The picture with the mark on it; what of the mark lies outside is not seen."""
    mark = mark.convert("RGBA")
    mark.putalpha(mark.getchannel("A").point([value * laid.opacity // 100 for value in range(256)]))
    layer = Pillow.new("RGBA", image.size, (0, 0, 0, 0))
    for position in _positions(image.size, mark.size, laid):
        layer.paste(mark, position)
    made = Pillow.alpha_composite(image.convert("RGBA"), layer)
    return made if image.mode == "RGBA" else made.convert("RGB")


def _positions(outer: tuple[int, int], inner: tuple[int, int], laid: Laid) -> list[tuple[int, int]]:
    if laid.tiled:
        across, down = inner[0] + max(1, laid.offset[0]), inner[1] + max(1, laid.offset[1])
        return [(left, top) for top in range(0, outer[1], down) for left in range(0, outer[0], across)]
    left, top = anchored(outer, inner, laid.place)
    across, down = laid.offset
    if laid.place in ("north", "center", "south"):
        across = 0
    return [(left - across if laid.place in ("ne", "east", "se") else left + across, _lowered(top, down, laid.place))]


def _lowered(top: int, down: int, place: Place) -> int:
    if place in ("west", "center", "east"):
        return top
    return top - down if place in ("sw", "south", "se") else top + down


def _font_for(text: str, size: int) -> ImageFont.FreeTypeFont:
    for path in _fonts():
        font = _loaded(path, size)
        if font is not None and _has_letters(font, text):
            return font
    raise UnreadableMedia("no font of this machine has every letter of the watermark; install one, such as fonts-wqy-zenhei")


@lru_cache(1)
def _fonts() -> tuple[Path, ...]:
    found = (path for folder in _FONT_FOLDERS for path in sorted(Path(folder).glob("**/*")) if path.suffix.lower() in _FONT_SUFFIXES)
    return tuple(found)


@lru_cache(64)
def _loaded(path: Path, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(str(path), size)
    except OSError:
        return None


def _has_letters(font: ImageFont.FreeTypeFont, text: str) -> bool:
    missing = bytes(font.getmask(_ANY_LETTER))
    return all(letter.isspace() or bytes(font.getmask(letter)) != missing for letter in set(text))
