"""The services by name, what each looks at, and what it takes: for a rules file, and for `sightline analyse`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sightline.errors import BadInput
from sightline.ims.answers import shown
from sightline.pai.limits import FACES, IMAGE, VIDEO, Limits
from sightline.pai.options import ImageLabelOptions, NoOptions, Options, PaintingOptions, ReshapingOptions, VideoLabelOptions
from sightline.value import Value


class Service(Value):
    """An image is answered at once; a video or a post is a job. `makes_picture`: the answer is an image."""

    name: str
    source: Literal["image", "video", "post"]
    options: type[Options] = NoOptions
    limits: Limits = IMAGE
    makes_picture: bool = False

    @property
    def is_job(self) -> bool:
        return self.source != "image"


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service("image_qa", "image"),
        Service("face_attr_image", "image", limits=FACES),
        Service("fairface", "image", limits=FACES),
        Service("multi_label_image_v2", "image", ImageLabelOptions),
        Service("tagger", "image", PaintingOptions),
        Service("body_reshaping", "image", ReshapingOptions, makes_picture=True),
        Service("watermark_remover", "image", makes_picture=True),
        Service("multimodal_classify", "post", VideoLabelOptions, VIDEO),
        Service("video_qa", "video", limits=VIDEO),
        Service("classify_label_video", "video", VideoLabelOptions, VIDEO),
    )
}


def service_of(name: str) -> Service:
    """Raises BadInput."""
    service = SERVICES.get(name)
    if service is None:
        raise BadInput("service", f"is {shown(name)}", f"give one of {', '.join(SERVICES)}")
    return service


def check(name: str, parameters: Mapping[str, Any]) -> None:
    """Raises BadInput for an unknown service, and for what it would not take."""
    service_of(name).options.read(parameters)
