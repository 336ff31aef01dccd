"""All settings of the functions, in one typed class read from environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sightline.errors import BadSetting
from sightline.media import KeyLayout, namespace_problem, parse_zones

# Seconds that OSS takes in x-oss-expires ("Include a V4 signature in a URL" in its documentation).
LONGEST_PRESIGN = 7 * 24 * 3600


class Settings(BaseModel):
    """Each field is the environment variable of the same name in capitals; times are in seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    region: str = Field(default="cn-shanghai", description="Region of the buckets, without the `oss-`.")
    oss_endpoint: str = Field(min_length=1, description="Where the functions reach OSS.")
    oss_public_endpoint: str = Field(default="", description="Where browsers and IMS reach OSS; OSS_ENDPOINT when empty.")
    media_bucket: str = Field(min_length=3, description="The bucket that people upload to.")
    state_bucket: str = Field(min_length=3, description="The bucket of ledgers and records; without versioning.")
    upload_prefix: str = Field(default="uploads/", pattern=r"^[^/].*/$", description="Keys below it are media.")
    ims_endpoint: str = Field(min_length=1, description="Where smart tag jobs are submitted and asked about.")
    ims_search_endpoint: str = Field(default="", description="Where the search library is; IMS_ENDPOINT when empty.")
    smarttag_template_id: str = Field(min_length=1, description="A template of type 11 with `vlEventDesc`.")
    smarttag_pipeline_id: str = Field(default="", description="The pipeline whose callbacks reach `collect`; the default one when empty.")
    search_library: str = Field(pattern=r"^IPCamera_[A-Za-z0-9]+$", description="The search library; IPC needs the prefix.")
    default_namespace: str = Field(default="default", min_length=1, description="Namespace of an upload or query that names none.")
    camera_time_zone: str = Field(default="UTC", description="Zone (IANA) of a time in a key that names none.")
    camera_time_zones: str = Field(
        default="", description="Other zones, by namespace or namespace/device: `home=Asia/Shanghai,lab/door=Europe/Rome`."
    )
    caption_language: str = Field(default="en", description="`targetLanguage` of video jobs.")
    input_url_seconds: int = Field(default=6 * 3600, ge=60, le=LONGEST_PRESIGN, description="How long IMS may fetch a submitted input.")
    page_url_seconds: int = Field(default=3600, ge=60, le=LONGEST_PRESIGN, description="How long a thumbnail or player address works.")
    claim_seconds: int = Field(default=90, ge=1, description="How long a submit may take before another may take over.")
    request_seconds: int = Field(default=30, ge=1, description="A request that is silent for so long counts as unanswered.")
    callback_seconds: int = Field(default=60, ge=0, description="How long `sweep` waits for a callback before it asks.")
    jobs_in_flight: int = Field(
        default=4,
        ge=0,
        description="Jobs of a region and pipeline at once; IMS runs two of a pipeline at a time. The others wait. 0: no limit.",
    )
    daily_jobs_per_namespace: int = Field(default=0, ge=0, description="More wait for the next day (UTC). 0: no limit.")
    submit_attempts: int = Field(
        default=50,
        ge=1,
        description="After so many submits without an answer, each perhaps a job, a media fails. With the pauses: some hours.",
    )
    image_deadline_seconds: int = Field(default=1800, ge=60, description="A job of an image that takes longer has failed.")
    sequence_deadline_seconds: int = Field(default=3600, ge=60, description="A job of an image sequence that takes longer has failed.")
    video_deadline_seconds: int = Field(default=6 * 3600, ge=60, description="A job of a video that takes longer has failed.")
    index_deadline_seconds: int = Field(default=3600, ge=60, description="An index job that takes longer has failed.")
    longest_invocation_seconds: int = Field(
        default=600,
        ge=1,
        description="No function runs longer: the largest timeout in s.yaml. What a late one may still do is undone after it.",
    )
    sweep_seconds: int = Field(default=300, ge=1, description="How long a sweep attends to media; the next one does the rest.")
    drain_seconds: int = Field(default=60, ge=0, description="How long a sweep waits for a pause to end, while media wait in line.")
    index_wait_seconds: float = Field(
        default=20, ge=0, description="How long `collect`, or a whole sweep, waits for index jobs; the next sweep does the rest."
    )
    facts_retention_days: int = Field(default=90, ge=1, description="How long the ledger of a removed media is kept.")
    audit_grace_seconds: int = Field(
        default=600, ge=0, description="What is younger is left to its own event; `sweep` looks for lost events among the rest."
    )
    audit_back_seconds: int = Field(
        default=86400, ge=0, description="How far back the first look for lost events goes; older uploads are for `sightline backfill`."
    )
    audit_keys_per_sweep: int = Field(default=5000, ge=1, description="Keys of the media bucket that a sweep looks at for lost events.")
    media_checked_per_sweep: int = Field(default=100, ge=1, description="Media whose library entry, record and object a sweep checks.")
    mns_endpoint: str = Field(default="", description="Where the queue of failed events is; the account's own in its region when empty.")
    fc_account_id: str = Field(default="", description="Set by Function Compute.")
    dead_queue: str = Field(default="sightline-dead", min_length=1, description="The queue that Function Compute sends failed events to.")
    letter_attempts: int = Field(default=8, ge=1, description="A parked record that failed so often is dead: a person decides.")
    letter_pause_seconds: float = Field(default=60, ge=0, description="Before the second attempt at a parked record; each next is doubled.")
    letter_seconds: int = Field(
        default=60,
        ge=1,
        description="How long a sweep takes failed events from the queue, and then tries parked records; the next one goes on.",
    )
    max_image_bytes: int = Field(default=20 * 2**20, ge=1, description="A larger image is refused.")
    max_video_bytes: int = Field(default=4 * 2**30, ge=1, description="A larger video is refused.")
    max_sequence_images: int = Field(default=50, ge=1, description="A manifest that names more is refused.")

    @cached_property
    def key_layout(self) -> KeyLayout:
        """Raises BadSetting for a zone that is unknown here."""
        return KeyLayout(self.upload_prefix, self.default_namespace, parse_zones(self.camera_time_zone, self.camera_time_zones))

    @property
    def reachable_oss_endpoint(self) -> str:
        return self.oss_public_endpoint or self.oss_endpoint

    @property
    def pool(self) -> str:
        """Jobs of a region and pipeline share what the service runs at a time."""
        return f"{self.region}.{self.smarttag_pipeline_id or 'default'}"

    def deadline_seconds(self, kind: str) -> int:
        """Of a job, by its media's kind."""
        by_kind = {"image": self.image_deadline_seconds, "sequence": self.sequence_deadline_seconds}
        return by_kind.get(kind, self.video_deadline_seconds)

    @property
    def queue_endpoint(self) -> str:
        """Of an account and region: "Endpoints", Simple Message Queue documentation."""
        return self.mns_endpoint or f"https://{self.fc_account_id}.mns.{self.region}-internal.aliyuncs.com"

    @property
    def search_endpoint(self) -> str:
        return self.ims_search_endpoint or self.ims_endpoint


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Raises BadSetting for the first variable that is missing or wrong, alone or beside another."""
    values = {name: environment[name.upper()] for name in Settings.model_fields if name.upper() in environment}
    try:
        chosen = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        purpose = Settings.model_fields[name].description or ""
        raise BadSetting(name.upper(), first["msg"], f"set it in s.yaml. {purpose}") from error
    for name in ("oss_endpoint", "oss_public_endpoint", "ims_endpoint", "ims_search_endpoint", "mns_endpoint"):
        _check_endpoint(name, getattr(chosen, name))
    _check_together(chosen)
    return chosen


def _check_endpoint(name: str, endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        is_good = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        is_good = False
    if endpoint and not (is_good and re.fullmatch(r"[!-~]+", endpoint)):
        raise BadSetting(
            name.upper(), f"{endpoint!r} is no address of a service", "write https://, the host and perhaps a port, and no more"
        )


def _check_together(chosen: Settings) -> None:
    # A request may be silent twice, before its body is sent and before it is answered; the claim must hold until both have passed.
    if chosen.claim_seconds < 2 * chosen.request_seconds:
        problem = f"{chosen.claim_seconds} is less than twice REQUEST_SECONDS ({chosen.request_seconds})"
        raise BadSetting("CLAIM_SECONDS", problem, "raise it or lower the other: else a submit that waits for its answer is done again")
    longest = max(chosen.image_deadline_seconds, chosen.sequence_deadline_seconds, chosen.video_deadline_seconds)
    if chosen.input_url_seconds < longest:
        problem = f"{chosen.input_url_seconds} is less than the longest deadline of a job ({longest})"
        raise BadSetting("INPUT_URL_SECONDS", problem, "raise it, or lower the deadline: else a job that waits long finds its input gone")
    if chosen.state_bucket == chosen.media_bucket:
        raise BadSetting("STATE_BUCKET", "is the media bucket", "use another, whose objects start no function")
    unsearchable = namespace_problem(chosen.default_namespace)
    if unsearchable is not None:
        raise BadSetting("DEFAULT_NAMESPACE", unsearchable, "use a name that people can search for")
    _ = chosen.key_layout
