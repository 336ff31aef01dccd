"""The one door of the laptop cloud: HTTP in and out, and no client that can hold it up."""

from localcloud.door.connection import Patience
from localcloud.door.server import Door, DoorError

__all__ = ["Door", "DoorError", "Patience"]
