"""What the sweep does with records that failed: those that Function Compute gave up on, and those that are parked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sightline.acts.collect import collect_act
from sightline.acts.submit import submit_act
from sightline.letters.attempt import Act
from sightline.letters.drain import Drained, Queue, drain
from sightline.letters.letters import Letters
from sightline.letters.redrive import Redriven, redrive
from sightline.pipeline.ports import Pipeline


def drain_queue(pipeline: Pipeline, letters: Letters, queue: Queue) -> Drained:
    """Make letters of the events that Function Compute gave up on, as long as the settings say."""
    return drain(queue, letters, pipeline.clock, _end_of_letters(pipeline))


def redrive_due(pipeline: Pipeline, letters: Letters) -> Redriven:
    """Try the parked records that are due, as long as the settings say."""
    return redrive(letters, acts(pipeline), pipeline.clock, _end_of_letters(pipeline))


def acts(pipeline: Pipeline) -> Mapping[str, Act]:
    """By the function's name, for one invocation."""
    return {"submit": submit_act(pipeline), "collect": collect_act(pipeline)}


def _end_of_letters(pipeline: Pipeline) -> datetime:
    return pipeline.clock() + timedelta(seconds=pipeline.settings.letter_seconds)
