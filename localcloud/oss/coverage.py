"""What of OSS is here, from the table that requests are routed by, and what is not."""

from __future__ import annotations

from collections.abc import Sequence

from localcloud.covered import Covered
from localcloud.oss.operations import OPERATIONS, Operation

# The operations of the API reference (2019-05-17) that have no row in the table, by what they are about.
_MISSING = (
    ("DescribeRegions", "GET /?regions"),
    ("SelectObject", "POST /bucket/key?x-oss-process=csv/select"),
    ("CreateSelectObjectMeta", "POST /bucket/key?x-oss-process=csv/meta"),
    ("SealAppendObject", "POST /bucket/key?seal"),
    ("CleanRestoredObject", "POST /bucket/key?cleanRestoredObject"),
    ("PostVodPlaylist", "POST /bucket/channel/playlist?vod"),
    ("GetVodPlaylist", "GET /bucket/channel?vod"),
    ("GetLiveChannelStat", "GET /bucket/channel?live&comp=stat"),
    ("GetLiveChannelHistory", "GET /bucket/channel?live&comp=history"),
    ("WriteGetObjectResponse", "POST /?x-oss-write-get-object-response"),
    ("InitiateBucketWorm", "POST /bucket/?worm"),
    ("AbortBucketWorm", "DELETE /bucket/?worm"),
    ("CompleteBucketWorm", "POST /bucket/?wormId"),
    ("ExtendBucketWorm", "POST /bucket/?wormId&wormExtend"),
    ("GetBucketWorm", "GET /bucket/?worm"),
    ("PutBucketInventory", "PUT /bucket/?inventory"),
    ("GetBucketInventory", "GET /bucket/?inventory"),
    ("ListBucketInventory", "GET /bucket/?inventory&continuation-token"),
    ("DeleteBucketInventory", "DELETE /bucket/?inventory"),
    ("PutBucketReplication", "POST /bucket/?replication&comp=add"),
    ("PutBucketRTC", "PUT /bucket/?rtc"),
    ("GetBucketReplication", "GET /bucket/?replication"),
    ("GetBucketReplicationLocation", "GET /bucket/?replicationLocation"),
    ("GetBucketReplicationProgress", "GET /bucket/?replicationProgress"),
    ("DeleteBucketReplication", "POST /bucket/?replication&comp=delete"),
    ("PutBucketTransferAcceleration", "PUT /bucket/?transferAcceleration"),
    ("GetBucketTransferAcceleration", "GET /bucket/?transferAcceleration"),
    ("CreateCnameToken", "POST /bucket/?cname&comp=token"),
    ("GetCnameToken", "GET /bucket/?cname&comp=token"),
    ("PutCname", "POST /bucket/?cname&comp=add"),
    ("ListCname", "GET /bucket/?cname"),
    ("DeleteCname", "POST /bucket/?cname&comp=delete"),
    ("GetBucketPolicyStatus", "GET /bucket/?policyStatus"),
    ("PutBucketHttpsConfig", "PUT /bucket/?httpsConfig"),
    ("GetBucketHttpsConfig", "GET /bucket/?httpsConfig"),
    ("PutBucketResourceGroup", "PUT /bucket/?resourceGroup"),
    ("GetBucketResourceGroup", "GET /bucket/?resourceGroup"),
    ("PutBucketAccessMonitor", "PUT /bucket/?accessmonitor"),
    ("GetBucketAccessMonitor", "GET /bucket/?accessmonitor"),
    ("PutBucketArchiveDirectRead", "PUT /bucket/?bucketArchiveDirectRead"),
    ("GetBucketArchiveDirectRead", "GET /bucket/?bucketArchiveDirectRead"),
    ("PutBucketCallbackPolicy", "PUT /bucket/?policy&comp=callback"),
    ("GetBucketCallbackPolicy", "GET /bucket/?policy&comp=callback"),
    ("DeleteBucketCallbackPolicy", "DELETE /bucket/?policy&comp=callback"),
    ("CreateBucketDataRedundancyTransition", "POST /bucket/?redundancyTransition"),
    ("GetBucketDataRedundancyTransition", "GET /bucket/?redundancyTransition&x-oss-redundancy-transition-taskid"),
    ("ListBucketDataRedundancyTransition", "GET /bucket/?redundancyTransition"),
    ("DeleteBucketDataRedundancyTransition", "DELETE /bucket/?redundancyTransition&x-oss-redundancy-transition-taskid"),
    ("PutBucketPublicAccessBlock", "PUT /bucket/?publicAccessBlock"),
    ("GetBucketPublicAccessBlock", "GET /bucket/?publicAccessBlock"),
    ("DeleteBucketPublicAccessBlock", "DELETE /bucket/?publicAccessBlock"),
    ("PutPublicAccessBlock", "PUT /?publicAccessBlock"),
    ("GetPublicAccessBlock", "GET /?publicAccessBlock"),
    ("DeletePublicAccessBlock", "DELETE /?publicAccessBlock"),
    ("CreateAccessPoint", "PUT /bucket/?accessPoint"),
    ("GetAccessPoint", "GET /bucket/?accessPoint"),
    ("ListAccessPoints", "GET /?accessPoint"),
    ("DeleteAccessPoint", "DELETE /bucket/?accessPoint"),
    ("PutAccessPointPolicy", "PUT /bucket/?accessPointPolicy"),
    ("GetAccessPointPolicy", "GET /bucket/?accessPointPolicy"),
    ("DeleteAccessPointPolicy", "DELETE /bucket/?accessPointPolicy"),
    ("PutAccessPointPublicAccessBlock", "PUT /bucket/?publicAccessBlock&x-oss-access-point-name"),
    ("GetAccessPointPublicAccessBlock", "GET /bucket/?publicAccessBlock&x-oss-access-point-name"),
    ("DeleteAccessPointPublicAccessBlock", "DELETE /bucket/?publicAccessBlock&x-oss-access-point-name"),
    ("OpenMetaQuery", "POST /bucket/?metaQuery&comp=add"),
    ("GetMetaQueryStatus", "GET /bucket/?metaQuery"),
    ("DoMetaQuery", "POST /bucket/?metaQuery&comp=query"),
    ("CloseMetaQuery", "POST /bucket/?metaQuery&comp=delete"),
    ("PutUserDefinedLogFieldsConfig", "PUT /bucket/?userDefinedLogFieldsConfig"),
    ("GetUserDefinedLogFieldsConfig", "GET /bucket/?userDefinedLogFieldsConfig"),
    ("DeleteUserDefinedLogFieldsConfig", "DELETE /bucket/?userDefinedLogFieldsConfig"),
    ("PutBucketQosInfo", "PUT /bucket/?qosInfo"),
    ("GetBucketQosInfo", "GET /bucket/?qosInfo"),
    ("DeleteBucketQosInfo", "DELETE /bucket/?qosInfo"),
    ("PutBucketRequesterQosInfo", "PUT /bucket/?requesterQosInfo"),
    ("GetBucketRequesterQosInfo", "GET /bucket/?requesterQosInfo"),
    ("ListBucketRequesterQosInfos", "GET /bucket/?requesterQosInfo"),
    ("DeleteBucketRequesterQosInfo", "DELETE /bucket/?requesterQosInfo"),
    ("ListResourcePools", "GET /?resourcePool"),
    ("GetResourcePoolInfo", "GET /?resourcePoolInfo"),
    ("PutBucketOverwriteConfig", "PUT /bucket/?overwriteConfig"),
    ("GetBucketOverwriteConfig", "GET /bucket/?overwriteConfig"),
    ("DeleteBucketOverwriteConfig", "DELETE /bucket/?overwriteConfig"),
    ("PutAsyncFetchTask", "POST /bucket/?asyncFetch"),
    ("GetAsyncFetchTask", "GET /bucket/?asyncFetch"),
)


def covered() -> Sequence[Covered]:
    here = [Covered(operation.name, _form(operation), operation.lacks) for operation in OPERATIONS]
    return [*here, *(Covered(name, request, here=False) for name, request in _MISSING)]


def _form(operation: Operation) -> str:
    """`PUT /bucket/key?uploadId`."""
    method, *selectors = operation.request.split()
    verb, note = ("PUT", " with x-oss-copy-source") if method == "COPY" else (method, "")
    query = "?" + "&".join(selectors) if selectors else ""
    return f"{verb} {operation.scope.value}{query}{note}"
