"""The operations: which there are, what each takes, and who answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from localcloud.ims import search_parameters as search
from localcloud.ims import tagging_parameters as tagging
from localcloud.ims.answers import Answer
from localcloud.ims.errors import not_implemented, unknown_operation
from localcloud.ims.libraries import Libraries
from localcloud.ims.media import MediaShelf
from localcloud.ims.parameters import Parameters, parse
from localcloud.ims.pipelines import Pipelines
from localcloud.ims.searching import Searching
from localcloud.ims.smarttag import SmarttagJobs
from localcloud.ims.templates import Templates

ICE = "2020-11-09"
MPS = "2014-06-18"
"""The sibling product, whose UpdatePipeline alone binds callbacks."""

NOT_YET = frozenset(
    [
        "SetDefaultCustomTemplate",
        "SubmitVideoCognitionJob",
        "QueryVideoCognitionJob",
        "SubmitMediaAiAnalysisJob",
        "SetContentAnalyzeConfig",
        "GetContentAnalyzeConfig",
        "ListSmartJobs",
        "GetSmartHandleJob",
        "DeleteSmartJob",
        "CreateRecognitionLib",
        "DeleteRecognitionLib",
        "ListRecognitionLibs",
        "CreateRecognitionEntity",
        "DeleteRecognitionEntity",
        "ListRecognitionEntities",
        "CreateRecognitionSample",
        "DeleteRecognitionSample",
        "ListRecognitionSamples",
        "CreateStreamToSearchLib",
        "AddStreamTagToSearchLib",
        "CloseStreamToSearchLib",
        "GetStreamTagList",
        "SearchMediaByAILabel",
        "SearchMediaByFace",
        "SearchMediaClipByFace",
        "SearchMedia",
        "SubmitIProductionJob",
        "QueryIProductionJob",
        "CancelIProductionJob",
        "CreateIpcOrder",
        "QueryIpcQuota",
        "GetIpcDeviceInfo",
        "SetEventCallback",
        "GetEventCallback",
    ]
)
"""Operations of the same families that the cloud has and this laptop cloud has not."""

P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Operation(Generic[P]):
    """`answer` returns the body without its RequestId. Answers of the search family carry Success and Code as text besides."""

    model: type[P]
    answer: Callable[[P], Answer]
    of_search: bool = False

    def __call__(self, given: dict[str, str]) -> Answer:
        answer = self.answer(parse(self.model, given))
        # Declared as strings in every SDK, although samples in the documents show true and 200.
        return {**answer, "Success": "true", "Code": "200"} if self.of_search else answer


Table = Mapping[tuple[str, str], Operation[Any]]


@dataclass(frozen=True)
class Behaviour:
    """Those who answer."""

    templates: Templates
    pipelines: Pipelines
    jobs: SmarttagJobs
    libraries: Libraries
    media: MediaShelf
    searching: Searching


def table(of: Behaviour) -> Table:
    """All operations by version and name."""
    ice: dict[str, Operation[Any]] = {
        "CreateCustomTemplate": Operation(tagging.CreateCustomTemplate, of.templates.create),
        "GetCustomTemplate": Operation(tagging.GetCustomTemplate, of.templates.get),
        "ListCustomTemplates": Operation(tagging.ListCustomTemplates, of.templates.list),
        "UpdateCustomTemplate": Operation(tagging.UpdateCustomTemplate, of.templates.update),
        "DeleteCustomTemplate": Operation(tagging.DeleteCustomTemplate, of.templates.delete),
        "CreatePipeline": Operation(tagging.CreatePipeline, of.pipelines.create),
        "UpdatePipeline": Operation(tagging.UpdatePipeline, of.pipelines.update),
        "GetPipeline": Operation(tagging.GetPipeline, of.pipelines.get),
        "ListPipelines": Operation(tagging.ListPipelines, of.pipelines.list),
        "DeletePipeline": Operation(tagging.DeletePipeline, of.pipelines.delete),
        "SubmitSmarttagJob": Operation(tagging.SubmitSmarttagJob, of.jobs.submit),
        "QuerySmarttagJob": Operation(tagging.QuerySmarttagJob, of.jobs.query),
        "CreateSearchLib": Operation(search.CreateSearchLib, of.libraries.create, of_search=True),
        "AlterSearchLib": Operation(search.CreateSearchLib, of.libraries.alter, of_search=True),
        "QuerySearchLib": Operation(search.NamedLibrary, of.libraries.query, of_search=True),
        "ListSearchLib": Operation(search.ListSearchLib, of.libraries.list, of_search=True),
        "DropSearchLib": Operation(search.NamedLibrary, of.libraries.drop, of_search=True),
        "CreateSearchIndex": Operation(search.CreateSearchIndex, of.libraries.create_index, of_search=True),
        "AlterSearchIndex": Operation(search.AlterSearchIndex, of.libraries.alter_index, of_search=True),
        "QuerySearchIndex": Operation(search.OfIndex, of.libraries.query_index, of_search=True),
        "DropSearchIndex": Operation(search.OfIndex, of.libraries.drop_index, of_search=True),
        "InsertMediaToSearchLib": Operation(search.InsertMediaToSearchLib, of.media.insert, of_search=True),
        "UpdateMediaToSearchLib": Operation(search.UpdateMediaToSearchLib, of.media.update, of_search=True),
        "DeleteMediaFromSearchLib": Operation(search.DeleteMediaFromSearchLib, of.media.delete, of_search=True),
        "QueryMediaIndexJob": Operation(search.QueryMediaIndexJob, of.media.query_jobs, of_search=True),
        "SearchIndexJobRerun": Operation(search.SearchIndexJobRerun, of.media.rerun, of_search=True),
        "SearchMediaByHybrid": Operation(search.Search, of.searching.search, of_search=True),
        "SearchMediaByMultimodal": Operation(search.Search, of.searching.search, of_search=True),
    }
    mps: dict[str, Operation[Any]] = {"UpdatePipeline": Operation(tagging.BindPipeline, of.pipelines.bind)}
    return {(ICE, name): one for name, one in ice.items()} | {(MPS, name): one for name, one in mps.items()}


def find(operations: Table, version: str, name: str) -> Operation[Any]:
    """Raises AcsError: not in the cloud, or in the cloud and not here."""
    operation = operations.get((version, name))
    if operation:
        return operation
    if version == ICE and name in NOT_YET:
        raise not_implemented(f"the operation {name}")
    raise unknown_operation(name, version)
