"""What the config and a channel say about how a message is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from monitor.alerts.answer_links import AnswerUrls


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How to render a message.

    `web_url` is the public address of the pages, None without one. `template` is the name that the alerts' rules
    give; its parts are used as far as they exist. `answers` are the answer links by alert id. `severity_marker`:
    whether "[HIGH]" or "[CRITICAL]" begins a subject.
    """

    timezone: ZoneInfo
    web_url: str | None = None
    template: str | None = None
    answers: Mapping[str, AnswerUrls] = field(default_factory=dict)
    severity_marker: bool = True
