"""Intelligent Media Services on a laptop: smart tag and production jobs, search libraries, and their callbacks."""

from __future__ import annotations

from localcloud.ims.inputs import InputLimits
from localcloud.ims.service import IntelligentMediaServices, Settings
from localcloud.ims.understanding.engine import EngineSettings
from localcloud.ims.understanding.workers import WorkerLimits, Workers

__all__ = ["EngineSettings", "InputLimits", "IntelligentMediaServices", "Settings", "WorkerLimits", "Workers"]
