# -*- coding: utf-8 -*-
from alibabacloud_ice20201109.client import Client as ICE20201109Client
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_ice20201109 import models as ice20201109_models
from alibabacloud_tea_util import models as util_models
# For production environments, we recommend that you use a more secure method that does not involve access keys (AKs) for authentication. For more information about how to configure credentials, see https://help.aliyun.com/document_detail/378659.html.
credential = CredentialClient()
config = open_api_models.Config(
credential=credential
)
# For more information about endpoints, see https://api.aliyun.com/product/ICE.
config.endpoint = 'ice.cn-shanghai.aliyuncs.com'
client = ICE20201109Client(config)
create_recognition_entity_request = ice20201109_models.CreateRecognitionEntityRequest(
algorithm='pedestrian',
lib_id='xxx',
entity_name='Xiaoshuai'
)
runtime = util_models.RuntimeOptions()
response = client.create_recognition_entity_with_options(create_recognition_entity_request, runtime)
print(response)
