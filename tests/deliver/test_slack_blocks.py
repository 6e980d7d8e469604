"""Slack blocks: within every limit, and nothing a feed says is markup there."""

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
from monitor.deliver.slack_blocks import parse_slack_blocks, slack_length, truncate_for_slack
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Message, Novelty, Reason, Severity

TEMPLATES = builtin_templates()


def posted(sent: Message) -> RenderedMessage:
    return render_message(sent, "slack", TEMPLATES, ZoneInfo("UTC"), "https://claims.example")


def texts(made: tuple[dict[str, Any], ...]) -> list[str]:
    """Every text in the blocks."""
    found = []
    for block in made:
        found += [block["text"]["text"]] if "text" in block else []
        found += [element["text"] for element in block.get("elements", [])]
    return found


def assert_within_limits(made: tuple[dict[str, Any], ...]) -> None:
    """Slack's documented limits of the blocks that are used, and the undocumented one in all."""
    assert 0 < len(made) <= 50
    for block in made:
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
    assert all(text.strip() for text in texts(made))
    assert sum(map(slack_length, texts(made))) <= 12_000


def assert_pings_nobody(made: tuple[dict[str, Any], ...]) -> None:
    for text in texts(made):
        assert re.findall(r"<[^>]*>?", text) == re.findall(r"<https?://[^<>|]+\|[^<>|]+>", text)
        assert re.search(r"&(?!amp;|lt;|gt;)", text) is None


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_pings_nobody_and_fits(text: str) -> None:
    many = [
        make_alert_finding(f"{number} {text}", nearest=make_prior_claim(text), matched=(text[:40],))
        for number in range(20)
    ]
    sent = make_message(
        make_alert(make_alert_finding(text, source=text), *many, title=text, reason=text, since_last=text)
    )

    made = posted(sent)

    assert_within_limits(made.blocks)
    assert_pings_nobody(made.blocks)


def any_finding(dice: random.Random) -> AlertFinding:
    corpus = list(HOSTILE_TEXTS.values())
    return make_alert_finding(
        dice.choice(corpus) * dice.choice([1, 1, 3]),
        novelty=dice.choice(list(Novelty)),
        source=dice.choice(corpus)[:200],
        matched=tuple(dice.choice(corpus)[:30] for _ in range(dice.randrange(4))),
        nearest=make_prior_claim(dice.choice(corpus)) if dice.random() < 0.5 else None,
        also_said_by=tuple(
            make_prior_claim("Yes.", source=dice.choice(corpus)[:200], url=f"https://a.example/{'|<!channel>' * n}")
            for n in range(dice.randrange(5))
        ),
        changes=tuple(
            Change(dice.choice(list(ChangeKind)), dice.choice(corpus)[:99], dice.choice(corpus)[:99])
            for _ in range(dice.randrange(9))
        ),
    )


def test_a_thousand_alerts_of_hostile_parts_stay_within_the_limits() -> None:
    dice = random.Random(20)
    for number in range(1000):
        many = [any_alert(dice, f"a{n}") for n in range(dice.choice([1, 1, 2, 9]))]
        sent = make_message(*many, batch_reason=dice.choice([None, *Reason]))
        first = make_message(any_alert(dice, "a0"), id="m0", thread_ref="C1:1.5") if number % 5 == 0 else None
        rendered = posted(replace(sent, reply_to=first))
        for made in (rendered.blocks, rendered.opening_blocks) if first else (rendered.blocks,):
            assert_within_limits(made)
            assert_pings_nobody(made)
        assert 0 < len(json.dumps(rendered.blocks)) < 100_000


def any_alert(dice: random.Random, id: str) -> Alert:
    texts = list(HOSTILE_TEXTS.values())
    return make_alert(
        *(any_finding(dice) for _ in range(dice.randrange(5))),
        id=id,
        title=dice.choice(texts),
        rule=dice.choice(texts)[:80],
        reason=dice.choice(texts),
        url=dice.choice(["", "https://isw.example/?a=1&b=<c>|d", dice.choice(texts)[:3000]]),
        story=f"st-{dice.randrange(3)}",
        since_last=dice.choice([None, dice.choice(texts)]),
        severity=dice.choice(list(Severity)),
    )


@pytest.mark.parametrize("name", [name for name in HOSTILE_MARKUP if name.startswith("slack")])
def test_what_looks_like_a_block_in_a_feed_stays_a_sentence(name: str) -> None:
    printed = f"# {slack_literal('Title')}\n\n{slack_literal(HOSTILE_MARKUP[name])}\n"

    kinds = [block["type"] for block in parse_slack_blocks(printed)]

    assert kinds == ["header", "section"]


def test_a_quote_in_a_feed_is_no_quote_in_slack() -> None:
    (section,) = parse_slack_blocks(str(slack_literal("> said someone")))
    assert section["text"]["text"] == "\u2060&gt; said someone"


def test_the_parts_of_the_template_become_blocks() -> None:
    made = parse_slack_blocks(
        "# Up to 12,000\n-# isw\n\nOne *claim*\nand a line\n\n---\nAnother\n\n\n-# why\n-# and when\n"
    )

    assert [block["type"] for block in made] == ["header", "context", "section", "divider", "section", "context"]
    assert texts(made) == ["Up to 12,000", "isw", "One *claim*\nand a line", "Another", "why\nand when"]


def test_parts_that_print_nothing_make_no_block_that_slack_refuses() -> None:
    empty = slack_literal("")
    made = parse_slack_blocks(f"# {empty}\n-# {empty}\n\n{empty}\n\n-# {slack_link('', '')}\n\nA claim\n\n-# \n")

    assert texts(made) == ["A claim"]


def test_what_does_not_fit_is_told_of() -> None:
    assert texts(parse_slack_blocks("\n\n".join(["x" * 2999] * 9)))[-1].startswith("… shortened")
    assert len(parse_slack_blocks("\n\n".join(["x"] * 99))) == 50


def test_a_cut_never_leaves_half_an_escape_or_half_a_link() -> None:
    for limit in range(8, 40):
        short = truncate_for_slack("ships &amp; boats <https://example.org/a|here> and more", limit)
        assert slack_length(short) <= limit
        assert re.search(r"&(?!amp;)|<(?![^>]*>)", short) is None


@example("\x1e\x1e")
@given(st.text(max_size=200))
def test_text_in_bold_or_in_a_link_stays_text(text: str) -> None:
    for printed in (slack_bold(text), slack_link("https://example.org/?a=1&b=2", text)):
        assert str(printed).count("<") == (1 if printed.startswith("<") else 0)
        assert len(parse_slack_blocks(f"- {printed}")) == 1


def test_the_alert_reads_well() -> None:
    made = posted(make_message(make_alert(make_figure_finding(), at=NOON)))

    assert made.subject == "[HIGH] Up to 12,000 personnel (was around 3,000) · isw"
    assert texts(made.blocks)[0] == "[HIGH] Up to 12,000 personnel (was around 3,000)"
    assert "*personnel*" in texts(made.blocks)[2]
    assert "~Around 3,000~" in texts(made.blocks)[2]
    assert "*Up to 12,000*" in texts(made.blocks)[2]
