"""Composed mails: hostile text changes no header, and every attempt sends the same mail."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default, strict
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.delivery import NOON, builtin_templates, make_alert, make_alert_finding, make_figure_finding, make_message
from kit.hostile_inputs import HOSTILE_HEADERS, HOSTILE_TEXTS

from monitor.deliver.mime import MAIL_POLICY, compose_mail, serialize_mail
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sanitize import sanitize_header
from monitor.errors import DeliveryError
from monitor.model import Message

SENDER, TO = "Claimwatch <monitor@desk.example>", ["Desk <desk@desk.example>", "second@desk.example"]
EXPECTED_HEADERS = [
    "Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Claimwatch-Rule", "X-Claimwatch-Severity", "MIME-Version", "Content-Type",
]  # fmt: skip
TEMPLATES = builtin_templates()
SCRIPTS = [
    "abcdefghi XYZ 0123456789",
    ",.:;()'\"=?_-!@#$%^&*<>[]{}|\\~`+/",
    "абвгдежз їґєі",
    "אבגדה וזחט",
    "مرحبا بالعالم",
    "北朝鮮軍到着",
    "👨\u200d👩\u200d👧🇺🇦🚀e\u0301\u200f",
    "“”—…’ ",
]


def render_mail(message: Message) -> RenderedMessage:
    return render_message(
        message, "email", TEMPLATES, RenderSettings(ZoneInfo("Europe/Kyiv"), "https://claims.example")
    )


def parsed_mail(message: Message) -> EmailMessage:
    """Return the message as a mail program parses it."""
    content = serialize_mail(compose_mail(message, render_mail(message), SENDER, TO))
    parsed = BytesParser(policy=default).parsebytes(content)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_feed_text_cannot_add_or_end_a_header(text: str) -> None:
    message = make_message(
        make_alert(make_alert_finding(text, source=text[:400]), title=text[:400], rule=text[:400], reason=text[:400])
    )

    mail = parsed_mail(message)

    assert mail.keys() == EXPECTED_HEADERS
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "evil.example" not in str(mail["To"])


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_mails_pass_a_strict_parser_and_respect_the_smtp_line_length(text: str) -> None:
    message = make_message(make_alert(make_alert_finding(text), title=text[:400]))

    content = serialize_mail(compose_mail(message, render_mail(message), SENDER, TO))

    parsed = message_from_bytes(content, policy=strict)
    assert [part.defects for part in parsed.walk()] == [[], [], []]
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert content.isascii()
    assert b"\r" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("text", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS.keys())
def test_a_custom_subject_template_cannot_add_or_end_a_header(text: str, tmp_path: Path) -> None:
    (tmp_path / "email.subject.j2").write_text("News {{ " + json.dumps(text) + " }}")
    rendered = render_message(make_message(), "email", builtin_templates(tmp_path), RenderSettings(ZoneInfo("UTC")))

    content = serialize_mail(compose_mail(make_message(), rendered, SENDER, TO))

    assert BytesParser(policy=default).parsebytes(content).keys() == EXPECTED_HEADERS
    assert [part.defects for part in message_from_bytes(content, policy=strict).walk()] == [[], [], []]


@pytest.mark.parametrize("name", ["=?utf-8?q?=0d=0aBcc:_spy=40evil.example?=", '"a, b"', "a\\"])
def test_a_display_name_in_the_settings_cannot_add_a_header_or_a_recipient(name: str) -> None:
    content = serialize_mail(
        compose_mail(make_message(), render_mail(make_message()), f"{name} <monitor@desk.example>", TO)
    )

    parsed = BytesParser(policy=default).parsebytes(content)
    assert parsed.keys() == EXPECTED_HEADERS
    assert len(parsed["From"].addresses) == 1


@pytest.mark.slow
@settings(max_examples=150)
@given(st.text(st.sampled_from('aé=?_\r\n\x0b\x0c\x1c\x85\u2028\ud800\u202e :<>@,;"qb0dA. utf-8'), max_size=90))
def test_dangerous_characters_in_any_order_do_not_change_the_headers(text: str) -> None:
    message = make_message(
        make_alert(make_alert_finding(text, source=text), title=text, rule=text), id=text, thread=text
    )

    content = serialize_mail(compose_mail(message, render_mail(message), SENDER, TO))

    assert BytesParser(policy=default).parsebytes(content).keys() == EXPECTED_HEADERS
    assert [part.defects for part in message_from_bytes(content, policy=strict).walk()] == [[], [], []]


@pytest.mark.parametrize("text", [text for text in HOSTILE_HEADERS.values() if "=0d=0a" in text])
def test_a_header_that_would_become_two_is_detected_before_sending(text: str) -> None:
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = SENDER
    mail["Subject"] = text
    mail.set_content("text")

    try:
        content = serialize_mail(mail)
    except DeliveryError as error:
        assert error.permanent  # a Python version that writes encoded line breaks unchanged
    else:
        assert BytesParser(policy=default).parsebytes(content).keys() == mail.keys()


def test_every_attempt_sends_the_same_mail() -> None:
    retry = Message(**{name: getattr(make_message(), name) for name in Message.__dataclass_fields__} | {"attempt": 5})
    first, second = parsed_mail(make_message()), parsed_mail(retry)

    assert first["Message-ID"] == second["Message-ID"] == "<m1@desk.example>"
    assert first["Date"] == second["Date"]
    assert first["Date"].datetime.timestamp() == NOON


def test_mails_of_one_story_form_one_thread_and_other_mails_do_not_join_it() -> None:
    first, second, other_mail = (
        parsed_mail(make_message(id=name, thread=thread))
        for name, thread in (("m1", "s1"), ("m2", "s1"), ("m3", "s2"))
    )

    assert first["References"] == second["References"] == second["In-Reply-To"] == "<story-s1@desk.example>"
    assert other_mail["References"] != first["References"]
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("message_id", ["a b", "<x>@y", "é", "x" * 100, "a..b", ".a", "a.", "\r\nBcc: x", ""])
def test_any_message_id_gives_a_valid_stable_and_unique_mail_id(message_id: str) -> None:
    mail, same_id, other_mail = (
        parsed_mail(make_message(id=message_id, thread=message_id)),
        parsed_mail(make_message(id=message_id)),
        parsed_mail(make_message(id=message_id + "x")),
    )

    assert mail["Message-ID"] == same_id["Message-ID"] != other_mail["Message-ID"]
    assert mail["Message-ID"].endswith("@desk.example>")
    assert mail["Message-ID"].count("@") == 1


def test_a_mail_has_headers_for_automatic_mail_rule_and_severity() -> None:
    mail = parsed_mail(make_message())

    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-Claimwatch-Rule"], mail["X-Claimwatch-Severity"]) == ("dprk-deployment", "high")
    assert [str(address) for address in mail["To"].addresses] == [TO[0], TO[1]]
    assert str(mail["From"]) == SENDER


def test_the_subject_has_severity_headline_source_and_the_number_of_further_findings() -> None:
    assert (
        parsed_mail(make_message())["Subject"]
        == "[HIGH] Up to 12,000 personnel from North Korea are in Kursk (was around 3,000) · isw"
    )
    low_severity = make_message(make_alert(make_figure_finding(), make_alert_finding("More."), severity="low"))
    assert (
        parsed_mail(low_severity)["Subject"]
        == "Up to 12,000 personnel from North Korea are in Kursk (was around 3,000) · isw (+1 claim)"
    )


def random_titles(number: int) -> Iterator[str]:
    """Sanitized titles in many scripts, with emoji and right-to-left marks."""
    rng = random.Random(7)
    for _ in range(number):
        parts = [(rng.choice(SCRIPTS), rng.randint(1, 25)) for _ in range(rng.randint(1, 9))]
        words = ("".join(rng.choices(letters, k=length)) for letters, length in parts)
        yield sanitize_header("".join(word + rng.choice(("", " ")) for word in words))


@pytest.mark.slow
def test_any_subject_parses_back_unchanged_from_lines_of_seventy_six_characters() -> None:
    for title in random_titles(1000):
        content = serialize_mail(
            compose_mail(make_message(make_alert(rule=title)), RenderedMessage(title, "text", "<p>text"), SENDER, TO)
        )
        parsed = BytesParser(policy=default).parsebytes(content)

        assert (parsed["Subject"], parsed["X-Claimwatch-Rule"]) == (title, title)
        assert max(map(len, content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 76


def test_machine_read_headers_are_never_encoded() -> None:
    unsubscribe_url = f"https://desk.example/leave?list={'7' * 100}"
    sender = f"monitor@{'long-' * 9}name.example"
    message = make_message(thread="s" * 64)
    mail = compose_mail(message, render_mail(message), sender, TO, unsubscribe_url)
    head = serialize_mail(mail).partition(b"\r\n\r\n")[0].decode()

    assert f"\r\nList-Unsubscribe: <{unsubscribe_url}>\r\n" in head
    assert head.count(f"<story-{'s' * 64}@{'long-' * 9}name.example>") == 2


def test_unsubscribe_headers_are_set_only_if_configured() -> None:
    message = make_message()
    assert "List-Unsubscribe" not in parsed_mail(message)

    https_mail = compose_mail(message, render_mail(message), SENDER, TO, "https://desk.example/leave?list=1")
    assert https_mail["List-Unsubscribe"] == "<https://desk.example/leave?list=1>"
    assert https_mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    mailto_mail = compose_mail(message, render_mail(message), SENDER, TO, "mailto:leave@desk.example?subject=leave")
    assert mailto_mail["List-Unsubscribe"] == "<mailto:leave@desk.example?subject=leave>"
    assert "List-Unsubscribe-Post" not in mailto_mail
