"""Moved to `localcloud.network`: OSS and MNS call URLs too."""

from localcloud.network import Forbidden, Reach, checked_client

__all__ = ["Forbidden", "Reach", "checked_client"]
