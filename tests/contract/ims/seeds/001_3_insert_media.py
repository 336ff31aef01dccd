# -*- coding: utf-8 -*-
# This file is auto-generated, don't edit it. Thanks.
import os
import sys
import json

from typing import List

from alibabacloud_ice20201109.client import Client as ICE20201109Client
from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_tea_openapi import models as open_api_models
from alibabacloud_ice20201109 import models as ice20201109_models
from alibabacloud_tea_util import models as util_models
from alibabacloud_tea_util.client import Client as UtilClient


class Sample:
    def __init__(self):
        pass

    @staticmethod
    def create_client() -> ICE20201109Client:
        """
        Initializes a client with credentials.
        @return: Client
        @throws Exception
        """
        # For production environments, use a more secure method that does not require an AccessKey pair. For more information about how to configure credentials, see https://www.alibabacloud.com/help/document_detail/378659.html.
        credential = CredentialClient()
        config = open_api_models.Config(
            credential=credential
        )
        # For more information about endpoints, see https://api.aliyun.com/product/ICE
        config.endpoint = f'ice.cn-shenzhen.aliyuncs.com'
        return ICE20201109Client(config)

    @staticmethod
    def main(
        args: List[str],
    ) -> None:
        client = Sample.create_client()
        insert_media_to_search_lib_request = ice20201109_models.InsertMediaToSearchLibRequest(
            search_lib_name='IPCamera_test1',
            media_type='video',
            input='oss://[example-bucket-]/[object_path-]',
            msg_body='{"title":"Short description","visionDescription":"Detailed visual description"}',
            images_input='{"images":["oss://[example-bucket-]/[object_path-]xxx1.jpg","oss://[example-bucket-]/[object_path-]xxx2.jpg","oss://[example-bucket-]/[object_path-]xxx3.jpg","oss://[example-bucket-]/[object_path-]xxx4.jpg"]}',
            namespace='name-1'
        )
        runtime = util_models.RuntimeOptions()
        try:
            resp = client.insert_media_to_search_lib_with_options(insert_media_to_search_lib_request, runtime)
            print(json.dumps(resp, default=str, indent=2))
        except Exception as error:
            # This is for demonstration purposes only. Handle exceptions with care. Do not ignore exceptions in your projects.
            # Error message
            print(error.message)
            # Diagnostic address
            print(error.data.get("Recommend"))

    @staticmethod
    async def main_async(
        args: List[str],
    ) -> None:
        client = Sample.create_client()
        insert_media_to_search_lib_request = ice20201109_models.InsertMediaToSearchLibRequest(
            search_lib_name='IPCamera_test1',
            media_type='video',
            input='oss://[example-bucket-]/[object_path-]',
            msg_body='{"title":"Short description","visionDescription":"Detailed visual description"}',
            images_input='{"images":["oss://[example-bucket-]/[object_path-]xxx1.jpg","oss://[example-bucket-]/[object_path-]xxx2.jpg","oss://[example-bucket-]/[object_path-]xxx3.jpg","oss://[example-bucket-]/[object_path-]xxx4.jpg"]}',
            namespace='name-1'
        )
        runtime = util_models.RuntimeOptions()
        try:
            resp = await client.insert_media_to_search_lib_with_options_async(insert_media_to_search_lib_request, runtime)
            print(json.dumps(resp, default=str, indent=2))
        except Exception as error:
            # This is for demonstration purposes only. Handle exceptions with care. Do not ignore exceptions in your projects.
            # Error message
            print(error.message)
            # Diagnostic address
            print(error.data.get("Recommend"))


if __name__ == '__main__':
    Sample.main(sys.argv[1:])
