"""Speech: the sound of a media in, what was said out, through a transcription endpoint of the user's choice."""

from __future__ import annotations

from engines.speech.transcription import SpeechSettings, Transcriber
from engines.speech.types import NoSound, SpokenLine, Transcript, Untranscribed

__all__ = ["NoSound", "SpeechSettings", "SpokenLine", "Transcriber", "Transcript", "Untranscribed"]
