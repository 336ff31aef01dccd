"""Recognition libraries: the people and pets whose names a job's descriptions are to use.

Only the libraries are made; whom they hold is for their owner to say. Source: "Create a custom recognition library" in "IPC content
understanding". The name of the algorithm for pets is implied there, and printed nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from cli.provision.making import PAGE_SIZE, Work, listed, over_pages, told
from sightline.ims.answers import Json
from sightline.ims.transport import ImsTransport

NOT_YET = "(its id, once it is made)"


def recognition(work: Work) -> Mapping[str, str]:
    """The keys that the template gets for them, each with a library's id."""
    groups = {}
    for key, algorithm, name in (
        ("PedestrianGroupIds", "pedestrian", work.wanted.people),
        ("PetGroupIds", "pet", work.wanted.pets),
    ):
        if name is not None:
            groups[key] = _library(work, algorithm, name) or NOT_YET
    return groups


def _library(work: Work, algorithm: str, name: str) -> str | None:
    ims = work.target.ims()

    def find() -> str | None:
        """The first of that name: the service takes a name twice."""
        return next((str(lib["LibId"]) for lib in _libraries(ims, algorithm) if lib.get("LibName") == name), None)

    def make() -> str:
        answer = ims.call("CreateRecognitionLib", {"Algorithm": algorithm, "LibName": name}, again=False)
        return told(answer, "CreateRecognitionLib", "LibId")

    identity, item = work.ensure(f"recognition library ({algorithm})", name, find, make)
    work.tell(item)
    return identity


def _libraries(ims: ImsTransport, algorithm: str) -> list[Json]:
    def page(number: int) -> tuple[list[Json], object]:
        answer = ims.call("ListRecognitionLibs", {"Algorithm": algorithm, "PageNumber": number, "PageSize": PAGE_SIZE})
        return listed(answer, "ListRecognitionLibs", "LibId", "Libs", "Lib"), answer.get("TotalCount")

    return list(over_pages(page, "LibId"))
