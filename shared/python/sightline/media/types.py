"""The media itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sightline.value import Value

MediaKind = Literal["image", "video", "sequence", "audio"]
KINDS: tuple[MediaKind, ...] = ("image", "video", "sequence", "audio")


class Media(Value):
    """One generation of one upload: `etag` is its content, `size` its bytes, `time` when it was filmed as far as the key tells."""

    id: str
    bucket: str
    key: str
    etag: str
    size: int
    kind: MediaKind
    namespace: str
    device: str | None
    time: datetime
