"""Production jobs through the official SDK, as the tests of them ask."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_ice20201109 import models as ice
from alibabacloud_tea_openapi.exceptions import ClientException

from tests.contract.ims.cloud import PATIENCE_SECONDS, until

SUBMIT = "SubmitIProductionJob, API reference"
QUERY = "QueryIProductionJob, API reference"
OURS = "our assumption: documented nowhere"

SAMPLES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "Cover": ("covers/{source}-{timestamp}-{sequenceId}.png", "a.png", {}),
    "VideoClip": ("clips/{source}.mp4", "a.mp4", {}),
    "VideoDelogo": ("{source}.mp4", "a.mp4", {"Boxes": "[[0, 0, 0.3, 0.3], [0.7, 0, 0.3, 0.3]]"}),
    "VideoDetext": ("{source}.mp4", "a.mp4", {"LimitRegion": [[0, 0, 0.3, 0.3]], "Time": [5, 20]}),
    "CaptionExtraction": ("{source}.srt", "a.srt", {"roi": [[0.5, 1], [0, 1]], "lang": "ch_ml", "fps": 5, "track": "main"}),
    "HybridCaptionExtraction": ("{source}.srt", "a.srt", {"roi": [0.1, 0.0, 0.3, 0.2], "lang": "zh"}),
    "VideoGreenScreenMatting": ("{source}.webm", "a.webm", {}),
    "FaceBeauty": ("{source}.mp4", "a.mp4", {"beauty_params": "whiten=20,smooth=50,face_thin=50"}),
    "VideoH2V": ("{source}.mp4", "a.mp4", {}),
    "MusicSegmentDetect": ("{source}.json", "a.json", {}),
    "AudioBeatDetection": ("{source}.json", "a.json", {}),
    "AudioQualityAssessment": ("{source}.json", "", {}),
    "SpeechDenoise": ("{source}.wav", "a.wav", {}),
    "AudioMixing": ("{source}.wav", "a.wav", {"inputs": {"file": "oss://media/other.wav"}}),
    "MusicDemix": ("{source}-{resultType}.wav", "a.wav", {}),
}
"""Of each function: the name of an output, that of the file which the script makes, and parameters."""


def submit(client: Any, function: str, source: str, output: Any = "", **parameters: Any) -> str:
    """`output` is a key, or an Output; `parameters` are those of the request, and JobParams may be JSON or its text."""
    job_params = parameters.pop("job_params", None)
    if isinstance(output, str):
        output = ice.SubmitIProductionJobRequestOutput(type="OSS", media=f"oss://media/{output}")
    request = ice.SubmitIProductionJobRequest(
        function_name=function,
        input=parameters.pop("input", None) or ice.SubmitIProductionJobRequestInput(type="OSS", media=source),
        output=output,
        job_params=json.dumps(job_params) if isinstance(job_params, dict) else job_params,
        **parameters,
    )
    return str(client.submit_iproduction_job(request).body.job_id)


def query(client: Any, job: str) -> Any:
    return client.query_iproduction_job(ice.QueryIProductionJobRequest(job_id=job)).body


def cancel(client: Any, job: str) -> Any:
    return client.cancel_iproduction_job(ice.CancelIProductionJobRequest(job_id=job)).body


def ended(client: Any, job: str, state: str = "Success", seconds: float = PATIENCE_SECONDS) -> Any:
    """The answer about a job that has ended so."""

    def look() -> Any:
        body = query(client, job)
        return body if body.status in ("Success", "Fail") else None

    body = until(look, seconds)
    assert body.status == state, body.result
    return body


def result(client: Any, job: str, state: str = "Success") -> dict[str, Any]:
    read: dict[str, Any] = json.loads(ended(client, job, state).result)
    return read


def refused(call: Any, *arguments: Any, **parameters: Any) -> tuple[int, str, str]:
    """Status, code and message."""
    with pytest.raises(ClientException) as caught:
        call(*arguments, **parameters)
    return caught.value.status_code, caught.value.code, caught.value.data["Message"]
