"""Intelligent production: fifteen functions that make something of a film or a sound, or find something out about it."""
