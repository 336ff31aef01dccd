"""A typed client of the Simple Message Queue (MNS): what a consumer of a queue needs."""

from sightline.mns.queue import Message, MnsQueue

__all__ = ["Message", "MnsQueue"]
