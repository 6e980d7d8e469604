"""The models of `config.toml`: frozen, with durations in seconds and secrets already looked up.

`monitor.config_file` reads a file into a `Config` and reports its problems with line and column.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from monitor.config.fields import (
    as_list,
    validate_cron,
    validate_css_selector,
    validate_database_url,
    validate_full_text,
    validate_header_name,
    validate_header_value,
    validate_jmespath,
    validate_listen_address,
    validate_network,
    validate_proxy,
    validate_quiet_hours,
    validate_regex,
    validate_render,
    validate_request_body,
    validate_secret_address,
    validate_secret_header,
    validate_site_address,
    validate_source_name,
    validate_web_address,
    validate_web_secret,
)
from monitor.model import Severity
from monitor.units import DAY, HOUR, parse_duration


def parse_timezone(text: Any) -> ZoneInfo:
    """Return an IANA time zone by name. Raises ValueError."""
    try:
        return ZoneInfo(str(text))
    except (KeyError, ValueError, OSError):
        raise ValueError('expected a time zone such as "Europe/Kyiv"') from None


def parse_recurrence(text: Any) -> float | None:
    """Return a duration in seconds, None for "never". Raises ValueError."""
    return None if text == "never" else parse_duration(text)


def parse_keep(text: Any) -> float | None:
    """Return a duration in seconds, None for "forever". Raises ValueError."""
    return None if text == "forever" else parse_duration(text)


DurationSeconds = Annotated[float, BeforeValidator(parse_duration)]
Recurrence = Annotated[float | None, BeforeValidator(parse_recurrence)]
KeepTime = Annotated[float | None, BeforeValidator(parse_keep)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(parse_timezone)]
SourceName = Annotated[str, AfterValidator(validate_source_name)]
WebAddress = Annotated[str, AfterValidator(validate_web_address)]
SecretAddress = Annotated[SecretStr, AfterValidator(validate_secret_address)]
SiteAddress = Annotated[str, AfterValidator(validate_site_address)]
CronExpression = Annotated[str, AfterValidator(validate_cron)]
CidrNetwork = Annotated[str, AfterValidator(validate_network)]
ListenAddress = Annotated[str, AfterValidator(validate_listen_address)]
RegexPattern = Annotated[str, AfterValidator(validate_regex)]
RenderFlag = Annotated[bool, AfterValidator(validate_render)]
FullTextFlag = Annotated[bool, AfterValidator(validate_full_text)]
CssSelector = Annotated[str, AfterValidator(validate_css_selector)]
QuietHours = Annotated[tuple[str, ...], BeforeValidator(as_list), AfterValidator(validate_quiet_hours)]
JmespathExpression = Annotated[str, AfterValidator(validate_jmespath)]
HeaderName = Annotated[str, AfterValidator(validate_header_name)]
HeaderValue = Annotated[str, AfterValidator(validate_header_value)]
SecretHeaderValue = Annotated[SecretStr, AfterValidator(validate_secret_header)]
WebSecret = Annotated[SecretStr, AfterValidator(validate_web_secret)]
ProxyAddress = Annotated[SecretStr, AfterValidator(validate_proxy)]
RequestBody = Annotated[SecretStr, BeforeValidator(validate_request_body)]
DatabaseUrl = Annotated[str, AfterValidator(validate_database_url)]


class ConfigTable(BaseModel):
    """A table of the config: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Auth(ConfigTable):
    """Authentication of a source: basic or digest (username and password), or bearer (token)."""

    username: str | None = None
    password: SecretStr | None = None
    token: SecretHeaderValue | None = None

    @model_validator(mode="after")
    def _check_exactly_one_scheme(self) -> Auth:
        is_basic = self.username is not None and self.password is not None and self.token is None
        is_bearer = self.token is not None and self.username is None and self.password is None
        if not (is_basic or is_bearer):
            raise ValueError('expected "username" and "password", or "token"')
        return self


class JsonFields(ConfigTable):
    """JMESPath expressions for the parts of an entry of a JSON API; for omitted ones, common names are tried."""

    key: JmespathExpression | None = None
    title: JmespathExpression | None = None
    url: JmespathExpression | None = None
    text: JmespathExpression | None = None
    published: JmespathExpression | None = None
    author: JmespathExpression | None = None
    tags: JmespathExpression | None = None


KIND_BY_SOURCE_KEY = dict.fromkeys(("select", "each", "attributes", "render"), "page") | {
    "entries": "json",
    "fields": "json",
}


KEYS_WITHOUT_EFFECT_IN_BROWSER = ("method", "body", "ca_file", "client_cert")  # of a source with `render`


class SourceConfig(ConfigTable):
    """Something polled. `id` keeps its history when `name` changes. `every` and `slowest` are seconds; `cron`
    overrides both. `method` is POST by default if there is a `body`. Each key in KIND_BY_SOURCE_KEY is only for its
    kind.
    """

    name: SourceName
    id: SourceName | None = None
    url: WebAddress
    kind: Literal["feed", "page", "json"] = "feed"
    every: DurationSeconds = 900.0
    slowest: DurationSeconds | None = None
    cron: CronExpression | None = None
    tags: tuple[str, ...] = ()
    first_poll: Literal["baseline", "alert"] = "baseline"
    headers: dict[HeaderName, SecretHeaderValue] = Field(default_factory=dict)
    cookies: dict[HeaderName, SecretHeaderValue] = Field(default_factory=dict)
    auth: Auth | None = None
    method: Literal["GET", "POST"] | None = None
    body: RequestBody | None = None
    proxy: ProxyAddress | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    ignore: tuple[RegexPattern, ...] = ()
    recurrence: Recurrence = 12 * HOUR
    full_text: FullTextFlag = False
    select: CssSelector | None = None
    each: CssSelector | None = None
    render: RenderFlag = False
    attributes: bool = False
    entries: JmespathExpression | None = None
    fields: JsonFields | None = None


class MonitorConfig(ConfigTable):
    database: DatabaseUrl = "sqlite:///monitor.db"
    rules: Path = Path("rules")
    templates: Path = Path("templates")
    timezone: TimeZone = ZoneInfo("UTC")
    memory: DurationSeconds = 90 * DAY
    keep: KeepTime = None
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    user_agent: HeaderValue = "Claimwatch/0.1 (+https://example.org/claimwatch)"


class NetworkConfig(ConfigTable):
    """`allow_private` has networks in CIDR form that may be reached although they are not public. `proxy` is "" for
    none, None for that of the environment; `ca_file` has authorities to trust besides the system's; `browser` is the
    Chromium for sources with `render`."""

    allow_private: tuple[CidrNetwork, ...] = ()
    proxy: ProxyAddress | None = None
    ca_file: Path | None = None
    browser: Path | None = None


class ChannelConfig(ConfigTable):
    """The keys of every channel; each notifier's model adds its own. `name` is the name of the table."""

    name: str
    type: str
    severity: Severity = Field(default=Severity.INFO, description="minimum severity of its alerts")
    quiet_hours: QuietHours = Field(
        default=(), description="hours in which alerts are held and then sent as one message"
    )
    digest: CronExpression | None = Field(
        default=None, description="when all alerts since the last digest are sent as one message"
    )
    urgent: Severity = Field(
        default=Severity.CRITICAL, description="this severity and above skips quiet hours and digest"
    )
    timezone: TimeZone | None = Field(
        default=None, description="time zone of quiet_hours and digest; default: that of [monitor]"
    )
    fallback: str | None = Field(default=None, description="the channel that is notified when this one fails")
    template: str | None = Field(
        default=None, description="template for rules that name none: brief means brief.slack.j2 and so on"
    )
    severity_marker: bool = Field(
        default=True, description='whether "[HIGH]" or "[CRITICAL]" begins the subject or headline'
    )


class AlertsConfig(ConfigTable):
    notify: tuple[str, ...] = ()


class WebConfig(ConfigTable):
    """`listen` is the address of the web UI, `url` its public URL, the base of links in messages.

    `trust_proxy` is the header in which a proxy names the user; it is read from loopback addresses and `proxies`.
    `tokens` are for programs: the API, the metrics and the feed.
    """

    listen: ListenAddress | None = None
    url: SiteAddress | None = None
    password: WebSecret | None = None
    trust_proxy: HeaderName | None = None
    proxies: tuple[CidrNetwork, ...] = ()
    tokens: tuple[WebSecret, ...] = ()


class HeartbeatConfig(ConfigTable):
    """`url` is requested every so many seconds while the daemon works. Anyone who knows it could pretend that."""

    url: SecretAddress | None = None
    every: Annotated[DurationSeconds, Field(ge=10.0)] = 60.0


class LogConfig(ConfigTable):
    """`level` is the lowest that is logged, `format` is text lines or JSON lines."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(ConfigTable):
    """A whole config. Paths are absolute; relative ones were resolved against `folder`, that of the config file."""

    path: Path
    folder: Path
    monitor: MonitorConfig
    network: NetworkConfig
    sources: tuple[SourceConfig, ...]
    channels: dict[str, ChannelConfig]
    alerts: AlertsConfig
    web: WebConfig
    heartbeat: HeartbeatConfig = HeartbeatConfig()
    log: LogConfig = LogConfig()

    @property
    def source_tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of every source, by its name."""
        return {source.name: source.tags for source in self.sources}
