"""What `sightline explain` says of a record, beside its story."""

from __future__ import annotations

from typing import Any

import pytest

from cli.explain import show
from cli.output import Output
from sightline.record.findings import Beats, Cue, Derived, Findings, FoundTag, Gap
from tests.unit.sightline.test_search import record

STORY: dict[str, Any] = {"key": "uploads/home/a.mp4", "media_id": "m1", "stage": "searchable", "reason": "", "waiting": None, "job": None}


def said(found: Findings, capsys: pytest.CaptureFixture[str], **about: Any) -> list[str]:
    kept = record(found=found, **about).to_json()
    story = {**STORY, "letters": [], "facts": [], "jobs": [], "index": ["Success"], "record": kept}
    show(Output(as_json=False), story)
    return capsys.readouterr().out.splitlines()


def test_everything_that_was_found_out_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    found = Findings(
        cover="derived/1.png",
        captions=[Cue(1.0, 2.0, "Stand clear.")],
        captions_key="derived/a.srt",
        quality=0.0,
        sound={"score": 71.5, "rate": 44100.0, "codec": "pcm"},
        beats=Beats([0.5, 1.0], [0.5]),
        choruses=[Cue(39.32, 63.85, "Chorus")],
        tags=[FoundTag(f"tag {number}", 0.5) for number in range(12)],
        derived=[Derived("VideoH2V", "derived/tall.mp4")],
        gaps=[Gap("production:MusicDemix", "told among the jobs")],
        seconds=12.5,
    )
    lines = said(found, capsys)
    for line in (
        "length    12.5 s",
        "quality   0 of 100",
        "captions  1; the whole is derived/a.srt",
        "beats     2",
        "choruses  39.32 to 63.85 s",
        "sound     score 71.5, rate 44100, codec pcm",
        "cover     derived/1.png",
        "made      VideoH2V: derived/tall.mp4",
    ):
        assert line in lines
    assert next(line for line in lines if line.startswith("tags")).endswith("tag 9 0.50 and 2 more")


def test_a_media_without_findings_has_no_such_line(capsys: pytest.CaptureFixture[str]) -> None:
    names = {line.partition(" ")[0] for line in said(Findings(), capsys)}
    assert not names & {"length", "quality", "tags", "captions", "beats", "choruses", "sound", "cover", "made"}
