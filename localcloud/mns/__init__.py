"""Simple Message Queue (formerly MNS), REST version 2015-06-06."""

from localcloud.mns.service import MessageService

__all__ = ["MessageService"]
