"""What PAI takes of an image and of a video, checked before anything is sent, as far as it is known.

Source: the parameters of each service in the SDK's documentation, which say "under 5 MB" and "240×240 or higher". A megabyte is taken as
2**20 bytes, and a resolution for either orientation, so that nothing is kept back that the service might take. (It takes less, too: the
documented answer of image_qa tells of an image of 398×214.)
"""

from __future__ import annotations

from sightline.errors import BadInput
from sightline.value import Value

_MEGABYTE = 2**20


class Limits(Value):
    """In bytes, and in pixels along the longer and the shorter side. `most_bytes` None where none is documented."""

    what: str
    most_bytes: int | None
    longer: int
    shorter: int

    def check(self, field: str, size: int | None, width: int | None, height: int | None) -> None:
        """What is None is not known, and not checked. Raises BadInput."""
        if size is not None and self.most_bytes is not None and not 0 < size < self.most_bytes:
            problem = f"has {size:,} bytes" if size else "is empty"
            raise BadInput(field, problem, f"give {self.what} under {self.most_bytes // _MEGABYTE} MB")
        if width is None or height is None:
            return
        if max(width, height) < self.longer or min(width, height) < self.shorter:
            raise BadInput(field, f"has {width}×{height} pixels", f"give {self.what} of {self.longer}×{self.shorter} or more")


IMAGE = Limits("an image", 5 * _MEGABYTE, 240, 240)
FACES = Limits("an image with a face", None, 101, 101)
"""The face alone has to be larger than 100×100; a smaller image has none."""
VIDEO = Limits("a video", 100 * _MEGABYTE, 320, 240)
