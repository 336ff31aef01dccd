"""Submit, collect, index, sweep: the core, pure but for its ports."""

from sightline.pipeline.advance import advance
from sightline.pipeline.collect import collect
from sightline.pipeline.ports import Pipeline
from sightline.pipeline.submit import submit
from sightline.pipeline.sweep import sweep

__all__ = ["Pipeline", "advance", "collect", "submit", "sweep"]
