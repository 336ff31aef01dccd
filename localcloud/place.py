"""Where the laptop cloud pretends to be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Region and account that appear in ARNs, events and answers."""

    region: str = "cn-shanghai"
    account_id: str = "1000000000000001"

    def bucket_arn(self, bucket: str) -> str:
        return f"acs:oss:{self.region}:{self.account_id}:{bucket}"

    def function_arn(self, function: str) -> str:
        return f"acs:fc:{self.region}:{self.account_id}:functions/{function}"
