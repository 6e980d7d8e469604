"""Mails are what they say: hostile text changes no header, and every try sends the same mail."""

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
from monitor.deliver.sanitize import sanitize_header
from monitor.errors import DeliveryError
from monitor.model import Message

SENDER, TO = "Claimwatch <monitor@desk.example>", ["Desk <desk@desk.example>", "second@desk.example"]
OURS = [
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


def rendered(sent: Message) -> RenderedMessage:
    return render_message(sent, "email", TEMPLATES, ZoneInfo("Europe/Kyiv"), "https://claims.example")


def mailed(sent: Message) -> EmailMessage:
    """The message as a mail program reads it."""
    content = serialize_mail(compose_mail(sent, rendered(sent), SENDER, TO))
    read = BytesParser(policy=default).parsebytes(content)
    assert isinstance(read, EmailMessage)
    return read


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_no_feed_text_adds_or_ends_a_header(text: str) -> None:
    sent = make_message(
        make_alert(make_alert_finding(text, source=text[:400]), title=text[:400], rule=text[:400], reason=text[:400])
    )

    mail = mailed(sent)

    assert mail.keys() == OURS
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "evil.example" not in str(mail["To"])


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_mails_pass_a_strict_reader_and_keep_to_the_line_length_of_smtp(text: str) -> None:
    content = serialize_mail(
        compose_mail(
            sent := make_message(make_alert(make_alert_finding(text), title=text[:400])), rendered(sent), SENDER, TO
        )
    )

    read = message_from_bytes(content, policy=strict)
    assert [part.defects for part in read.walk()] == [[], [], []]
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert content.isascii()
    assert b"\r" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("text", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS.keys())
def test_no_subject_of_the_users_adds_or_ends_a_header(text: str, tmp_path: Path) -> None:
    (tmp_path / "email.subject.j2").write_text("News {{ " + json.dumps(text) + " }}")
    made = render_message(make_message(), "email", builtin_templates(tmp_path), ZoneInfo("UTC"), None)

    content = serialize_mail(compose_mail(make_message(), made, SENDER, TO))

    assert BytesParser(policy=default).parsebytes(content).keys() == OURS
    assert [part.defects for part in message_from_bytes(content, policy=strict).walk()] == [[], [], []]


@pytest.mark.parametrize("name", ["=?utf-8?q?=0d=0aBcc:_spy=40evil.example?=", '"a, b"', "a\\"])
def test_no_name_in_the_settings_adds_a_header_or_a_recipient(name: str) -> None:
    content = serialize_mail(
        compose_mail(make_message(), rendered(make_message()), f"{name} <monitor@desk.example>", TO)
    )

    read = BytesParser(policy=default).parsebytes(content)
    assert read.keys() == OURS
    assert len(read["From"].addresses) == 1


@settings(max_examples=150)
@given(st.text(st.sampled_from('aé=?_\r\n\x0b\x0c\x1c\x85\u2028\ud800\u202e :<>@,;"qb0dA. utf-8'), max_size=90))
def test_no_text_of_dangerous_parts_changes_the_headers(text: str) -> None:
    sent = make_message(
        make_alert(make_alert_finding(text, source=text), title=text, rule=text), id=text, thread=text
    )

    content = serialize_mail(compose_mail(sent, rendered(sent), SENDER, TO))

    assert BytesParser(policy=default).parsebytes(content).keys() == OURS
    assert [part.defects for part in message_from_bytes(content, policy=strict).walk()] == [[], [], []]


@pytest.mark.parametrize("text", [text for text in HOSTILE_HEADERS.values() if "=0d=0a" in text])
def test_a_header_that_turns_into_two_is_caught_before_it_is_sent(text: str) -> None:
    mail = EmailMessage(policy=MAIL_POLICY)
    mail["From"] = SENDER
    mail["Subject"] = text
    mail.set_content("text")

    try:
        content = serialize_mail(mail)
    except DeliveryError as error:
        assert error.permanent  # a Python that writes encoded line breaks out as they are
    else:
        assert BytesParser(policy=default).parsebytes(content).keys() == mail.keys()


def test_every_try_is_the_same_mail() -> None:
    again = Message(**{name: getattr(make_message(), name) for name in Message.__dataclass_fields__} | {"attempt": 5})
    first, second = mailed(make_message()), mailed(again)

    assert first["Message-ID"] == second["Message-ID"] == "<m1@desk.example>"
    assert first["Date"] == second["Date"]
    assert first["Date"].datetime.timestamp() == NOON


def test_messages_of_one_story_are_one_thread_and_others_are_not() -> None:
    first, second, other = (
        mailed(make_message(id=name, thread=thread)) for name, thread in (("m1", "s1"), ("m2", "s1"), ("m3", "s2"))
    )

    assert first["References"] == second["References"] == second["In-Reply-To"] == "<story-s1@desk.example>"
    assert other["References"] != first["References"]
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("odd", ["a b", "<x>@y", "é", "x" * 100, "a..b", ".a", "a.", "\r\nBcc: x", ""])
def test_ids_of_any_shape_make_message_ids_that_are_stable_and_apart(odd: str) -> None:
    mail, twin, other = (
        mailed(make_message(id=odd, thread=odd)),
        mailed(make_message(id=odd)),
        mailed(make_message(id=odd + "x")),
    )

    assert mail["Message-ID"] == twin["Message-ID"] != other["Message-ID"]
    assert mail["Message-ID"].endswith("@desk.example>")
    assert mail["Message-ID"].count("@") == 1


def test_a_mail_says_that_a_program_sent_it_and_why() -> None:
    mail = mailed(make_message())

    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-Claimwatch-Rule"], mail["X-Claimwatch-Severity"]) == ("dprk-deployment", "high")
    assert [str(address) for address in mail["To"].addresses] == [TO[0], TO[1]]
    assert str(mail["From"]) == SENDER


def test_the_subject_says_the_news() -> None:
    assert mailed(make_message())["Subject"] == "[HIGH] Up to 12,000 personnel (was around 3,000) · isw"
    quiet = make_message(make_alert(make_figure_finding(), make_alert_finding("More."), severity="low"))
    assert mailed(quiet)["Subject"] == "Up to 12,000 personnel (was around 3,000) · isw (+1 more)"


def titles(number: int) -> Iterator[str]:
    """Titles in many scripts, with emoji and marks that are read from right to left, as subjects take them."""
    chance = random.Random(7)
    for _ in range(number):
        parts = [(chance.choice(SCRIPTS), chance.randint(1, 25)) for _ in range(chance.randint(1, 9))]
        words = ("".join(chance.choices(letters, k=length)) for letters, length in parts)
        yield sanitize_header("".join(word + chance.choice(("", " ")) for word in words))


def test_any_subject_reads_back_as_it_was_in_lines_of_seventy_six() -> None:
    for title in titles(1000):
        content = serialize_mail(
            compose_mail(make_message(make_alert(rule=title)), RenderedMessage(title, "text", "<p>text"), SENDER, TO)
        )
        read = BytesParser(policy=default).parsebytes(content)

        assert (read["Subject"], read["X-Claimwatch-Rule"]) == (title, title)
        assert max(map(len, content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 76


def test_what_programs_read_is_never_encoded_however_long() -> None:
    page = f"https://desk.example/leave?list={'7' * 100}"
    sender = f"monitor@{'long-' * 9}name.example"
    sent = make_message(thread="s" * 64)
    head = serialize_mail(compose_mail(sent, rendered(sent), sender, TO, page)).partition(b"\r\n\r\n")[0].decode()

    assert f"\r\nList-Unsubscribe: <{page}>\r\n" in head
    assert head.count(f"<story-{'s' * 64}@{'long-' * 9}name.example>") == 2


def test_where_to_unsubscribe_stands_only_if_there_is_such_a_place() -> None:
    sent = make_message()
    assert "List-Unsubscribe" not in mailed(sent)

    page = compose_mail(sent, rendered(sent), SENDER, TO, "https://desk.example/leave?list=1")
    assert page["List-Unsubscribe"] == "<https://desk.example/leave?list=1>"
    assert page["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    box = compose_mail(sent, rendered(sent), SENDER, TO, "mailto:leave@desk.example?subject=leave")
    assert box["List-Unsubscribe"] == "<mailto:leave@desk.example?subject=leave>"
    assert "List-Unsubscribe-Post" not in box
