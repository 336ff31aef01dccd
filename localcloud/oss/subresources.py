"""The query parameters by which OSS tells its operations apart."""

from __future__ import annotations

# fmt: off

MODIFIERS = frozenset({
    "response-content-type", "response-content-language", "response-cache-control", "response-content-encoding", "response-expires",
    "response-content-disposition", "security-token", "position", "partNumber", "continuation-token", "status", "startTime", "endTime",
    "callback", "callback-var", "x-oss-traffic-limit", "x-oss-request-payer", "sequential", "x-oss-ac-source-ip", "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id", "x-oss-ac-forward-allow", "x-oss-target-redundancy-type", "x-oss-redundancy-transition-taskid",
    "x-oss-access-point-name", "styleName",
})
"""They refine an operation and do not choose it."""

SUBRESOURCES = frozenset({
    "logging", "acl", "uploadId", "uploads", "group", "link", "delete", "website", "location", "objectInfo", "objectMeta", "cors",
    "lifecycle", "restore", "qos", "referer", "stat", "bucketInfo", "append", "live", "comp", "vod", "x-oss-process", "symlink",
    "tagging", "encryption", "versions", "versioning", "versionId", "policy", "requestPayment", "qosInfo", "asyncFetch", "inventory",
    "inventoryId", "worm", "wormId", "wormExtend", "replication", "replicationLocation", "replicationProgress", "transferAcceleration",
    "cname", "metaQuery", "resourceGroup", "style", "x-oss-async-process", "regionList", "x-oss-write-get-object-response",
    "bucketArchiveDirectRead", "httpsConfig", "redundancyTransition", "accessPoint", "accessPointPolicy", "publicAccessBlock",
    "requesterQosInfo", "qosRequester", "resourcePoolInfo", "resourcePool", "resourcePoolBuckets",
})

NEWER = frozenset({
    "MetaQuery", "accessmonitor", "cleanRestoredObject", "cloudboxes", "dataPipeline", "legalHold", "metadataConfiguration",
    "metadataInventoryTable", "metadataJournalTable", "objectWorm", "overwriteConfig", "policyStatus", "quota", "regions", "retention",
    "rtc", "seal", "userDefinedLogFieldsConfig",
})
"""What oss2 does not know, from the operations of alibabacloud-oss-v2 1.4: without it `DELETE /b/?quota` would be DeleteBucket."""

# fmt: on

SIGNED_BY_VERSION_1 = MODIFIERS | SUBRESOURCES
"""Source: `_subresource_key_set` of oss2 2.19.1 (auth.py), the list that version 1 signs."""
