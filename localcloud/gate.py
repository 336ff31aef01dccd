"""Stands for Function Compute until the functions are deployed: what arrives before is told to come again, and nothing is lost."""

from __future__ import annotations

from localcloud.fc.service import FunctionCompute
from localcloud.http import Later, Reply, Request, Terms, Trouble
from localcloud.ports import ObjectEvent, TopicMessage


class NotDeployed(Exception):
    """There are no functions yet, or no longer."""


class Gate:
    def __init__(self) -> None:
        self._functions: FunctionCompute | None = None

    def open(self, functions: FunctionCompute) -> None:
        self._functions = functions

    def close(self) -> None:
        self._functions = None

    def object_event(self, event: ObjectEvent) -> None:
        self._deployed().object_event(event)

    def topic_message(self, message: TopicMessage) -> None:
        self._deployed().topic_message(message)

    def claims(self, request: Request) -> bool:
        return self._functions is not None and self._functions.claims(request)

    def terms(self, request: Request) -> Terms:
        return self._deployed().terms(request)

    def refuse(self, request: Request, trouble: Trouble) -> Reply:
        return self._deployed().refuse(request, trouble)

    def serve(self, request: Request) -> Reply | Later:
        return self._deployed().serve(request)

    def _deployed(self) -> FunctionCompute:
        if self._functions is None:
            raise NotDeployed("no functions are deployed yet")
        return self._functions
