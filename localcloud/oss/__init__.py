"""Object Storage Service (OSS): buckets, objects, multipart uploads, and the events that start functions."""

from localcloud.oss.service import ObjectStorage

__all__ = ["ObjectStorage"]
