"""Slack blocks: they respect all limits, and feed text is never markup."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from kit.delivery import (
    NOON,
    builtin_templates,
    make_alert,
    make_alert_finding,
    make_figure_finding,
    make_message,
    make_prior_claim,
)
from kit.hostile_inputs import HOSTILE_MARKUP, HOSTILE_TEXTS

from monitor.deliver.escaping import slack_bold, slack_link, slack_literal
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.slack_blocks import parse_slack_blocks, slack_length, truncate_for_slack
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Message, Novelty, Reason, Severity

TEMPLATES = builtin_templates()


def render_slack(message: Message) -> RenderedMessage:
    return render_message(message, "slack", TEMPLATES, RenderSettings(ZoneInfo("UTC"), "https://claims.example"))


def texts(blocks: tuple[dict[str, Any], ...]) -> list[str]:
    """Return every text in the blocks."""
    parts = [part for block in blocks for part in (block.get("text"), *block.get("elements", [])) if part]
    return [part["text"] for part in parts]


def assert_within_limits(blocks: tuple[dict[str, Any], ...]) -> None:
    """Check Slack's documented limits for each type of block, and the undocumented limit of the whole message."""
    assert 0 < len(blocks) <= 50
    for block in blocks:
        assert block["type"] in ("section", "header", "divider", "context")
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 0 < slack_length(block["text"]["text"]) <= 150
        elif block["type"] == "section":
            assert block["text"]["type"] == "mrkdwn"
            assert 0 < slack_length(block["text"]["text"]) <= 3000
        elif block["type"] == "context":
            assert 0 < len(block["elements"]) <= 10
            assert all(0 < slack_length(element["text"]) <= 3000 for element in block["elements"])
    assert all(text.strip() for text in texts(blocks))
    assert sum(map(slack_length, texts(blocks))) <= 12_000


def assert_mentions_nobody(blocks: tuple[dict[str, Any], ...]) -> None:
    for text in texts(blocks):
        assert re.findall(r"<[^>]*>?", text) == re.findall(r"<https?://[^<>|]+\|[^<>|]+>", text)
        assert re.search(r"&(?!amp;|lt;|gt;)", text) is None


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_mentions_nobody_and_fits(text: str) -> None:
    many = [
        make_alert_finding(f"{number} {text}", nearest=make_prior_claim(text), matched=(text[:40],))
        for number in range(20)
    ]
    message = make_message(
        make_alert(make_alert_finding(text, source=text), *many, title=text, reason=text, since_last=text)
    )

    blocks = render_slack(message).blocks

    assert_within_limits(blocks)
    assert_mentions_nobody(blocks)


def random_finding(rng: random.Random) -> AlertFinding:
    corpus = list(HOSTILE_TEXTS.values())
    return make_alert_finding(
        rng.choice(corpus) * rng.choice([1, 1, 3]),
        novelty=rng.choice(list(Novelty)),
        source=rng.choice(corpus)[:200],
        matched=tuple(rng.choice(corpus)[:30] for _ in range(rng.randrange(4))),
        nearest=make_prior_claim(rng.choice(corpus)) if rng.random() < 0.5 else None,
        also_said_by=tuple(
            make_prior_claim("Yes.", source=rng.choice(corpus)[:200], url=f"https://a.example/{'|<!channel>' * n}")
            for n in range(rng.randrange(5))
        ),
        changes=tuple(
            Change(rng.choice(list(ChangeKind)), rng.choice(corpus)[:99], rng.choice(corpus)[:99])
            for _ in range(rng.randrange(9))
        ),
    )


@pytest.mark.slow
def test_a_thousand_random_hostile_messages_stay_within_the_limits() -> None:
    rng = random.Random(20)
    for number in range(1000):
        many = [random_alert(rng, f"a{n}") for n in range(rng.choice([1, 1, 2, 9]))]
        message = make_message(*many, batch_reason=rng.choice([None, *Reason]))
        first = make_message(random_alert(rng, "a0"), id="m0", thread_ref="C1:1.5") if number % 5 == 0 else None
        rendered = render_slack(replace(message, reply_to=first))
        for blocks in (rendered.blocks, rendered.opening_blocks) if first else (rendered.blocks,):
            assert_within_limits(blocks)
            assert_mentions_nobody(blocks)
        assert 0 < len(json.dumps(rendered.blocks)) < 100_000


def random_alert(rng: random.Random, id: str) -> Alert:
    texts = list(HOSTILE_TEXTS.values())
    return make_alert(
        *(random_finding(rng) for _ in range(rng.randrange(5))),
        id=id,
        title=rng.choice(texts),
        rule=rng.choice(texts)[:80],
        reason=rng.choice(texts),
        url=rng.choice(["", "https://isw.example/?a=1&b=<c>|d", rng.choice(texts)[:3000]]),
        story=f"st-{rng.randrange(3)}",
        since_last=rng.choice([None, rng.choice(texts)]),
        severity=rng.choice(list(Severity)),
    )


@pytest.mark.parametrize("name", [name for name in HOSTILE_MARKUP if name.startswith("slack")])
def test_feed_text_that_looks_like_a_block_stays_in_a_section(name: str) -> None:
    printed = f"# {slack_literal('Title')}\n\n{slack_literal(HOSTILE_MARKUP[name])}\n"

    kinds = [block["type"] for block in parse_slack_blocks(printed)]

    assert kinds == ["header", "section"]


def test_a_quote_mark_in_feed_text_makes_no_quote_in_slack() -> None:
    (section,) = parse_slack_blocks(str(slack_literal("> said someone")))
    assert section["text"]["text"] == "\u2060&gt; said someone"


def test_each_paragraph_of_the_template_becomes_a_block() -> None:
    blocks = parse_slack_blocks(
        "# Up to 12,000\n-# isw\n\nOne *claim*\nand a line\n\n---\nAnother\n\n\n-# why\n-# and when\n"
    )

    assert [block["type"] for block in blocks] == ["header", "context", "section", "divider", "section", "context"]
    assert texts(blocks) == ["Up to 12,000", "isw", "One *claim*\nand a line", "Another", "why\nand when"]


def test_empty_paragraphs_make_no_blocks() -> None:
    empty = slack_literal("")
    blocks = parse_slack_blocks(f"# {empty}\n-# {empty}\n\n{empty}\n\n-# {slack_link('', '')}\n\nA claim\n\n-# \n")

    assert texts(blocks) == ["A claim"]


def test_a_shortened_message_says_so() -> None:
    assert texts(parse_slack_blocks("\n\n".join(["x" * 2999] * 9)))[-1].startswith("… shortened")
    assert len(parse_slack_blocks("\n\n".join(["x"] * 99))) == 50


def test_truncation_never_leaves_half_an_escape_or_half_a_link() -> None:
    for limit in range(8, 40):
        short = truncate_for_slack("ships &amp; boats <https://example.org/a|here> and more", limit)
        assert slack_length(short) <= limit
        assert re.search(r"&(?!amp;)|<(?![^>]*>)", short) is None


@example("\x1e\x1e")
@given(st.text(max_size=200))
def test_text_in_bold_or_in_a_link_is_not_read_as_markup(text: str) -> None:
    for printed in (slack_bold(text), slack_link("https://example.org/?a=1&b=2", text)):
        assert str(printed).count("<") == (1 if printed.startswith("<") else 0)
        assert len(parse_slack_blocks(f"- {printed}")) == 1


def test_an_alert_has_a_header_and_a_marked_claim_with_its_change() -> None:
    rendered = render_slack(make_message(make_alert(make_figure_finding(), at=NOON)))

    assert rendered.subject == "[HIGH] Up to 12,000 personnel from North Korea are in Kursk (was around 3,000) · isw"
    assert (
        texts(rendered.blocks)[0] == "[HIGH] Up to 12,000 personnel from North Korea are in Kursk (was around 3,000)"
    )
    assert "*personnel*" in texts(rendered.blocks)[2]
    assert "• Around 3,000 → *Up to 12,000*" in texts(rendered.blocks)[2]
