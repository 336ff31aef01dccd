"""Objects: read, write, append at a position, list, presign."""

from sightline.store.oss import OssBucket
from sightline.store.types import Bucket, ListedObject, ObjectInfo, PositionConflict, Tail

__all__ = ["Bucket", "ListedObject", "ObjectInfo", "OssBucket", "PositionConflict", "Tail"]
