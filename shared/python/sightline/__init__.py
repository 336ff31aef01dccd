"""Sightline's layer: all that the four functions share. Nothing here knows whether it runs in the cloud or on a laptop."""
