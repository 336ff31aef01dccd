"""PAI multimedia analysis on a laptop: pictures are judged while the caller waits, videos as jobs that are polled."""

from __future__ import annotations

from localcloud.pai.analysis import Analysis, AnalysisRefused, Picture, Work
from localcloud.pai.service import MultimediaAnalysis

__all__ = ["Analysis", "AnalysisRefused", "MultimediaAnalysis", "Picture", "Work"]
