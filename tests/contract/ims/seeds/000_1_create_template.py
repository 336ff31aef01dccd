# -*- coding: utf-8 -*-
from alibabacloud_ice20201109.client import Client as ICE20201109Client
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_ice20201109 import models as ice20201109_models
from alibabacloud_tea_util import models as util_models
# For production environments, we recommend using a more secure method for authentication that does not involve access keys (AKs). For more information about how to configure credentials, see https://help.aliyun.com/document_detail/378659.html.
credential = CredentialClient()
config = open_api_models.Config(
credential=credential
)
# For more information about endpoints, see https://api.aliyun.com/product/ICE
config.endpoint = 'ice.cn-shanghai.aliyuncs.com'
client = ICE20201109Client(config)
create_custom_template_request = ice20201109_models.CreateCustomTemplateRequest(
name='ipc_template_001',
template_config='{"AnalyseTypes":"vlEventDesc","Industry":"common","Scene":"search","TemplateName":"ipc_template_001"}',
type=11
)
runtime = util_models.RuntimeOptions()
response = client.create_custom_template_with_options(create_custom_template_request, runtime)
print(response)
