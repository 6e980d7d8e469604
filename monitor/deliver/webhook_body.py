"""Render the body of a webhook post: from the user's template if there is one, else the default body."""

from __future__ import annotations

import json

from monitor.characters import replace_surrogates
from monitor.deliver.finding_context import Limits, TemplateContext
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.template_context import template_context
from monitor.deliver.templates import WEBHOOK_TEMPLATE, TemplateFault, Templates, fill_template
from monitor.deliver.webhook_payload import MAX_POST_ALERTS, event_type, webhook_payload
from monitor.model import Message
from monitor.serialize import format_iso

WEBHOOK_LIMITS = Limits(findings=MAX_POST_ALERTS, claim=600)


def webhook_context(message: Message, settings: RenderSettings) -> TemplateContext:
    """Return what a webhook template sees: the names of every template, and `data`, that of the default body."""
    return template_context(message, WEBHOOK_LIMITS, settings) | {"data": webhook_payload(message, settings.web_url)}


def render_webhook_body(
    message: Message, templates: Templates, settings: RenderSettings, note: str = ""
) -> tuple[bytes, str | None]:
    """Return the body, and why it is not what the user's template prints, if that failed.

    `note` is an earlier failure of the templates.
    """
    custom_names = dict(templates.custom)
    names = (f"{settings.template}.{WEBHOOK_TEMPLATE}", WEBHOOK_TEMPLATE)
    name = next((name for name in names if name in custom_names), None)
    if name is None:
        return default_body(message, settings.web_url, note), note or None
    try:
        return _encode(fill_template(templates, name, webhook_context(message, settings))), None
    except TemplateFault as fault:
        return default_body(message, settings.web_url, f"{fault}. The default body is used instead."), str(fault)


def default_body(message: Message, web_url: str | None, note: str = "") -> bytes:
    """Return the documented body. `note` says which template failed; it is in `data` only if there is one."""
    data = webhook_payload(message, web_url) | ({"note": note} if note else {})
    envelope = {"type": event_type(message), "timestamp": format_iso(message.created), "data": data}
    return _encode(json.dumps(envelope, ensure_ascii=False, separators=(",", ":")))


def _encode(text: str) -> bytes:
    return replace_surrogates(text).encode()
