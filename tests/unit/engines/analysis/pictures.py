"""Pictures for these tests: drawn scenes that differ by their seed, photographs where the machine has them, and what is done to both."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from scipy.stats import spearmanr

from engines.imaging import Image, read_image
from tests.unit.engines.media import footage

Change = Callable[[Image], Image]

PHOTOS = ("butterfly.jpg", "fruits.jpg", "home.jpg", "messi5.jpg", "squirrel_cls.jpg", "aloeL.jpg", "leuvenA.jpg", "baboon.jpg")


def photos() -> list[Image]:
    """Those of Debian's opencv-doc; skips the test where they are not here."""
    return [read_image(footage(name)) for name in PHOTOS]


def scene(seed: int, width: int = 480, height: int = 360) -> Image:
    """Things of many colours and sizes before a ground whose light falls off with frequency as a photograph's does."""
    random = np.random.default_rng(seed)
    across, down = np.fft.fftfreq(width)[None], np.fft.fftfreq(height)[:, None]
    falling = 1 / np.maximum(1 / width, np.hypot(across, down))
    ground = np.stack([np.fft.ifft2(np.fft.fft2(random.normal(size=(height, width))) * falling).real for _ in range(3)], axis=2)
    ground = ground[..., :1] + 0.4 * ground
    image: Image = np.clip(ground / ground.std() * 25 + random.uniform(90, 150), 0, 255).astype(np.uint8)
    for _ in range(int(random.integers(6, 14))):
        colour = tuple(int(value) for value in random.integers(20, 236, 3))
        x, y, size = int(random.integers(0, width)), int(random.integers(0, height)), int(random.integers(15, 90))
        if random.random() < 0.5:
            cv2.circle(image, (x, y), size, colour, -1, cv2.LINE_AA)
        else:
            corners = np.array([(x, y), (x + size, y + int(random.integers(-40, 40))), (x + size // 2, y + size)], np.int32)
            cv2.fillPoly(image, [corners], colour, cv2.LINE_AA)
    return image


def blurred(sigma: float) -> Change:
    return lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))


def noisy(sigma: float) -> Change:
    return lambda image: _whole(image + np.random.default_rng(4).normal(0, sigma, image.shape))


def jpeg(quality: int) -> Change:
    return lambda image: decoded(bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]))


def dimmed(factor: float) -> Change:
    return lambda image: _whole(image * factor)


def shrunk(factor: float) -> Change:
    return lambda image: np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))


def trimmed(share: float) -> Change:
    """The middle, of that share of each side."""

    def change(image: Image) -> Image:
        height, width = image.shape[:2]
        top, left = round(height * (1 - share) / 2), round(width * (1 - share) / 2)
        return image[top : height - top, left : width - left]

    return change


def turned(degrees: float) -> Change:
    def change(image: Image) -> Image:
        height, width = image.shape[:2]
        return np.asarray(cv2.warpAffine(image, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1), (width, height)))

    return change


def mirrored(image: Image) -> Image:
    return np.ascontiguousarray(image[:, ::-1])


def decoded(data: bytes) -> Image:
    image: Image | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def psnr(one: Image, other: Image, where: Image) -> float:
    """In dB, of the pixels where the mask is true; infinite where nothing differs."""
    error = float(np.mean((one[where].astype(float) - other[where].astype(float)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def falls(scores: Sequence[float]) -> float:
    """Spearman's rank correlation between the steps of a degradation and the scores falling: 1 where each step is worse."""
    return -float(spearmanr(range(len(scores)), scores).statistic)


def _whole(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Image:
    return np.clip(values, 0, 255).astype(np.uint8)
