"""All settings of the functions, in one typed class read from environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.errors import BadSetting
from sightline.media.namespaces import namespace_problem
from sightline.setting import Setting, number, text, whole

if TYPE_CHECKING:
    from sightline.media.layout import KeyLayout

# Seconds that OSS takes in x-oss-expires ("Include a V4 signature in a URL" in its documentation).
LONGEST_PRESIGN = 7 * 24 * 3600

_ADDRESS = "https://, the host and perhaps a port, and no more"


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        is_service = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        return False
    return is_service and endpoint.isascii() and endpoint.isprintable() and not any(mark in endpoint for mark in " @?#")


def _is_address_or_empty(endpoint: str) -> bool:
    return not endpoint or _is_address(endpoint)


def _is_folder(prefix: str) -> bool:
    return len(prefix) > 1 and prefix.endswith("/") and not prefix.startswith("/")


def _is_camera_library(name: str) -> bool:
    rest = name.removeprefix("IPCamera_")
    return rest != name and rest.isascii() and rest.isalnum()


class Settings:
    """Each field is the environment variable of the same name in capitals; times are in seconds.

    A missing or wrong one raises BadSetting; whether they go together is for `from_environment`.
    """

    region: str = text("cn-shanghai", "Region of the buckets, without the `oss-`.")
    oss_endpoint: str = text(None, "Where the functions reach OSS.", form=_ADDRESS, good=_is_address)
    oss_public_endpoint: str = text(
        "", "Where browsers and IMS reach OSS; OSS_ENDPOINT when empty.", form=_ADDRESS, good=_is_address_or_empty
    )
    media_bucket: str = text(None, "The bucket that people upload to.", least=3)
    state_bucket: str = text(None, "The bucket of ledgers and records; without versioning.", least=3)
    upload_prefix: str = text("uploads/", "Keys below it are media.", form="a folder, as in uploads/", good=_is_folder)
    derived_prefix: str = text("derived/", "What jobs make of media is below it.", form="a folder, as in derived/", good=_is_folder)
    rules_file: str = text("", "The file of rules; that of the layer, `sightline/rules/rules.json`, when empty.")
    ims_endpoint: str = text(None, "Where smart tag jobs are submitted and asked about.", form=_ADDRESS, good=_is_address)
    ims_search_endpoint: str = text("", "Where the search library is; IMS_ENDPOINT when empty.", form=_ADDRESS, good=_is_address_or_empty)
    smarttag_template_id: str = text(None, "A template of type 11 with `vlEventDesc`.", least=1)
    smarttag_pipeline_id: str = text("", "The pipeline whose callbacks reach `collect`; the default one when empty.")
    pai_host: str = text(
        "", "Where PAI's multimedia analysis is; without it no upload gets a job of it.", form=_ADDRESS, good=_is_address_or_empty
    )
    pai_app_id: str = text("", "The AppId of PAI's multimedia analysis.")
    pai_token: str = text("", "The token of that AppId.")
    analysis_calls_per_sweep: int = whole(60, "Calls of PAI that a sweep makes at most; it knows no callbacks.", least=1)
    search_library: str = text(
        None, "The search library.", form="IPCamera_ and then letters and digits, as IPC needs it", good=_is_camera_library
    )
    default_namespace: str = text("default", "Namespace of an upload or query that names none.", least=1)
    camera_time_zone: str = text("UTC", "Zone (IANA) of a time in a key that names none.")
    camera_time_zones: str = text("", "Other zones, by namespace or namespace/device: `home=Asia/Shanghai,lab/door=Europe/Rome`.")
    caption_language: str = text("en", "`targetLanguage` of video jobs.")
    input_url_seconds: int = whole(6 * 3600, "How long IMS may fetch a submitted input.", least=60, most=LONGEST_PRESIGN)
    page_url_seconds: int = whole(3600, "How long a thumbnail or player address works.", least=60, most=LONGEST_PRESIGN)
    claim_seconds: int = whole(90, "How long a submit may take before another may take over.", least=1)
    request_seconds: int = whole(30, "A request that is silent for so long counts as unanswered.", least=1)
    callback_seconds: int = whole(60, "How long `sweep` waits for a callback before it asks.")
    jobs_in_flight: int = whole(
        4, "Jobs of a region and pipeline at once; IMS runs two of a pipeline at a time. The others wait. 0: no limit."
    )
    daily_jobs_per_namespace: int = whole(0, "More wait for the next day (UTC). 0: no limit.")
    submit_attempts: int = whole(
        50, "After so many submits without an answer, each perhaps a job, a media fails. With the pauses: some hours.", least=1
    )
    image_deadline_seconds: int = whole(1800, "A job of an image that takes longer has failed.", least=60)
    sequence_deadline_seconds: int = whole(3600, "A job of an image sequence that takes longer has failed.", least=60)
    video_deadline_seconds: int = whole(6 * 3600, "A job of a video that takes longer has failed.", least=60)
    index_deadline_seconds: int = whole(3600, "An index job that takes longer has failed.", least=60)
    longest_invocation_seconds: int = whole(
        600, "No function runs longer: the largest timeout in s.yaml. What a late one may still do is undone after it.", least=1
    )
    sweep_seconds: int = whole(300, "How long a sweep attends to media; the next one does the rest.", least=1)
    drain_seconds: int = whole(60, "How long a sweep waits for a pause to end, while media wait in line.")
    index_wait_seconds: float = number(20, "How long `collect`, or a whole sweep, waits for index jobs; the next sweep does the rest.")
    facts_retention_days: int = whole(90, "How long the ledger of a removed media is kept.", least=1)
    audit_grace_seconds: int = whole(600, "What is younger is left to its own event; `sweep` looks for lost events among the rest.")
    audit_back_seconds: int = whole(86400, "How far back the first look for lost events goes; older uploads are for `sightline backfill`.")
    audit_keys_per_sweep: int = whole(5000, "Keys of the media bucket that a sweep looks at for lost events.", least=1)
    media_checked_per_sweep: int = whole(
        20, "Media whose library entry, record and object a sweep checks: at a sweep each two minutes, 14,400 a day.", least=1
    )
    mns_endpoint: str = text(
        "", "Where the queue of failed events is; the account's own in its region when empty.", form=_ADDRESS, good=_is_address_or_empty
    )
    fc_account_id: str = text("", "Set by Function Compute.")
    dead_queue: str = text("sightline-dead", "The queue that Function Compute sends failed events to.", least=1)
    letter_attempts: int = whole(8, "A parked record that failed so often is dead: a person decides.", least=1)
    letter_pause_seconds: float = number(60, "Before the second attempt at a parked record; each next is doubled.")
    letter_seconds: int = whole(
        60, "How long a sweep takes failed events from the queue, and then tries parked records; the next one goes on.", least=1
    )
    max_image_bytes: int = whole(20 * 2**20, "A larger image is refused.", least=1)
    max_video_bytes: int = whole(4 * 2**30, "A larger video is refused.", least=1)
    max_sequence_images: int = whole(50, "A manifest that names more is refused.", least=1)

    def __init__(self, **chosen: Any) -> None:
        unknown = chosen.keys() - FIELDS.keys()
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        self.__dict__.update({name: field.read(name, chosen.get(name, field.default)) for name, field in FIELDS.items()})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings stay as they are: {name}")

    @cached_property
    def key_layout(self) -> KeyLayout:
        """Raises BadSetting for a zone that is unknown here."""
        # Time zones and their files are for those who read keys; a search reads none.
        from sightline.media.layout import KeyLayout
        from sightline.media.zones import parse_zones

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
    def has_analysis(self) -> bool:
        """Whether PAI's services can be asked."""
        return bool(self.pai_host)

    @property
    def queue_endpoint(self) -> str:
        """Of an account and region: "Endpoints", Simple Message Queue documentation."""
        return self.mns_endpoint or f"https://{self.fc_account_id}.mns.{self.region}-internal.aliyuncs.com"

    @property
    def search_endpoint(self) -> str:
        return self.ims_search_endpoint or self.ims_endpoint


FIELDS: Mapping[str, Setting] = {name: field for name, field in vars(Settings).items() if isinstance(field, Setting)}
"""Every setting by its name, in the order of the class."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Raises BadSetting for the first variable that is missing or wrong, alone or beside another."""
    chosen = Settings(**{name: environment[name.upper()] for name in FIELDS if name.upper() in environment})
    _check_together(chosen)
    return chosen


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
    if chosen.upload_prefix.startswith(chosen.derived_prefix) or chosen.derived_prefix.startswith(chosen.upload_prefix):
        problem = f"is {chosen.derived_prefix!r}, and UPLOAD_PREFIX is {chosen.upload_prefix!r}"
        raise BadSetting("DERIVED_PREFIX", problem, "let neither be below the other: else what a job makes is taken for an upload")
    if chosen.pai_host and not (chosen.pai_app_id and chosen.pai_token):
        raise BadSetting("PAI_APP_ID", "or PAI_TOKEN is not set, and PAI_HOST is", "set all three, or none")
    unsearchable = namespace_problem(chosen.default_namespace)
    if unsearchable is not None:
        raise BadSetting("DEFAULT_NAMESPACE", unsearchable, "use a name that people can search for")
    if (chosen.camera_time_zone, chosen.camera_time_zones) != ("UTC", ""):
        _ = chosen.key_layout
