"""How many instances the cloud keeps ready for a function. A laptop has no use for it; it is read for its shape (schema of fc3)."""

from __future__ import annotations

from pydantic import Field

from localcloud.fc.project.declared import Declared


class ScheduledAction(Declared):
    name: str
    start_time: str
    end_time: str
    schedule_expression: str
    target: float
    time_zone: str


class TargetTrackingPolicy(Declared):
    name: str
    start_time: str
    end_time: str
    metric_type: str
    metric_target: float
    min_capacity: float
    max_capacity: float
    time_zone: str


class ProvisionConfig(Declared):
    """The older way: a number of instances, whoever needs them."""

    default_target: float
    always_allocate_cpu: bool = Field(alias="alwaysAllocateCPU")
    always_allocate_gpu: bool = Field(alias="alwaysAllocateGPU")
    scheduled_actions: tuple[ScheduledAction, ...]
    target_tracking_policies: tuple[TargetTrackingPolicy, ...]


class HorizontalScalingPolicy(Declared):
    name: str = ""
    start_time: str = ""
    end_time: str = ""
    metric_type: str = ""
    metric_target: float = 0
    min_instances: float = 0
    max_instances: float = 0
    time_zone: str = ""


class ScheduledPolicy(Declared):
    name: str = ""
    start_time: str = ""
    end_time: str = ""
    schedule_expression: str = ""
    target: float = 0
    time_zone: str = ""


class ScalingConfig(Declared):
    """Bounds, and what moves the number between them."""

    min_instances: float = 0
    resident_pool_id: str = ""
    horizontal_scaling_policies: tuple[HorizontalScalingPolicy, ...] = ()
    scheduled_policies: tuple[ScheduledPolicy, ...] = ()
