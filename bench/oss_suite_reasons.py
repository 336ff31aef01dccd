"""Which modules of oss2's tests are run, and why some of their tests are left out."""

from __future__ import annotations

MODULES = (
    "test_object",
    "test_multipart",
    "test_upload",
    "test_download",
    "test_bucket",
    "test_iterator",
    "test_list_objects_v2",
    "test_chinese",
    "test_sign",
    "test_headers",
    "test_put_object_chunked",
    "test_image",
    "test_object_versioning",
    "test_bucket_versioning",
    "test_website",
    "test_exception_ec",
    "test_traffic_limit",
    "test_api_base",
)

_HARD_CODED_HOST = "goes to oss-cn-shanghai.aliyuncs.com, which is written into the test"
_LOOPBACK_IS_QUICK = "expects that a connection takes more than a millisecond; one on the same machine does not"
_OTHER_ENCODER = "asserts the number of bytes that Alibaba's own {} makes, which is not published"

LEFT_OUT: dict[str, dict[str, str]] = {
    "test_object": {"test_timeout": _LOOPBACK_IS_QUICK, "test_default_timeout": _LOOPBACK_IS_QUICK},
    "test_multipart": {"test_multipart_sequential": _HARD_CODED_HOST},
    "test_upload": {"test_upload_sequenial": _HARD_CODED_HOST},
    "test_image": {
        "test_crop": _OTHER_ENCODER.format("cut"),
        "test_sharpen": _OTHER_ENCODER.format("sharpening"),
        "test_watermark": _OTHER_ENCODER.format("font"),
    },
    "test_api_base": {
        "test_https": "needs HTTPS",
        "test_ip": "looks up the endpoint in DNS, port and all",
        "test_check_endpoint": "oss2 raises another error than the test expects when the endpoint has a port",
    },
}
"""By module and test, the reason in a phrase."""
