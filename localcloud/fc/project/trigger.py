"""The triggers of a function, as a Serverless Devs file declares them (schema of the component fc3)."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from localcloud.fc.project.declared import Declared
from localcloud.fc.triggers.jwt_auth import JwtConfig
from localcloud.fc.triggers.schedule import Schedule

NATIVE_OSS_TRIGGERS = 10
"""How many OSS triggers a bucket can have, all functions together (official help, "Limits")."""


class Trigger(Declared):
    trigger_name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,127}$")
    qualifier: str = "LATEST"
    source_arn: str = ""
    invocation_role: str = ""
    description: str = ""


class KeyFilter(Declared):
    prefix: str = ""
    suffix: str = ""


class OssFilter(Declared):
    key: KeyFilter = KeyFilter()


class OssConfig(Declared):
    events: tuple[Annotated[str, Field(pattern=r"^oss:Object(Created|Removed|Modified):[A-Za-z*]+$")], ...] = Field(min_length=1)
    filter: OssFilter = OssFilter()


class OssTrigger(Trigger):
    trigger_type: Literal["oss"]
    source_arn: str = Field(pattern=r"^acs:oss:[^:]*:[^:]*:[^:/]+$")
    trigger_config: OssConfig

    @property
    def bucket(self) -> str:
        return self.source_arn.rpartition(":")[2]

    @property
    def key(self) -> KeyFilter:
        return self.trigger_config.filter.key

    def matches(self, event: str, bucket: str, key: str) -> bool:
        """Whether it fires; `event` is written as in an event, without `oss:`. Prefix and suffix are literal."""
        wanted = any(_same_event(name, f"oss:{event}") for name in self.trigger_config.events)
        return wanted and bucket == self.bucket and key.startswith(self.key.prefix) and key.endswith(self.key.suffix)

    def overlaps(self, other: OssTrigger) -> bool:
        """Whether some object could fire both, which OSS refuses (github.com/midwayjs/midway/issues/744)."""
        return (
            self.bucket == other.bucket
            and any(_same_event(a, b) for a in self.trigger_config.events for b in other.trigger_config.events)
            and _one_begins_the_other(self.key.prefix, other.key.prefix)
            and _one_begins_the_other(self.key.suffix[::-1], other.key.suffix[::-1])
        )


def _same_event(one: str, other: str) -> bool:
    (kind, _, name), (other_kind, _, other_name) = one.rpartition(":"), other.rpartition(":")
    return kind == other_kind and (name == other_name or "*" in (name, other_name))


def _one_begins_the_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


class MnsTopicConfig(Declared):
    notify_content_format: Literal["STREAM", "JSON"] = "STREAM"
    notify_strategy: Literal["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"] = "BACKOFF_RETRY"
    filter_tag: str = ""


class MnsTopicTrigger(Trigger):
    trigger_type: Literal["mns_topic"]
    source_arn: str = Field(pattern=r"^acs:mns:[^:]*:[^:]*:/topics/[^/]+$")
    trigger_config: MnsTopicConfig

    @property
    def topic(self) -> str:
        return self.source_arn.rpartition("/")[2]

    def matches(self, topic: str, tag: str) -> bool:
        return topic == self.topic and self.trigger_config.filter_tag in ("", tag)


class TimerConfig(Declared):
    cron_expression: str
    enable: bool = True
    payload: str = ""

    @field_validator("cron_expression")
    @classmethod
    def _can_be_read(cls, expression: str) -> str:
        Schedule.parse(expression)
        return expression


class TimerTrigger(Trigger):
    trigger_type: Literal["timer"]
    trigger_config: TimerConfig


class HttpConfig(Declared):
    auth_type: Literal["anonymous", "function", "jwt"] = "anonymous"
    methods: tuple[Literal["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"], ...] = Field(min_length=1)
    disable_url_internet: bool = Field(False, alias="disableURLInternet")
    auth_config: JwtConfig | None = None

    @model_validator(mode="after")
    def _keys_are_given(self) -> HttpConfig:
        if (self.auth_type == "jwt") != (self.auth_config is not None):
            raise ValueError("authConfig goes with authType jwt, and with no other; add or remove it")
        return self


class HttpTrigger(Trigger):
    trigger_type: Literal["http"]
    trigger_config: HttpConfig


class MnsSource(Declared):
    # Serverless Devs writes these keys with a capital: they go to EventBridge as they are.
    region_id: str = Field("", alias="RegionId")
    queue_name: str = Field(alias="QueueName")
    is_base64_decode: bool = Field(True, alias="IsBase64Decode")


class EventSourceParameters(Declared):
    source_mns_parameters: MnsSource = Field(alias="sourceMNSParameters")


class EventSourceConfig(Declared):
    event_source_type: Literal["MNS"]
    event_source_parameters: EventSourceParameters


class BatchWindow(Declared):
    count_based_window: int = Field(1, ge=1, le=10_000, alias="CountBasedWindow")
    time_based_window: int = Field(0, ge=0, le=15, alias="TimeBasedWindow")


class RetryStrategy(Declared):
    push_retry_strategy: Literal["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"] = Field("BACKOFF_RETRY", alias="PushRetryStrategy")

    @property
    def retries(self) -> int:
        return 3 if self.push_retry_strategy == "BACKOFF_RETRY" else 176


class DeadLetterQueue(Declared):
    arn: str = Field(pattern=r"^acs:mns:[^:]*:[^:]*:/?queues/[^/]+", alias="Arn")


class RunOptions(Declared):
    mode: Literal["event-streaming", "event-driven"] = "event-streaming"
    errors_tolerance: Literal["NONE", "ALL"] = "NONE"
    batch_window: BatchWindow = BatchWindow.model_validate({})
    retry_strategy: RetryStrategy = RetryStrategy.model_validate({})
    dead_letter_queue: DeadLetterQueue | None = None


class DeliveryOption(Declared):
    mode: Literal["event-streaming", "event-driven"] = "event-streaming"
    event_schema: Literal["CloudEvents"] = "CloudEvents"


class EventSinkConfig(Declared):
    delivery_option: DeliveryOption = DeliveryOption()


class EventBridgeConfig(Declared):
    trigger_enable: bool = True
    async_invocation_type: bool = False
    event_rule_filter_pattern: Literal["", "{}"] = "{}"
    event_sink_config: EventSinkConfig = EventSinkConfig()
    event_source_config: EventSourceConfig
    run_options: RunOptions = RunOptions()


class EventBridgeTrigger(Trigger):
    trigger_type: Literal["eventbridge"]
    trigger_config: EventBridgeConfig

    @property
    def source(self) -> MnsSource:
        return self.trigger_config.event_source_config.event_source_parameters.source_mns_parameters

    @property
    def is_list(self) -> bool:
        """Whether events come as a list. Event-driven delivery, the older of the two modes, hands over a single one."""
        config = self.trigger_config
        return "event-driven" not in (config.run_options.mode, config.event_sink_config.delivery_option.mode)


AnyTrigger = Annotated[OssTrigger | MnsTopicTrigger | TimerTrigger | HttpTrigger | EventBridgeTrigger, Field(discriminator="trigger_type")]


def conflict(triggers: list[tuple[str, OssTrigger]]) -> str | None:
    """Why a bucket would refuse these triggers, each given with its place in the file; None if it would not."""
    for (place, one), (other_place, other) in combinations(triggers, 2):
        if one.overlaps(other):
            return (
                f"{place}: Cannot specify overlapping prefix and suffix with same event type: {other_place} watches the same keys of "
                f"bucket {one.bucket}; make their prefixes or suffixes differ"
            )
    buckets = [trigger.bucket for _, trigger in triggers]
    for place, trigger in triggers:
        if buckets.count(trigger.bucket) > NATIVE_OSS_TRIGGERS:
            return f"{place}: bucket {trigger.bucket} has more than {NATIVE_OSS_TRIGGERS} OSS triggers; put several into one function"
    return None
