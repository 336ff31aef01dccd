"""Speech: the sound of a media in, what was said out, through a transcription endpoint of the user's choice."""

from __future__ import annotations
