"""The models that answer here, each with what its `configure` may say.

"Multimedia analysis SDK for Python" has the models, their options, defaults and ranges. One that only a vision endpoint can stand in for is
not found where none is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from localcloud.pai.analysis import AnalysisRefused
from localcloud.pai.errors import model_not_found


class Configure(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


TopK = Annotated[int, Field(ge=1, le=10)]


class Labelling(Configure):
    tag_top_k: TopK = 10
    output_embedding: bool = True


class Painting(Configure):
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    tagger_type: Literal[
        "SmilingWolf/wd-v1-4-convnext-tagger-v2",
        "SmilingWolf/wd-v1-4-convnextv2-tagger-v2",
        "SmilingWolf/wd-v1-4-vit-tagger-v2",
        "SmilingWolf/wd-v1-4-swinv2-tagger-v2",
        "RAM",
        "BLIP",
        "GIT",
    ] = "SmilingWolf/wd-v1-4-convnextv2-tagger-v2"


class Reshaping(Configure):
    degree: Annotated[float, Field(allow_inf_nan=False)] = -1.5


class Classifying(Configure):
    output_classification: bool = True
    classification_top_k: TopK = 1
    output_tag: bool = True
    tag_top_k: TopK = 5
    output_embedding: bool = True


@dataclass(frozen=True)
class Model:
    """`action` and `name` are those of a request, `task` that of the analyst. `lacks` says in a phrase what it does not do."""

    action: str
    name: str
    task: str
    configure: type[Configure] = Configure
    lacks: str = ""
    needs_vision: bool = False
    in_batches: bool = False


POST = "MultiModalClassify"
"""The action of what is asked about a post."""
_VISION = "404 model not found without a vision endpoint; with one, "
IMAGES = (
    Model("ImageQA", "", "image_quality", lacks="a scale of its own, not that of PAI's model"),
    Model("FaceAttrImage", "", "faces", lacks="all but bbox, index and face_score: FaceShape, HairColor and hair styles are left out"),
    Model("FaceAttrImage", "fairface", "age", lacks=f"{_VISION}age_range_prob is always 0.5, since nobody measures it", needs_vision=True),
    Model("MultiLabelImageV2", "", "labels", Labelling, lacks="tags other than what detectors and colours tell"),
    Model(
        "MultiLabelImageV2", "tagger", "painting", Painting, lacks=f"{_VISION}probs is empty, and threshold does nothing", needs_vision=True
    ),
    Model("MultiLabelImageV2", "body_reshaping", "reshape_body", Reshaping, lacks="people who are neither upright nor face the camera"),
    Model("MultiLabelImageV2", "watermark_remover", "remove_watermark", lacks="marks without letters"),
)
_CLASSES = "classification_result without a vision endpoint (with one, its scores are always 0.5)"
VIDEOS = (
    Model("VideoQA", "", "video_quality", lacks="a scale of its own, not that of PAI's model", in_batches=True),
    Model("ClassifyLabelVideo", "", "video_labels", Classifying, lacks=_CLASSES, in_batches=True),
    Model(POST, "multi_modal_tag", "post_labels", Classifying, lacks=f"{_CLASSES}; tags of the text"),
)
BATCHES = tuple(model for model in VIDEOS if model.in_batches)


def find(models: Sequence[Model], action: str, name: str, has_vision: bool) -> Model:
    """Raises PaiError, in the words for a model that is not deployed."""
    for model in models:
        if (model.action, model.name) == (action, name) and (has_vision or not model.needs_vision):
            return model
    raise model_not_found()


def options(model: Model, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What `configure` says, with the defaults, and a note for what of it does nothing here.

    Raises AnalysisRefused: PAI hands `configure` to the model, and documents that the model's own words come back.
    """
    try:
        read = model.configure.model_validate(dict(given))
    except ValidationError as error:
        problem = error.errors()[0]
        raise AnalysisRefused(f"configure.{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    unknown = sorted(read.model_extra or {})
    notes = (f"these keys of configure do nothing here: {', '.join(unknown)}",) if unknown else ()
    return read.model_dump(exclude=set(unknown)), notes
