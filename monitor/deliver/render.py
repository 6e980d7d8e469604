"""Render a message as the readers of a channel get it. Pure: no clock, no disk, no network.

A custom template that fails never loses an alert: that part is rendered from the built-in template, or as the default
body of a webhook, and the message and `RenderedMessage.note` say which template failed and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from monitor.characters import replace_surrogates
from monitor.deliver.finding_context import Limits, TemplateContext
from monitor.deliver.grouping import batched_alert_count
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sanitize import sanitize_header
from monitor.deliver.slack_blocks import SlackBlock, parse_slack_blocks
from monitor.deliver.template_check import check_templates
from monitor.deliver.template_context import template_context
from monitor.deliver.templates import (
    ESCAPING_BY_TEMPLATE,
    TemplateFault,
    Templates,
    fill_template,
    load_templates,
    rule_template_names,
)
from monitor.deliver.webhook_body import render_webhook_body
from monitor.model import Message

if TYPE_CHECKING:
    from css_inline import CSSInliner

__all__ = [
    "RenderedMessage",
    "Templates",
    "check_templates",
    "load_templates",
    "render_message",
    "rule_template_names",
]

# Ten long findings with their diffs stay below 102 KB; Gmail hides the rest of a larger mail.
LIMITS_BY_CHANNEL = {
    "email": Limits(findings=10, claim=600),
    "slack": Limits(findings=8, claim=500),
    "terminal": Limits(findings=5, claim=400),
}
DEFAULT_LIMITS = Limits(findings=8, claim=500)
# A message that combines alerts names up to five hundred, and shows the first ones in full. Its mail may exceed what
# Gmail shows at once, but a Slack post has a hard limit.
BATCH_LIMITS_BY_CHANNEL = {
    "email": Limits(findings=40, claim=300, changes=3),
    "slack": Limits(findings=6, claim=300, changes=2, headlines=40, headline_chars=5000, answers=10),
    "terminal": Limits(findings=10, claim=300, changes=3, headlines=200),
}


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """What a notifier sends. Which fields are set depends on the type of channel; `subject` is "" for a webhook.

    `opening_blocks` replace the blocks of the message that this one follows up. `note` says which custom templates
    failed, and why.
    """

    subject: str
    text: str = ""
    html: str = ""
    blocks: tuple[SlackBlock, ...] = ()
    opening_blocks: tuple[SlackBlock, ...] = ()
    body: bytes = b""
    note: str | None = None


def render_message(
    message: Message,
    channel_type: str,
    templates: Templates,
    settings: RenderSettings,
    note: str = "",
) -> RenderedMessage:
    """Render the message for a channel of this type; a type without its own template gets the plain text of a mail.

    `note` is an earlier failure of the custom templates, to be shown to the reader.
    """
    if channel_type == "webhook":
        body, fault = render_webhook_body(message, templates, settings, note)
        return RenderedMessage(subject="", body=body, note=fault)
    limits_by_channel = BATCH_LIMITS_BY_CHANNEL if batched_alert_count(message) else LIMITS_BY_CHANNEL
    limits = limits_by_channel.get(channel_type, DEFAULT_LIMITS)
    context = template_context(message, limits, settings) | {"note": note}
    if message.reply_to is not None and channel_type == "email":
        context |= {"preview": context["headline"]}  # the subject is that of the first mail
        rendered = _render_email(_TemplateFiller(templates, context, settings.template))
        return replace(rendered, subject=sanitize_header(f"Re: {message.reply_to.thread_ref}"))
    if message.reply_to is None or channel_type != "slack":
        return _RENDERERS.get(channel_type, _render_plain)(_TemplateFiller(templates, context, settings.template))
    latest = " · ".join(part for part in (context["headline"], context["source"], context["at"]) if part)
    opening_context = template_context(message.reply_to, limits, settings) | {"latest": latest}
    opening_blocks = _render_slack(_TemplateFiller(templates, opening_context, settings.template)).blocks
    return replace(
        _render_slack(_TemplateFiller(templates, context, settings.template)), opening_blocks=opening_blocks
    )


class _TemplateFiller:
    """Fills the templates for one message and records which custom ones failed. `template` is the rule's own."""

    def __init__(self, templates: Templates, context: TemplateContext, template: str | None) -> None:
        self.templates, self.context = templates, context
        self.rule_parts = {
            part: f"{template}.{part}"
            for part in ESCAPING_BY_TEMPLATE
            if f"{template}.{part}" in dict(templates.custom)
        }
        self.faults = [str(context["note"])] if context["note"] else []

    def fill_part(self, name: str, postprocess: Callable[[str], str] = str) -> str:
        """Return the text of one template: the custom one if it works, else the built-in one."""
        try:
            text = fill_template(self.templates, self.rule_parts.get(name, name), self.context)
            return postprocess(replace_surrogates(text))
        except (TemplateFault, StyleFault) as fault:
            self.faults.append(str(fault))
            fallback_context = self.context | {"note": f"{fault}. The built-in template is used instead."}
            text = fill_template(Templates(self.templates.builtin), name, fallback_context)
            return postprocess(replace_surrogates(text))

    @property
    def note(self) -> str | None:
        return "; ".join(self.faults) or None

    @property
    def default_subject(self) -> str:
        """The subject for channels without a subject template, and for a template that prints nothing."""
        parts = [text for text in (self.context["headline"], self.context["source"]) if text]
        return sanitize_header(self.context["urgent"] + " · ".join(parts))


class StyleFault(Exception):
    """The style sheet of a mail is invalid."""


def inline_styles(html: str) -> str:
    """Return the HTML with the rules of its style sheet copied to the elements they match: many mail programs ignore
    style sheets. Raises StyleFault."""
    from css_inline import InlineError  # loaded only by the process that renders

    try:
        return _css_inliner().inline(html)
    except InlineError as error:
        raise StyleFault(f"cannot inline the mail's styles: {error}") from None


@cache
def _css_inliner() -> CSSInliner:
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def _render_email(filler: _TemplateFiller) -> RenderedMessage:
    subject = sanitize_header(filler.fill_part("email.subject.j2"))
    text = filler.fill_part("email.txt.j2", _trim_blanks)
    html = filler.fill_part("email.html.j2", inline_styles)
    return RenderedMessage(subject or filler.default_subject, text, html, note=filler.note)


def _render_slack(filler: _TemplateFiller) -> RenderedMessage:
    blocks = parse_slack_blocks(filler.fill_part("slack.j2"))
    return RenderedMessage(filler.default_subject, blocks=blocks, note=filler.note)


def _render_terminal(filler: _TemplateFiller) -> RenderedMessage:
    return RenderedMessage(filler.default_subject, filler.fill_part("terminal.j2", _trim_blanks), note=filler.note)


def _render_plain(filler: _TemplateFiller) -> RenderedMessage:
    subject = sanitize_header(filler.fill_part("email.subject.j2"))
    text = filler.fill_part("email.txt.j2", _trim_blanks)
    return RenderedMessage(subject or filler.default_subject, text, note=filler.note)


_RENDERERS: dict[str, Callable[[_TemplateFiller], RenderedMessage]] = {
    "email": _render_email,
    "slack": _render_slack,
    "terminal": _render_terminal,
}


def _trim_blanks(text: str) -> str:
    """Remove spaces at line ends, and all but one of consecutive empty lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for previous, line in zip([None, *lines], lines, strict=False) if line or previous]
    return "\n".join(kept) + "\n"
