"""What the demo asks of the samples, and which of them should answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleQuestion:
    """`finds` is a part of the name of the sample that has to be among the hits."""

    text: str
    finds: str


QUESTIONS = (
    SampleQuestion("a person in red walks to the right", "street-by-day"),
    SampleQuestion("someone leaves an object behind", "suitcase-left-behind"),
    SampleQuestion("晚上一个人向左走", "street-at-night"),
)
