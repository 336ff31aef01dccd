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

Family = Sequence[Operation[Any]]
_F = "/functions/{function}"
_S = "/services/{service}"
_NO_URL = "the addresses of an HTTP trigger"
_TASKS = "events, return values, and all but the last 500 that have ended"

OPERATIONS: Mapping[str, Mapping[type, Family]] = {
    NEWER: {
        Catalogue: (
            Operation("ListFunctions", "GET", "/functions", Catalogue.list_functions, "filters by GPU, tag and resource group"),
            Operation("GetFunction", "GET", _F, Catalogue.get_function, "VPC, NAS, OSS mounts and tracing"),
            Operation("ListTriggers", "GET", _F + "/triggers", Catalogue.list_triggers, _NO_URL),
            Operation("GetTrigger", "GET", _F + "/triggers/{trigger}", Catalogue.get_trigger, _NO_URL),
            Operation(
                "ListFunctionVersions", "GET", _F + "/versions", Catalogue.list_versions, "published versions: LATEST is all there is"
            ),
            Operation("ListAliases", "GET", _F + "/aliases", Catalogue.list_aliases, "aliases themselves"),
            Operation("GetAlias", "GET", _F + "/aliases/{alias}", Catalogue.get_alias, "aliases themselves"),
            Operation("GetAsyncInvokeConfig", "GET", _F + "/async-invoke-config", Catalogue.get_async_config),
            Operation("ListAsyncInvokeConfigs", "GET", "/async-invoke-configs", Catalogue.list_async_configs),
            Operation("GetConcurrencyConfig", "GET", _F + "/concurrency", Catalogue.get_concurrency),
            Operation("ListConcurrencyConfigs", "GET", "/concurrency-configs", Catalogue.list_concurrency),
            Operation("GetProvisionConfig", "GET", _F + "/provision-config", Catalogue.get_nothing_configured, "provisioned instances"),
            Operation("ListProvisionConfigs", "GET", "/provision-configs", Catalogue.list_provision, "provisioned instances"),
            Operation("GetScalingConfig", "GET", _F + "/scaling-config", Catalogue.get_nothing_configured, "scaling rules"),
            Operation("ListScalingConfigs", "GET", "/scaling-configs", Catalogue.list_scaling, "scaling rules"),
            Operation("ListVpcBindings", "GET", _F + "/vpc-bindings", Catalogue.list_vpc_bindings, "VPCs"),
            Operation("ListCustomDomains", "GET", "/custom-domains", Catalogue.list_custom_domains, "custom domains"),
            Operation("GetCustomDomain", "GET", "/custom-domains/{domain}", Catalogue.get_custom_domain, "custom domains"),
            Operation("ListInstances", "GET", _F + "/instances", Catalogue.list_instances, "instances that have ended, and paging"),
            Operation("ListLayers", "GET", "/layers", Catalogue.list_layers, "layers that no function uses"),
            Operation(
                "ListLayerVersions", "GET", "/layers/{layer}/versions", Catalogue.list_layer_versions, "layers that no function uses"
            ),
            Operation(
                "GetLayerVersion", "GET", "/layers/{layer}/versions/{version}", Catalogue.get_layer_version, "the address of its code"
            ),
            Operation("GetLayerVersionByArn", "GET", "/layerarn/{arn}", Catalogue.get_layer_by_arn, "the address of its code"),
            Operation("ListTagResources", "GET", "/tags-v2", Catalogue.list_tags),
            Operation("DescribeRegions", "GET", "/regions", Catalogue.regions, "other regions"),
        ),
        Tasks: (
            Operation("ListAsyncTasks", "GET", _F + "/async-tasks", Tasks.list_tasks, _TASKS),
            Operation("GetAsyncTask", "GET", _F + "/async-tasks/{task}", Tasks.get_task, _TASKS),
            Operation("StopAsyncTask", "PUT", _F + "/async-tasks/{task}/stop", Tasks.stop_task),
        ),
        Invoking: (Operation("InvokeFunction", "POST", _F + "/invocations", Invoking.invoke_function, "versions other than LATEST"),),
    },
    OLDER: {
        Catalogue: (
            Operation("ListServices", "GET", "/services", Catalogue.list_services, "services beyond the one that is the project"),
            Operation("GetService", "GET", _S, Catalogue.get_service, "all but its name"),
            Operation("ListFunctions", "GET", _S + "/functions", Catalogue.list_functions),
            Operation("GetFunction", "GET", _S + _F, Catalogue.get_function, "VPC, NAS and tracing"),
            Operation("ListTriggers", "GET", _S + _F + "/triggers", Catalogue.list_triggers, _NO_URL),
            Operation("GetTrigger", "GET", _S + _F + "/triggers/{trigger}", Catalogue.get_trigger, _NO_URL),
            Operation(
                "ListServiceVersions", "GET", _S + "/versions", Catalogue.list_versions, "published versions: LATEST is all there is"
            ),
            Operation("ListAliases", "GET", _S + "/aliases", Catalogue.list_aliases, "aliases themselves"),
            Operation("GetAlias", "GET", _S + "/aliases/{alias}", Catalogue.get_alias, "aliases themselves"),
            Operation("GetFunctionAsyncInvokeConfig", "GET", _S + _F + "/async-invoke-config", Catalogue.get_async_config),
            Operation("ListFunctionAsyncInvokeConfigs", "GET", _S + _F + "/async-invoke-configs", Catalogue.list_async_configs),
            Operation(
                "GetProvisionConfig", "GET", _S + _F + "/provision-config", Catalogue.get_nothing_configured, "provisioned instances"
            ),
            Operation("ListProvisionConfigs", "GET", "/provision-configs", Catalogue.list_provision, "provisioned instances"),
            Operation("ListCustomDomains", "GET", "/custom-domains", Catalogue.list_custom_domains, "custom domains"),
            Operation("GetCustomDomain", "GET", "/custom-domains/{domain}", Catalogue.get_custom_domain, "custom domains"),
            Operation("ListInstances", "GET", _S + _F + "/instances", Catalogue.list_instances, "instances that have ended"),
            Operation("GetResourceTags", "GET", "/tag", Catalogue.get_tags, "tags of services"),
        ),
        Tasks: (),
        Invoking: (Operation("InvokeFunction", "POST", _S + _F + "/invocations", Invoking.invoke_function, "versions other than LATEST"),),
    },
}

NOT_HERE: Mapping[str, Sequence[NotHere]] = {
    NEWER: (
        NotHere("CreateFunction", "POST", "/functions"),
        NotHere("UpdateFunction", "PUT", _F),
        NotHere("DeleteFunction", "DELETE", _F),
        NotHere("GetFunctionCode", "GET", _F + "/code"),
        NotHere("DisableFunctionInvocation", "POST", _F + "/invoke/disable"),
        NotHere("EnableFunctionInvocation", "POST", _F + "/invoke/enable"),
        NotHere("CreateTrigger", "POST", _F + "/triggers"),
        NotHere("UpdateTrigger", "PUT", _F + "/triggers/{trigger}"),
        NotHere("DeleteTrigger", "DELETE", _F + "/triggers/{trigger}"),
        NotHere("PublishFunctionVersion", "POST", _F + "/versions"),
        NotHere("DeleteFunctionVersion", "DELETE", _F + "/versions/{version}"),
        NotHere("CreateAlias", "POST", _F + "/aliases"),
        NotHere("UpdateAlias", "PUT", _F + "/aliases/{alias}"),
        NotHere("DeleteAlias", "DELETE", _F + "/aliases/{alias}"),
        NotHere("PutAsyncInvokeConfig", "PUT", _F + "/async-invoke-config"),
        NotHere("DeleteAsyncInvokeConfig", "DELETE", _F + "/async-invoke-config"),
        NotHere("PutConcurrencyConfig", "PUT", _F + "/concurrency"),
        NotHere("DeleteConcurrencyConfig", "DELETE", _F + "/concurrency"),
        NotHere("PutProvisionConfig", "PUT", _F + "/provision-config"),
        NotHere("DeleteProvisionConfig", "DELETE", _F + "/provision-config"),
        NotHere("PutScalingConfig", "PUT", _F + "/scaling-config"),
        NotHere("DeleteScalingConfig", "DELETE", _F + "/scaling-config"),
        NotHere("CreateVpcBinding", "POST", _F + "/vpc-bindings"),
        NotHere("DeleteVpcBinding", "DELETE", _F + "/vpc-bindings/{vpc}"),
        NotHere("CreateSession", "POST", _F + "/sessions"),
        NotHere("ListSessions", "GET", _F + "/sessions"),
        NotHere("GetSession", "GET", _F + "/sessions/{session}"),
        NotHere("UpdateSession", "PUT", _F + "/sessions/{session}"),
        NotHere("DeleteSession", "DELETE", _F + "/sessions/{session}"),
        NotHere("PauseSession", "PUT", _F + "/sessions/{session}/pause"),
        NotHere("ResumeSession", "PUT", _F + "/sessions/{session}/resume"),
        NotHere("CreateSnapshot", "POST", _F + "/snapshots"),
        NotHere("GetSnapshot", "GET", _F + "/snapshots/{snapshot}"),
        NotHere("DeleteSnapshot", "DELETE", _F + "/snapshots/{snapshot}"),
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
        NotHere("UpdateService", "PUT", _S),
        NotHere("DeleteService", "DELETE", _S),
        NotHere("CreateFunction", "POST", _S + "/functions"),
        NotHere("UpdateFunction", "PUT", _S + _F),
        NotHere("DeleteFunction", "DELETE", _S + _F),
        NotHere("GetFunctionCode", "GET", _S + _F + "/code"),
        NotHere("CreateTrigger", "POST", _S + _F + "/triggers"),
        NotHere("UpdateTrigger", "PUT", _S + _F + "/triggers/{trigger}"),
        NotHere("DeleteTrigger", "DELETE", _S + _F + "/triggers/{trigger}"),
        NotHere("PublishServiceVersion", "POST", _S + "/versions"),
        NotHere("DeleteServiceVersion", "DELETE", _S + "/versions/{version}"),
        NotHere("CreateAlias", "POST", _S + "/aliases"),
        NotHere("UpdateAlias", "PUT", _S + "/aliases/{alias}"),
        NotHere("DeleteAlias", "DELETE", _S + "/aliases/{alias}"),
        NotHere("PutFunctionAsyncInvokeConfig", "PUT", _S + _F + "/async-invoke-config"),
        NotHere("DeleteFunctionAsyncInvokeConfig", "DELETE", _S + _F + "/async-invoke-config"),
        NotHere("PutProvisionConfig", "PUT", _S + _F + "/provision-config"),
        NotHere("GetFunctionOnDemandConfig", "GET", _S + _F + "/on-demand-config"),
        NotHere("PutFunctionOnDemandConfig", "PUT", _S + _F + "/on-demand-config"),
        NotHere("DeleteFunctionOnDemandConfig", "DELETE", _S + _F + "/on-demand-config"),
        NotHere("ListOnDemandConfigs", "GET", "/on-demand-configs"),
        NotHere("ListReservedCapacities", "GET", "/reservedCapacities"),
        NotHere("InstanceExec", "GET", _S + _F + "/instances/{instance}/exec"),
        NotHere("CreateCustomDomain", "POST", "/custom-domains"),
        NotHere("UpdateCustomDomain", "PUT", "/custom-domains/{domain}"),
        NotHere("DeleteCustomDomain", "DELETE", "/custom-domains/{domain}"),
        NotHere("TagResource", "POST", "/tag"),
        NotHere("UntagResource", "DELETE", "/tag"),
        NotHere("GetTempBucketToken", "GET", "/tempBucketToken"),
        NotHere("InvokeHTTPTrigger", "ANY", "/proxy/{service}/{function}/{path}"),
    ),
}
