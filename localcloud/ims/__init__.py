"""Intelligent Media Services on a laptop: smart tag jobs, search libraries, and their callbacks."""
