"""Answer links in mails and Slack posts, and the commands that messages name without them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import (
    NOON,
    builtin_templates,
    make_alert,
    make_alert_finding,
    make_figure_finding,
    make_message,
    readable_parts,
)
from selectolax.lexbor import LexborHTMLParser

from monitor.alerts.answer_links import AnswerUrls, answer_urls
from monitor.deliver.mime import compose_mail, serialize_mail
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_pool import render_once
from monitor.deliver.render_settings import RenderSettings
from monitor.model import Message, Reason

WEB_URL = "https://claims.example/monitor"
KEY = b"key"
UTC = ZoneInfo("UTC")
ANSWER_URL = re.compile(r"https://claims\.example/monitor/answer/[A-Za-z0-9._-]+")
FLOOD = make_alert(
    make_alert_finding("The harbour is under water.", entry="e1"), id="al-1", rule="floods", story="s1"
)
FIRE = make_alert(make_alert_finding("A mill burns in Tolna.", entry="e2"), id="al-2", rule="fires", story="s2")
PAIR = make_alert(
    make_alert_finding("Smoke over Lerwick.", entry="e3"),
    make_alert_finding("The road to Lerwick is closed.", entry="e3"),
    id="al-3",
    rule="fires",
    story="s3",
)


def render(message: Message, kind: str, web_url: str | None = WEB_URL) -> RenderedMessage:
    urls = answer_urls(message, web_url, KEY)
    return render_message(message, kind, builtin_templates(), RenderSettings(UTC, web_url, answers=urls))


def links_of(*alert_urls: AnswerUrls) -> list[str]:
    return [url for urls in alert_urls for url in (urls.seen, urls.not_news)]


def digest(*alerts: object) -> Message:
    return make_message(*alerts, batch_reason=Reason.DIGEST)


@pytest.mark.parametrize("kind", ["email", "slack", "apprise"])
def test_a_message_about_one_alert_has_its_two_links_once(kind: str) -> None:
    message = make_message(make_alert(make_figure_finding(), make_alert_finding("A second claim.")))

    for part in readable_parts(render(message, kind)):
        assert ANSWER_URL.findall(part) == links_of(answer_urls(message, WEB_URL, KEY)["a1"])
        assert "monitor ack" not in part


@pytest.mark.parametrize("kind", ["email", "slack", "apprise"])
def test_a_message_with_several_alerts_has_the_links_of_each(kind: str) -> None:
    message = digest(FLOOD, FIRE, PAIR)
    urls = answer_urls(message, WEB_URL, KEY)

    for part in readable_parts(render(message, kind)):
        assert ANSWER_URL.findall(part) == links_of(urls["al-1"], urls["al-2"], urls["al-3"])
        seen_at = [part.index(urls[alert].seen) for alert in ("al-1", "al-2", "al-3")]
        claim_at = [part.rindex(claim) for claim in ("harbour is under", "mill burns", "road to Lerwick")]
        assert sorted([*seen_at, *claim_at]) == [at for pair in zip(claim_at, seen_at, strict=True) for at in pair]


@pytest.mark.parametrize("kind", ["email", "slack", "apprise"])
def test_an_update_that_several_rules_matched_has_the_links_beside_each_rule(kind: str) -> None:
    message = make_message(make_alert(id="al-1"), make_alert(id="al-2", rule="kursk", title="Anything in Kursk"))
    urls = answer_urls(message, WEB_URL, KEY)

    for part in readable_parts(render(message, kind)):
        assert ANSWER_URL.findall(part) == links_of(urls["al-1"], urls["al-2"])
        assert part.index(urls["al-1"].seen) < part.rindex("Anything in Kursk") < part.index(urls["al-2"].seen)


@pytest.mark.parametrize("kind", ["email", "slack", "apprise"])
@pytest.mark.parametrize("message", [make_message(), digest(FLOOD, FIRE)], ids=["one alert", "digest"])
def test_without_a_web_url_a_message_names_the_commands(kind: str, message: Message) -> None:
    for part in readable_parts(render(message, kind, None)):
        assert "/answer/" not in part
        for alert in message.alerts:
            assert part.count(f"monitor ack {alert.id} (seen) or monitor not-news {alert.id}") == 1


@pytest.mark.parametrize("kind", ["email", "slack", "apprise"])
def test_a_notice_has_neither_links_nor_commands(kind: str) -> None:
    notice = replace(make_alert(rule="monitor"), findings=())

    for part in readable_parts(render(make_message(notice), kind)):
        assert not re.search(r"/answer/|monitor ack|monitor not-news", part)


def test_links_are_whole_in_html_in_slack_and_in_a_mail_after_transfer() -> None:
    message = make_message()
    expected = links_of(answer_urls(message, WEB_URL, KEY)["a1"])

    mail = parsed_mail(message)
    html = LexborHTMLParser(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [link.attributes["href"] for link in html.css("a") if link.text() in ("Seen", "Not news")] == expected
    assert [line.split()[-1] for line in text.splitlines() if "/answer/" in line] == expected
    (links,) = [block for block in render(message, "slack").blocks if "/answer/" in str(block)]
    assert re.findall(r"<([^|<>]*)\|(?:Seen|Not news)>", links["elements"][0]["text"]) == expected


def parsed_mail(message: Message, unsubscribe: str | None = None) -> EmailMessage:
    """Return the mail as a mail program parses it."""
    composed = compose_mail(
        message, render(message, "email"), "monitor@desk.example", ["a@desk.example"], unsubscribe
    )
    parsed = BytesParser(policy=default).parsebytes(serialize_mail(composed))
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize(
    ("unsubscribe", "one_click"),
    [
        (None, None),
        ("mailto:leave@desk.example", None),
        ("https://desk.example/leave", "List-Unsubscribe=One-Click"),
    ],
)
def test_one_click_is_declared_for_unsubscribe_only(unsubscribe: str | None, one_click: str | None) -> None:
    mail = parsed_mail(make_message(), unsubscribe)

    assert mail["List-Unsubscribe-Post"] == one_click
    assert mail["List-Unsubscribe"] == (f"<{unsubscribe}>" if unsubscribe else None)
    assert not [name for name, value in mail.items() if "/answer/" in value]


def test_the_mails_of_two_attempts_are_the_same() -> None:
    message = make_message()

    assert render(message, "email") == render(replace(message, attempt=4), "email")


def test_a_slack_post_that_is_updated_keeps_the_links_of_its_own_alert() -> None:
    opening = make_message(make_alert(id="a0"), id="m0", created=NOON - 3600)
    message = make_message(reply_to=opening)
    urls = answer_urls(message, WEB_URL, KEY)
    rendered = render(message, "slack")

    assert ANSWER_URL.findall(str(rendered.opening_blocks)) == links_of(urls["a0"])
    assert ANSWER_URL.findall(str(rendered.blocks)) == links_of(urls["a1"])


@pytest.mark.slow
def test_a_custom_template_in_a_worker_sees_the_links_and_the_commands(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("{{ not_news_url }} {{ findings[0].seen_url }} {{ seen_command }}")
    message = make_message()
    urls: Mapping[str, AnswerUrls] = answer_urls(message, WEB_URL, KEY)
    templates = builtin_templates(tmp_path)

    rendered = render_once(message, "email", templates, RenderSettings(UTC, WEB_URL, answers=urls))
    assert rendered.text == f"{urls['a1'].not_news} {urls['a1'].seen} monitor ack a1\n"
