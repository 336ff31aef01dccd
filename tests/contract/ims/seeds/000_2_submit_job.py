# -*- coding: utf-8 -*-
from alibabacloud_ice20201109.client import Client as ICE20201109Client
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_ice20201109 import models as ice20201109_models
from alibabacloud_tea_util import models as util_models
import json
# For production environments, we recommend using a more secure method for authentication that does not involve access keys (AKs). For more information about how to configure credentials, see https://help.aliyun.com/document_detail/378659.html.
credential = CredentialClient()
config = open_api_models.Config(
credential=credential
)
# For more information about endpoints, see https://api.aliyun.com/product/ICE
config.endpoint = 'ice.cn-shanghai.aliyuncs.com'
client = ICE20201109Client(config)
submit_smarttag_job_request_input = ice20201109_models.SubmitSmarttagJobRequestInput(
type='Multi',
media=json.dumps(
{
"type": "URL",
"inputs": [
"https://xxx.png",
"https://xxx.png"
]
}
)
)
submit_smarttag_job_request = ice20201109_models.SubmitSmarttagJobRequest(
title='ipc-test-001',
input=submit_smarttag_job_request_input,
template_id='xxx',
# params='{"vlEventDescParams":{"deviceId":"camera_001"}}',
)
runtime = util_models.RuntimeOptions()
response = client.submit_smarttag_job_with_options(submit_smarttag_job_request, runtime)
print(response)
