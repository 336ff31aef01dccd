"""What the only function takes that works on sound and takes anything."""

from __future__ import annotations

from sightline.errors import BadInput
from sightline.ims.answers import Json
from sightline.ims.production.fields import Fields, check_url
from sightline.value import Value


class AudioMixingParameters(Value):
    """`track` is the address of the sound that is mixed in.

    The parameter is documented as a list, and its example is an object by itself: either is sent as it was given (`is_listed`).
    """

    track: str
    is_listed: bool = True

    @classmethod
    def read(cls, fields: Fields) -> AudioMixingParameters:
        fix = 'give one track, as in [{"file": "https://bucket.oss-cn-shanghai.aliyuncs.com/music.wav"}]'
        told = fields.value("inputs")
        tracks = told if isinstance(told, list) else [told]
        track = tracks[0] if len(tracks) == 1 else None
        file = track.get("file") if isinstance(track, dict) and track.keys() == {"file"} else track
        if not isinstance(file, str):
            raise BadInput("JobParams.inputs", "is missing" if told is None else "names no track, or more than one", fix)
        check_url("JobParams.inputs", file, fix)
        return cls(file, not isinstance(told, dict))

    def document(self) -> Json:
        track = {"file": self.track}
        return {"inputs": [track] if self.is_listed else track}
