"""Every operation of Function Compute's two APIs: those that are answered here, with who answers them, and those that are not.

Names and paths: the API references of 2023-03-30 and 2016-08-15, and the clients of the SDKs alibabacloud_fc20230330 and aliyun-fc2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.fc.api.catalogue import Catalogue
from localcloud.fc.api.descriptions import NEWER, OLDER
from localcloud.fc.api.invoking import Invoking
from localcloud.fc.api.operation import NotHere, Operation
from localcloud.fc.api.tasks import Tasks
from localcloud.fc.running.async_store import KEPT

Family = Sequence[Operation[Any]]
_FUNCTION = "/functions/{function}"
_SERVICE = "/services/{service}"
# What several of them lack.
_PLATFORM = "what no laptop runs: VPC, NAS, mounts, tracing, GPUs, containers, sessions"
_ADDRESSES = "the addresses of an HTTP trigger"
_VERSIONS = "published versions: LATEST is all there is"
_LATEST = "versions other than LATEST"
_ALIASES = "aliases themselves"
_PROVISIONED = "provisioned instances"
_DOMAINS = "custom domains"
_ENDED = "instances that have ended, and so the range of time; paging"
_CODE = "the address of its code"
_LAYERS = "layers that no function uses"
_TASKS = f"events, return values, and all but the last {KEPT} that have ended"

# By version, then by who answers; a request is given to the first operation whose method and path it has.
OPERATIONS: Mapping[str, Mapping[type, Family]] = {
    NEWER: {
        Catalogue: (
            Operation("ListFunctions", "GET", "/functions", Catalogue.list_functions, "filters by FC version, GPU, tag and resource group"),
            Operation("GetFunction", "GET", _FUNCTION, Catalogue.get_function, _PLATFORM),
            Operation("ListTriggers", "GET", _FUNCTION + "/triggers", Catalogue.list_triggers, _ADDRESSES),
            Operation("GetTrigger", "GET", _FUNCTION + "/triggers/{trigger}", Catalogue.get_trigger, _ADDRESSES),
            Operation("ListFunctionVersions", "GET", _FUNCTION + "/versions", Catalogue.list_versions, _VERSIONS),
            Operation("ListAliases", "GET", _FUNCTION + "/aliases", Catalogue.list_aliases, _ALIASES),
            Operation("GetAlias", "GET", _FUNCTION + "/aliases/{alias}", Catalogue.get_alias, _ALIASES),
            Operation("GetAsyncInvokeConfig", "GET", _FUNCTION + "/async-invoke-config", Catalogue.get_async_config),
            Operation("ListAsyncInvokeConfigs", "GET", "/async-invoke-configs", Catalogue.list_async_configs),
            Operation("GetConcurrencyConfig", "GET", _FUNCTION + "/concurrency", Catalogue.get_concurrency),
            Operation("ListConcurrencyConfigs", "GET", "/concurrency-configs", Catalogue.list_concurrency),
            Operation("GetProvisionConfig", "GET", _FUNCTION + "/provision-config", Catalogue.get_nothing_configured, _PROVISIONED),
            Operation("ListProvisionConfigs", "GET", "/provision-configs", Catalogue.list_provision, _PROVISIONED),
            Operation("GetScalingConfig", "GET", _FUNCTION + "/scaling-config", Catalogue.get_nothing_configured, "scaling rules"),
            Operation("ListScalingConfigs", "GET", "/scaling-configs", Catalogue.list_scaling, "scaling rules"),
            Operation("ListVpcBindings", "GET", _FUNCTION + "/vpc-bindings", Catalogue.list_vpc_bindings, "VPCs"),
            Operation("ListCustomDomains", "GET", "/custom-domains", Catalogue.list_custom_domains, _DOMAINS),
            Operation("GetCustomDomain", "GET", "/custom-domains/{domain}", Catalogue.get_custom_domain, _DOMAINS),
            Operation("ListInstances", "GET", _FUNCTION + "/instances", Catalogue.list_instances, _ENDED),
            Operation("ListLayers", "GET", "/layers", Catalogue.list_layers, _LAYERS),
            Operation("ListLayerVersions", "GET", "/layers/{layer}/versions", Catalogue.list_layer_versions, _LAYERS),
            Operation("GetLayerVersion", "GET", "/layers/{layer}/versions/{version}", Catalogue.get_layer_version, _CODE),
            Operation("GetLayerVersionByArn", "GET", "/layerarn/{arn}", Catalogue.get_layer_by_arn, _CODE),
            Operation("ListTagResources", "GET", "/tags-v2", Catalogue.list_tags),
            Operation("DescribeRegions", "GET", "/regions", Catalogue.regions, "other regions"),
        ),
        Tasks: (
            Operation("ListAsyncTasks", "GET", _FUNCTION + "/async-tasks", Tasks.list_tasks, _TASKS),
            Operation("GetAsyncTask", "GET", _FUNCTION + "/async-tasks/{task}", Tasks.get_task, _TASKS),
            Operation("StopAsyncTask", "PUT", _FUNCTION + "/async-tasks/{task}/stop", Tasks.stop_task),
        ),
        Invoking: (Operation("InvokeFunction", "POST", _FUNCTION + "/invocations", Invoking.invoke_function, _LATEST),),
    },
    OLDER: {
        Catalogue: (
            Operation("ListServices", "GET", "/services", Catalogue.list_services, "services beyond the one that is the project"),
            Operation("GetService", "GET", _SERVICE, Catalogue.get_service, "all but its name"),
            Operation("ListFunctions", "GET", _SERVICE + "/functions", Catalogue.list_functions),
            Operation("GetFunction", "GET", _SERVICE + _FUNCTION, Catalogue.get_function, _PLATFORM),
            Operation("ListTriggers", "GET", _SERVICE + _FUNCTION + "/triggers", Catalogue.list_triggers, _ADDRESSES),
            Operation("GetTrigger", "GET", _SERVICE + _FUNCTION + "/triggers/{trigger}", Catalogue.get_trigger, _ADDRESSES),
            Operation("ListServiceVersions", "GET", _SERVICE + "/versions", Catalogue.list_versions, _VERSIONS),
            Operation("ListAliases", "GET", _SERVICE + "/aliases", Catalogue.list_aliases, _ALIASES),
            Operation("GetAlias", "GET", _SERVICE + "/aliases/{alias}", Catalogue.get_alias, _ALIASES),
            Operation("GetFunctionAsyncInvokeConfig", "GET", _SERVICE + _FUNCTION + "/async-invoke-config", Catalogue.get_async_config),
            Operation(
                "ListFunctionAsyncInvokeConfigs", "GET", _SERVICE + _FUNCTION + "/async-invoke-configs", Catalogue.list_async_configs
            ),
            Operation(
                "GetProvisionConfig", "GET", _SERVICE + _FUNCTION + "/provision-config", Catalogue.get_nothing_configured, _PROVISIONED
            ),
            Operation("ListProvisionConfigs", "GET", "/provision-configs", Catalogue.list_provision, _PROVISIONED),
            Operation("ListCustomDomains", "GET", "/custom-domains", Catalogue.list_custom_domains, _DOMAINS),
            Operation("GetCustomDomain", "GET", "/custom-domains/{domain}", Catalogue.get_custom_domain, _DOMAINS),
            Operation("ListInstances", "GET", _SERVICE + _FUNCTION + "/instances", Catalogue.list_instances, _ENDED),
            Operation("GetResourceTags", "GET", "/tag", Catalogue.get_tags, "tags of services"),
        ),
        Tasks: (),
        Invoking: (Operation("InvokeFunction", "POST", _SERVICE + _FUNCTION + "/invocations", Invoking.invoke_function, _LATEST),),
    },
}

# Those that would change something are answered with NotChanged, which says where to change it; the others with UnsupportedPath.
NOT_HERE: Mapping[str, Sequence[NotHere]] = {
    NEWER: (
        NotHere("CreateFunction", "POST", "/functions"),
        NotHere("UpdateFunction", "PUT", _FUNCTION),
        NotHere("DeleteFunction", "DELETE", _FUNCTION),
        NotHere("GetFunctionCode", "GET", _FUNCTION + "/code"),
        NotHere("DisableFunctionInvocation", "POST", _FUNCTION + "/invoke/disable"),
        NotHere("EnableFunctionInvocation", "POST", _FUNCTION + "/invoke/enable"),
        NotHere("CreateTrigger", "POST", _FUNCTION + "/triggers"),
        NotHere("UpdateTrigger", "PUT", _FUNCTION + "/triggers/{trigger}"),
        NotHere("DeleteTrigger", "DELETE", _FUNCTION + "/triggers/{trigger}"),
        NotHere("PublishFunctionVersion", "POST", _FUNCTION + "/versions"),
        NotHere("DeleteFunctionVersion", "DELETE", _FUNCTION + "/versions/{version}"),
        NotHere("CreateAlias", "POST", _FUNCTION + "/aliases"),
        NotHere("UpdateAlias", "PUT", _FUNCTION + "/aliases/{alias}"),
        NotHere("DeleteAlias", "DELETE", _FUNCTION + "/aliases/{alias}"),
        NotHere("PutAsyncInvokeConfig", "PUT", _FUNCTION + "/async-invoke-config"),
        NotHere("DeleteAsyncInvokeConfig", "DELETE", _FUNCTION + "/async-invoke-config"),
        NotHere("PutConcurrencyConfig", "PUT", _FUNCTION + "/concurrency"),
        NotHere("DeleteConcurrencyConfig", "DELETE", _FUNCTION + "/concurrency"),
        NotHere("PutProvisionConfig", "PUT", _FUNCTION + "/provision-config"),
        NotHere("DeleteProvisionConfig", "DELETE", _FUNCTION + "/provision-config"),
        NotHere("PutScalingConfig", "PUT", _FUNCTION + "/scaling-config"),
        NotHere("DeleteScalingConfig", "DELETE", _FUNCTION + "/scaling-config"),
        NotHere("CreateVpcBinding", "POST", _FUNCTION + "/vpc-bindings"),
        NotHere("DeleteVpcBinding", "DELETE", _FUNCTION + "/vpc-bindings/{vpc}"),
        NotHere("CreateSession", "POST", _FUNCTION + "/sessions"),
        NotHere("ListSessions", "GET", _FUNCTION + "/sessions"),
        NotHere("GetSession", "GET", _FUNCTION + "/sessions/{session}"),
        NotHere("UpdateSession", "PUT", _FUNCTION + "/sessions/{session}"),
        NotHere("DeleteSession", "DELETE", _FUNCTION + "/sessions/{session}"),
        NotHere("PauseSession", "PUT", _FUNCTION + "/sessions/{session}/pause"),
        NotHere("ResumeSession", "PUT", _FUNCTION + "/sessions/{session}/resume"),
        NotHere("CreateSnapshot", "POST", _FUNCTION + "/snapshots"),
        NotHere("GetSnapshot", "GET", _FUNCTION + "/snapshots/{snapshot}"),
        NotHere("DeleteSnapshot", "DELETE", _FUNCTION + "/snapshots/{snapshot}"),
        NotHere("ListSnapshots", "GET", "/snapshots"),
        NotHere("CreateLayerVersion", "POST", "/layers/{layer}/versions"),
        NotHere("DeleteLayerVersion", "DELETE", "/layers/{layer}/versions/{version}"),
        NotHere("PutLayerACL", "PUT", "/layers/{layer}/acl"),
        NotHere("CreateCustomDomain", "POST", "/custom-domains"),
        NotHere("UpdateCustomDomain", "PUT", "/custom-domains/{domain}"),
        NotHere("DeleteCustomDomain", "DELETE", "/custom-domains/{domain}"),
        NotHere("ChangeResourceGroup", "PUT", "/resource-groups"),
        NotHere("TagResources", "POST", "/tags-v2"),
        NotHere("UntagResources", "DELETE", "/tags-v2"),
    ),
    OLDER: (
        NotHere("GetAccountSettings", "GET", "/account-settings"),
        NotHere("CreateService", "POST", "/services"),
        NotHere("UpdateService", "PUT", _SERVICE),
        NotHere("DeleteService", "DELETE", _SERVICE),
        NotHere("CreateFunction", "POST", _SERVICE + "/functions"),
        NotHere("UpdateFunction", "PUT", _SERVICE + _FUNCTION),
        NotHere("DeleteFunction", "DELETE", _SERVICE + _FUNCTION),
        NotHere("GetFunctionCode", "GET", _SERVICE + _FUNCTION + "/code"),
        NotHere("CreateTrigger", "POST", _SERVICE + _FUNCTION + "/triggers"),
        NotHere("UpdateTrigger", "PUT", _SERVICE + _FUNCTION + "/triggers/{trigger}"),
        NotHere("DeleteTrigger", "DELETE", _SERVICE + _FUNCTION + "/triggers/{trigger}"),
        NotHere("PublishServiceVersion", "POST", _SERVICE + "/versions"),
        NotHere("DeleteServiceVersion", "DELETE", _SERVICE + "/versions/{version}"),
        NotHere("CreateAlias", "POST", _SERVICE + "/aliases"),
        NotHere("UpdateAlias", "PUT", _SERVICE + "/aliases/{alias}"),
        NotHere("DeleteAlias", "DELETE", _SERVICE + "/aliases/{alias}"),
        NotHere("PutFunctionAsyncInvokeConfig", "PUT", _SERVICE + _FUNCTION + "/async-invoke-config"),
        NotHere("DeleteFunctionAsyncInvokeConfig", "DELETE", _SERVICE + _FUNCTION + "/async-invoke-config"),
        NotHere("PutProvisionConfig", "PUT", _SERVICE + _FUNCTION + "/provision-config"),
        NotHere("GetFunctionOnDemandConfig", "GET", _SERVICE + _FUNCTION + "/on-demand-config"),
        NotHere("PutFunctionOnDemandConfig", "PUT", _SERVICE + _FUNCTION + "/on-demand-config"),
        NotHere("DeleteFunctionOnDemandConfig", "DELETE", _SERVICE + _FUNCTION + "/on-demand-config"),
        NotHere("ListOnDemandConfigs", "GET", "/on-demand-configs"),
        NotHere("ListReservedCapacities", "GET", "/reservedCapacities"),
        NotHere("InstanceExec", "GET", _SERVICE + _FUNCTION + "/instances/{instance}/exec"),
        NotHere("CreateCustomDomain", "POST", "/custom-domains"),
        NotHere("UpdateCustomDomain", "PUT", "/custom-domains/{domain}"),
        NotHere("DeleteCustomDomain", "DELETE", "/custom-domains/{domain}"),
        NotHere("TagResource", "POST", "/tag"),
        NotHere("UntagResource", "DELETE", "/tag"),
        NotHere("GetTempBucketToken", "GET", "/tempBucketToken"),
        NotHere("InvokeHTTPTrigger", "ANY", "/proxy/{service}/{function}/{path}"),
    ),
}
