"""Parts of a project file that mean something in the cloud alone. They are read for their shape (schema of the component fc3)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from localcloud.fc.project.declared import Declared
from localcloud.fc.project.scaling import ProvisionConfig, ScalingConfig
from localcloud.fc.project.trigger import Trigger


class CodeObject(Declared):
    """Code that goes to the cloud by way of a bucket; the schema of fc3 wants all three."""

    src: str
    oss_bucket_name: str
    oss_object_name: str


class VpcConfig(Declared):
    vpc_id: str
    v_switch_ids: tuple[str, ...] | Literal["auto"] = Field(alias="vSwitchIds")
    security_group_id: str


class NasMount(Declared):
    server_addr: str
    mount_dir: str
    enable_tls: bool = Field(False, alias="enableTLS")


class NasConfig(Declared):
    user_id: int
    group_id: int
    mount_points: tuple[NasMount, ...]


class OssMount(Declared):
    bucket_name: str
    bucket_path: str = ""
    endpoint: str
    mount_dir: str
    read_only: bool = False


class OssMountConfig(Declared):
    mount_points: tuple[OssMount, ...]


class JaegerConfig(Declared):
    endpoint: str


class TracingConfig(Declared):
    type: str = ""
    params: str = ""
    jaeger_config: JaegerConfig | None = None


class HealthCheck(Declared):
    http_get_url: str = ""
    initial_delay_seconds: int = 0
    period_seconds: int = 0
    timeout_seconds: int = 0
    failure_threshold: int = 0
    success_threshold: int = 0


class CustomRuntimeConfig(Declared):
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    port: int = Field(9000, ge=1, le=65_535)
    health_check_config: HealthCheck | None = None


class RegistryLogin(Declared):
    user_name: str = ""
    password: str = ""


class RegistryCertificate(Declared):
    insecure: bool = False
    root_ca_cert_base64: str = Field("", alias="rootCaCertBase64")


class RegistryNetwork(Declared):
    vpc_id: str = ""
    v_switch_id: str = Field("", alias="vSwitchId")
    security_group_id: str = ""


class RegistryConfig(Declared):
    auth_config: RegistryLogin | None = None
    cert_config: RegistryCertificate | None = None
    network_config: RegistryNetwork | None = None


class CustomContainerConfig(Declared):
    image: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    port: int = Field(9000, ge=1, le=65_535)
    health_check_config: HealthCheck | None = None
    registry_config: RegistryConfig | None = None


class GpuConfig(Declared):
    gpu_type: Literal["fc.gpu.ampere.1", "fc.gpu.tesla.1"]
    gpu_memory_size: int = Field(ge=1024, le=24_576, multiple_of=1024)


class DnsOption(Declared):
    name: str
    value: str


class CustomDns(Declared):
    name_servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    dns_options: tuple[DnsOption, ...] = ()


class VpcBinding(Declared):
    vpc_ids: tuple[str, ...]


class Annotations(Declared):
    headers: dict[str, str] = Field(default_factory=dict)


class SessionAffinityConfig(Declared):
    affinity_header_field_name: str = ""
    session_concurrency_per_instance: float = 0
    session_idle_timeout_in_seconds: float = 0
    session_ttl_in_seconds: float = Field(0, alias="sessionTTLInSeconds")
    sse_endpoint_path: str = ""


class Job(Declared):
    max_retry_time: int | str
    trigger_interval: int | str


class LogPlace(Declared):
    project: str = ""
    logstore: str


class LogTriggerConfig(Declared):
    enable: bool
    function_parameter: dict[str, Any] = Field(default_factory=dict)
    job_config: Job
    log_config: LogPlace
    source_config: LogPlace


class LogTrigger(Trigger):
    trigger_type: Literal["log"]
    trigger_config: LogTriggerConfig


class CdnConfig(Declared):
    event_name: str
    event_version: str
    filter: dict[str, tuple[str, ...]]
    notes: str = ""


class CdnTrigger(Trigger):
    trigger_type: Literal["cdn_events"]
    trigger_config: CdnConfig


class TablestoreTrigger(Trigger):
    trigger_type: Literal["tablestore"]
    trigger_config: dict[str, Any]


class OtherEventSource(Declared):
    event_source_type: Literal["Default", "Kafka", "RocketMQ", "RabbitMQ", "MQTT", "DTS"]
    event_source_parameters: dict[str, Any] = Field(default_factory=dict)


class OtherEventBridgeConfig(Declared):
    trigger_enable: bool = True
    async_invocation_type: bool = False
    event_rule_filter_pattern: str = "{}"
    # What of these goes with a source is EventBridge's business.
    event_sink_config: dict[str, Any] = Field(default_factory=dict)
    event_source_config: OtherEventSource
    run_options: dict[str, Any] = Field(default_factory=dict)


class OtherEventBridgeTrigger(Trigger):
    """EventBridge with a source that is no MNS queue."""

    trigger_type: Literal["eventbridge"]
    trigger_config: OtherEventBridgeConfig


class CloudOnly(Declared):
    """What a function may declare beside what a laptop makes use of."""

    endpoint: str = ""
    internet_access: bool = True
    resource_group_id: str = ""
    instance_isolation_mode: str = ""
    enable_long_living: bool = False
    # The API's own; fc3 hands on what it does not know.
    idle_timeout: int | None = None
    disable_ondemand: bool = False
    disable_inject_credentials: str = ""
    juice_fs_config: dict[str, Any] | None = None
    polar_fs_config: dict[str, Any] | None = None
    micro_sandbox_config: dict[str, Any] | None = None
    session_affinity: str = ""
    session_affinity_config: SessionAffinityConfig | str | None = None
    vpc_config: VpcConfig | Literal["auto"] | None = None
    vpc_binding: VpcBinding | None = None
    nas_config: NasConfig | Literal["auto"] | None = None
    oss_mount_config: OssMountConfig | Literal["auto"] | None = None
    tracing_config: TracingConfig | None = None
    gpu_config: GpuConfig | None = None
    custom_dns: CustomDns | None = Field(None, alias="customDNS")
    custom_domain: dict[str, Any] | None = None
    custom_runtime_config: CustomRuntimeConfig | None = None
    custom_container_config: CustomContainerConfig | None = None
    provision_config: ProvisionConfig | None = None
    scaling_config: ScalingConfig | None = None
    annotations: Annotations = Annotations()
    supplement: Any = None
