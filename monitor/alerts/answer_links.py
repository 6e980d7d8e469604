"""Signed links by which the reader of a message answers one alert. Pure: `web.answer_page` serves what they open.

A token is `ACTION.ALERT.MESSAGE.EXPIRY.SIGNATURE`, the expiry in Unix seconds. Its characters need no escaping in a
URL, in HTML or in Slack's `<url|label>`. The signature is an HMAC-SHA256 of the other parts, cut to 128 bits and
written in base64url: 22 characters, of which the last one is always a letter, so mail programs find the link's end.
"""

from __future__ import annotations

import hmac
import math
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from monitor.alerts.feedback import FeedbackKind
from monitor.errors import ExpiredLink, ForgedLink
from monitor.model import Message, Moment
from monitor.units import DAY

LINK_LIFETIME_S = 60 * DAY  # from the message's creation: a monthly digest is sent a month after it
MAX_SIGNED_ALERTS = 200  # of a message; none shows as many
SIGNATURE_BYTES = 16
SIGNED_PURPOSE = "claimwatch answer link 1"  # begins what is signed; its number changes with the form of the token

ACTIONS = {FeedbackKind.ACK: "seen", FeedbackKind.NOT_NEWS: "not-news"}
_TOKEN = re.compile(
    r"(?P<signed>(?P<action>seen|not-news)\.(?P<alert>[A-Za-z0-9-]{1,100})\.[A-Za-z0-9-]{1,100}\.(?P<expiry>[0-9]{1,12}))"
    r"\.(?P<signature>[A-Za-z0-9_-]{22})"
)


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """What a verified token permits: to give one alert one answer."""

    alert_id: str
    kind: FeedbackKind


@dataclass(frozen=True, slots=True)
class AnswerUrls:
    """The links of one alert in one message."""

    seen: str
    not_news: str


def answer_urls(message: Message, web_url: str | None, key: bytes) -> dict[str, AnswerUrls]:
    """Return the links of the alerts in a message, and in the one that it follows up, by alert id.

    They depend only on the message, so every try sends the same ones. There are none without `web_url`, and none for
    the monitor's own notices.
    """
    if not web_url:
        return {}
    base_url = web_url.rstrip("/")
    followed_urls = answer_urls(message.reply_to, web_url, key) if message.reply_to else {}
    return followed_urls | dict(_urls_by_alert(message, base_url, key))


def _urls_by_alert(message: Message, base_url: str, key: bytes) -> Iterator[tuple[str, AnswerUrls]]:
    expiry = message.created + LINK_LIFETIME_S
    for alert in islice((alert for alert in message.alerts if alert.findings), MAX_SIGNED_ALERTS):
        tokens = (sign_answer(key, kind, alert.id, message.id, expiry) for kind in ACTIONS)
        yield alert.id, AnswerUrls(*(f"{base_url}/answer/{token}" for token in tokens))


def sign_answer(key: bytes, kind: FeedbackKind, alert_id: str, message_id: str, expiry: Moment) -> str:
    """Return the token that gives the alert this answer until `expiry`, rounded up to a second."""
    signed = f"{ACTIONS[kind]}.{alert_id}.{message_id}.{math.ceil(expiry)}"
    return f"{signed}.{_signature(key, signed)}"


def verify_answer(key: bytes | None, token: str, now: Moment) -> AnswerLink:
    """Return what a token permits. Raises ForgedLink, also if there is no key, and ExpiredLink."""
    parts = _TOKEN.fullmatch(token)
    if key is None or parts is None or not hmac.compare_digest(_signature(key, parts["signed"]), parts["signature"]):
        raise ForgedLink
    if now >= int(parts["expiry"]):
        raise ExpiredLink(parts["alert"])
    kind = next(kind for kind, action in ACTIONS.items() if action == parts["action"])
    return AnswerLink(parts["alert"], kind)


def _signature(key: bytes, signed: str) -> str:
    digest = hmac.digest(key, f"{SIGNED_PURPOSE}\n{signed}".encode(), "sha256")
    return urlsafe_b64encode(digest[:SIGNATURE_BYTES]).decode().rstrip("=")
