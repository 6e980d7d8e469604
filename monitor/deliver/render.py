"""A message as a channel's readers get it. Pure: no clock, no disk, no network.

A template of the user's that fails never costs an alert: that part is rendered by the built-in template, which
tells in the message, and in `Rendered.note`, which template failed and why.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from monitor.deliver.inline import StyleFault, inlined
from monitor.deliver.payload import iso, payload
from monitor.deliver.safe import header_text
from monitor.deliver.slack_blocks import Block, blocks
from monitor.deliver.template_check import check_templates
from monitor.deliver.templates import ESCAPING, TemplateFault, Templates, fill, load_templates, rule_templates
from monitor.deliver.view import Names, Room, view
from monitor.model import Message, Reason

__all__ = ["Rendered", "Templates", "check_templates", "load_templates", "render", "rule_templates"]

# Ten long findings with their diffs stay below the 102 KB from which Gmail hides the rest of a mail.
ROOM = {
    "email": Room(findings=10, claim=600),
    "slack": Room(findings=8, claim=500),
    "terminal": Room(findings=5, claim=400),
}
ANY_ROOM = Room(findings=8, claim=500)
# A digest has many short findings. Its mail may be longer than Gmail shows at once; a post in Slack may not.
DIGEST_ROOM = {
    "email": Room(findings=40, claim=300, changes=3),
    "slack": Room(findings=14, claim=300, changes=2),  # three blocks each, of fifty
    "terminal": Room(findings=40, claim=300, changes=3),
}
WAITED = (Reason.DIGEST, Reason.QUIET_HOURS)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent. Every channel has `subject` and `text`; `html`, `blocks` and `body` where it has a use for them.

    `opening` is how the message that this one follows up reads from now on. `note` says which of the user's templates
    failed, and why.
    """

    subject: str
    text: str = ""
    html: str = ""
    blocks: tuple[Block, ...] = ()
    opening: tuple[Block, ...] = ()
    body: bytes = b""
    note: str | None = None


def render(
    message: Message,
    channel_type: str,
    templates: Templates,
    timezone: ZoneInfo,
    web_url: str | None,
    template: str | None = None,
    note: str = "",
) -> Rendered:
    """The message for a channel of this type; a type without templates of its own gets e-mail's plain text.

    `template` is the one that the alerts' rules name: its parts are used where there are some. `note` is what was
    wrong with the user's templates before, for the reader.
    """
    if channel_type == "webhook":
        return Rendered(subject="", body=_body(message))
    room = (DIGEST_ROOM if message.gathers in WAITED else ROOM).get(channel_type, ANY_ROOM)
    names = view(message, room, timezone, web_url) | {"note": note}
    if message.first is None or channel_type != "slack":
        return _PARTS.get(channel_type, _plain)(_Desk(templates, names, template))
    latest = " · ".join(part for part in (names["headline"], names["source"], names["at"]) if part)
    first = view(message.first, room, timezone, web_url) | {"latest": latest}
    opening = _slack(_Desk(templates, first, template)).blocks
    return replace(_slack(_Desk(templates, names, template)), opening=opening)


def _body(message: Message) -> bytes:
    whole = {"type": "alert.created", "timestamp": iso(message.created), "data": payload(message)}
    # Half characters cannot be sent as UTF-8; all else goes as it was said.
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _Desk:
    """Fills one message's templates, and remembers which of the user's failed. `template` is the rule's own."""

    def __init__(self, templates: Templates, names: Names, template: str | None) -> None:
        self.templates, self.names = templates, names
        self.own = {part: f"{template}.{part}" for part in ESCAPING if f"{template}.{part}" in dict(templates.own)}
        self.faults = [str(names["note"])] if names["note"] else []

    def part(self, name: str, finish: Callable[[str], str] = str) -> str:
        """One template's text, the user's if it works."""
        try:
            return finish(_encodable(fill(self.templates, self.own.get(name, name), self.names)))
        except (TemplateFault, StyleFault) as fault:
            self.faults.append(str(fault))
            names = self.names | {"note": f"{fault}. This is the built-in template."}
            return finish(_encodable(fill(Templates(self.templates.builtin), name, names)))

    @property
    def note(self) -> str | None:
        return "; ".join(self.faults) or None

    @property
    def subject(self) -> str:
        """The subject of channels that have no template for one."""
        told = [text for text in (self.names["headline"], self.names["source"]) if text]
        return header_text(self.names["urgent"] + " · ".join(told))


def _email(desk: _Desk) -> Rendered:
    subject = header_text(desk.part("email.subject.j2"))
    text = desk.part("email.txt.j2", _tidy)
    html = desk.part("email.html.j2", inlined)
    return Rendered(subject or desk.subject, text, html, note=desk.note)


def _slack(desk: _Desk) -> Rendered:
    made = blocks(desk.part("slack.j2"))
    return Rendered(desk.subject, blocks=made, note=desk.note)


def _terminal(desk: _Desk) -> Rendered:
    return Rendered(desk.subject, desk.part("terminal.j2", _tidy), note=desk.note)


def _plain(desk: _Desk) -> Rendered:
    subject = header_text(desk.part("email.subject.j2"))
    return Rendered(subject or desk.subject, desk.part("email.txt.j2", _tidy), note=desk.note)


_PARTS: dict[str, Callable[[_Desk], Rendered]] = {"email": _email, "slack": _slack, "terminal": _terminal}


def _tidy(text: str) -> str:
    """No blanks at line ends, no more than one empty line in a row."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for before, line in zip([None, *lines], lines, strict=False) if line or before]
    return "\n".join(kept) + "\n"


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
