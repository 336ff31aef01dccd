"""Objects: read, write, append at a position, list, presign."""

from sightline.store.oss import OssBucket
from sightline.store.types import Bucket, ObjectInfo, PositionConflict

__all__ = ["Bucket", "ObjectInfo", "OssBucket", "PositionConflict"]
