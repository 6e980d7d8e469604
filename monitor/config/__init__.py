"""The shape of `config.toml` after reading: frozen models, durations in seconds, secrets already looked up.

How a file becomes a `Config`, and how every problem in it is told with line and column: `file.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from monitor.config.values import (
    cron,
    database_url,
    expression,
    full_text,
    header_name,
    header_value,
    hours,
    jmespath,
    listen_address,
    network,
    one_or_more,
    secret_header_value,
    selector,
    site_address,
    source_name,
    web_address,
)
from monitor.model import Severity

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LONGEST = 1000 * 365 * 86400.0


def seconds(text: Any) -> float:
    """`"15m"`, `"90s"`, `"6h"`, `"7d"` or a bare number of seconds, as seconds. ValueError otherwise."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        amount: float = text
    else:
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([smhdw])", str(text).strip())
        amount = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 0 < amount <= LONGEST:
        raise ValueError('expected a duration such as "15m", "6h" or "7d"')
    return float(amount)


def zone(text: Any) -> ZoneInfo:
    """An IANA time zone by name. ValueError otherwise."""
    try:
        return ZoneInfo(str(text))
    except (KeyError, ValueError, OSError):
        raise ValueError('expected a time zone such as "Europe/Kyiv"') from None


Seconds = Annotated[float, BeforeValidator(seconds)]
Zone = Annotated[ZoneInfo, BeforeValidator(zone)]
SourceName = Annotated[str, AfterValidator(source_name)]
WebAddress = Annotated[str, AfterValidator(web_address)]
SiteAddress = Annotated[str, AfterValidator(site_address)]
Cron = Annotated[str, AfterValidator(cron)]
Network = Annotated[str, AfterValidator(network)]
ListenAddress = Annotated[str, AfterValidator(listen_address)]
Expression = Annotated[str, AfterValidator(expression)]
FullText = Annotated[bool, AfterValidator(full_text)]
Selector = Annotated[str, AfterValidator(selector)]
Hours = Annotated[tuple[str, ...], BeforeValidator(one_or_more), AfterValidator(hours)]
Jmespath = Annotated[str, AfterValidator(jmespath)]
HeaderName = Annotated[str, AfterValidator(header_name)]
HeaderText = Annotated[str, AfterValidator(header_value)]
SecretHeader = Annotated[SecretStr, AfterValidator(secret_header_value)]
DatabaseUrl = Annotated[str, AfterValidator(database_url)]


class Shape(BaseModel):
    """Every table of the config: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Auth(Shape):
    """Basic (username and password) or bearer (token) authentication of a source."""

    username: str | None = None
    password: SecretStr | None = None
    token: SecretHeader | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Auth:
        basic = self.username is not None and self.password is not None and self.token is None
        bearer = self.token is not None and self.username is None and self.password is None
        if not (basic or bearer):
            raise ValueError('expected "username" and "password", or "token"')
        return self


class Fields(Shape):
    """JMESPath expressions that find the parts of one entry of a JSON API; those left out have common names."""

    key: Jmespath | None = None
    title: Jmespath | None = None
    url: Jmespath | None = None
    text: Jmespath | None = None
    published: Jmespath | None = None
    author: Jmespath | None = None
    tags: Jmespath | None = None


KEYS_OF_A_KIND = {"select": "page", "each": "page", "entries": "json", "fields": "json"}


class SourceConfig(Shape):
    """Something polled. `id` is what keeps its history when `name` changes. `every` and `slowest` are seconds; `cron`
    wins over both. The keys in KEYS_OF_A_KIND are read for that kind alone."""

    name: SourceName
    id: SourceName | None = None
    url: WebAddress
    kind: Literal["feed", "page", "json"] = "feed"
    every: Seconds = 900.0
    slowest: Seconds | None = None
    cron: Cron | None = None
    tags: tuple[str, ...] = ()
    first_poll: Literal["baseline", "alert"] = "baseline"
    headers: dict[HeaderName, SecretHeader] = Field(default_factory=dict)
    auth: Auth | None = None
    ignore: tuple[Expression, ...] = ()
    full_text: FullText = False
    select: Selector | None = None
    each: Selector | None = None
    entries: Jmespath | None = None
    fields: Fields | None = None


class MonitorConfig(Shape):
    database: DatabaseUrl = "sqlite:///monitor.db"
    rules: Path = Path("rules")
    templates: Path = Path("templates")
    timezone: Zone = ZoneInfo("UTC")
    memory: Seconds = 90 * 86400.0
    user_agent: HeaderText = "Claimwatch/0.1 (+https://example.org/claimwatch)"


class NetworkConfig(Shape):
    """`allow_private`: networks in CIDR form that are dialled although they are not public."""

    allow_private: tuple[Network, ...] = ()


class ChannelConfig(Shape):
    """What every channel has; each notifier's own model adds to it. `name` is the table's name."""

    name: str
    type: str
    severity: Severity = Field(default=Severity.INFO, description="it takes alerts of this severity and above")
    quiet_hours: Hours = Field(default=(), description="hours in which alerts wait: they come in one message after")
    digest: Cron | None = Field(default=None, description="when all that came since comes in one message")
    urgent: Severity = Field(default=Severity.CRITICAL, description="what is so severe waits for neither")
    timezone: Zone | None = Field(default=None, description="of quiet_hours and digest, if not [monitor] timezone")
    fallback: str | None = Field(default=None, description="the channel that is told when this one does not work")
    template: str | None = Field(
        default=None, description="the template of messages whose rules name none: brief stands for brief.slack.j2"
    )


class AlertsConfig(Shape):
    notify: tuple[str, ...] = ()


class WebConfig(Shape):
    """`url` is where people reach the page that `listen` serves: what links in messages begin with."""

    listen: ListenAddress | None = None
    url: SiteAddress | None = None


class Config(Shape):
    """A whole config. Relative paths were made absolute against `folder`, the config file's own."""

    path: Path
    folder: Path
    monitor: MonitorConfig
    network: NetworkConfig
    sources: tuple[SourceConfig, ...]
    channels: dict[str, ChannelConfig]
    alerts: AlertsConfig
    web: WebConfig
