"""Rendered messages: what each channel shows, escaping of feed text, and broken templates."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.delivery import (
    DAY,
    NOON,
    builtin_templates,
    make_alert,
    make_alert_finding,
    make_figure_finding,
    make_message,
    make_prior_claim,
    readable_parts,
)
from kit.hostile_inputs import HOSTILE_MARKUP, HOSTILE_TEXTS, OVERSIZED_TEXTS, TEMPLATE_ESCAPES
from rich.text import Text
from selectolax.lexbor import LexborHTMLParser

from monitor.deliver.channels import NOTIFIERS
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.deliver.templates import MAX_PRINTED_CHARS
from monitor.model import Change, ChangeKind, FigurePoint, Message, Novelty, Severity

KYIV = ZoneInfo("Europe/Kyiv")
TEMPLATES = builtin_templates()
CHANNEL_TYPES = sorted(NOTIFIERS)


def render_for(message: Message, kind: str = "email") -> RenderedMessage:
    return render_message(message, kind, TEMPLATES, RenderSettings(KYIV, "https://claims.example/"))


def mail_html(message: Message) -> LexborHTMLParser:
    return LexborHTMLParser(render_for(message).html)


def render_custom(folder: Path, kind: str = "email", **texts: str) -> RenderedMessage:
    """Render a message with custom templates over the built-in ones."""
    return render_message(make_message(), kind, custom_templates(folder, **texts), RenderSettings(KYIV))


def custom_templates(folder: Path, **texts: str) -> object:
    """The built-in templates with custom ones over them; `email_html` stands for `email.html.j2`."""
    for name, text in texts.items():
        (folder / f"{name.replace('_', '.')}.j2").write_text(text, "utf-8")
    return builtin_templates(folder)


@pytest.mark.parametrize("kind", ["email", "slack"])
def test_a_message_links_to_its_silence_form(kind: str) -> None:
    link = "https://claims.example/messages/m1/silence"
    rendered = render_for(make_message(), kind)
    notice = render_for(make_message(replace(make_alert(rule="monitor"), findings=())), kind)
    unlinked = render_message(make_message(), kind, TEMPLATES, RenderSettings(KYIV))

    assert all(link in part for part in readable_parts(rendered))
    assert not any("silence" in part.lower() for rendered in (notice, unlinked) for part in readable_parts(rendered))


def shown_claim(html: LexborHTMLParser) -> str:
    """Return the claim of a mail, which is the headline if it is short, without punctuation at its end."""
    return (html.css_first(".claim") or html.css_first(".news")).text().rstrip(".,;:")


def test_the_html_shows_headline_matched_words_and_changes() -> None:
    html = mail_html(make_message())

    assert html.css_first(".news").text() == "Up to 12,000 personnel from North Korea are in Kursk"
    assert html.css_first(".was").text() == "was around 3,000"
    assert [mark.text() for mark in html.css(".news mark")] == ["personnel", "North Korea"]
    assert [new.text() for new in html.css(".news .now")] == ["Up to 12,000"]
    assert [old.text() for old in html.css(".before .old")] == ["Around 3,000"]
    assert html.css_first(".before div[dir]").text() == "Around 3,000 personnel from North Korea are in Kursk."
    assert html.css(".claim, .change") == []  # the headline is the claim, and its change is marked
    assert html.css_first(".who").text() == "Before · wire · 13 Dec 2024, 14:00 EET"
    assert [link.attributes["href"] for link in html.css("a")] == [
        "https://isw.example/e1",
        "https://claims.example/alerts/a1",
        "https://claims.example/messages/m1/silence",
    ]
    assert make_alert().reason in html.css_first(".why").text()


def test_the_earlier_value_is_left_of_the_current_value_in_any_script() -> None:
    finding = make_alert_finding(
        "בבלגורוד.", novelty=Novelty.CHANGED, changes=(Change(ChangeKind.PLACE, "קורסק", "בלגורוד"),)
    )
    change = mail_html(make_message(make_alert(finding))).css_first("td.change")

    assert change.attributes.get("dir") is None  # with it, the arrow would point to the earlier value
    assert [(piece.text(), piece.attributes["class"]) for piece in change.css("bdi")] == [
        ("קורסק", "old"),
        ("בלגורוד", "now"),
    ]


def test_other_sources_are_named_linked_and_counted() -> None:
    others = [make_prior_claim("So it is.", source=f"paper-{n}", url=f"https://paper.example/{n}") for n in range(5)]
    unlinked = make_prior_claim("So it is.", source="<b>nowhere</b>", url="javascript:alert(1)")
    rendered = mail_html(make_message(make_alert(make_alert_finding("So it was.", also_said_by=(unlinked, *others)))))
    cell = rendered.css_first("td.also")
    names = " ".join(cell.text().split())

    assert [link.attributes["href"] for link in cell.css("a")] == [
        "https://paper.example/0",
        "https://paper.example/1",
    ]
    assert names.startswith("<b>nowhere</b> · 13 Dec 2024, 14:00 EET paper-0")
    assert names.endswith("and 3 more sources")
    assert "also reported by" in rendered.html
    assert not mail_html(make_message()).css("td.also")


def test_a_withdrawn_finding_names_the_sources_that_still_report_it() -> None:
    finding = make_alert_finding(
        "So it was.", novelty=Novelty.WITHDRAWN, also_said_by=(make_prior_claim("So it is.", source="paper"),)
    )
    rendered = render_for(make_message(make_alert(finding)))
    assert all("still reported by" in part.lower() for part in readable_parts(rendered))


def test_the_html_has_inline_styles_and_loads_nothing_remote() -> None:
    html = render_for(make_message()).html

    assert all("style" in cell.attributes for cell in LexborHTMLParser(html).css("td.claim, td.news, mark, a"))
    assert "@media (prefers-color-scheme: dark)" in html
    assert re.search(r"<(img|link|script|iframe|form|object)\b|url\(|@import|http-equiv", html) is None


@pytest.mark.parametrize("text", HOSTILE_MARKUP.values(), ids=HOSTILE_MARKUP.keys())
def test_feed_text_is_not_read_as_html_or_as_a_template(text: str) -> None:
    html = mail_html(
        make_message(
            make_alert(make_alert_finding(text, source=text, nearest=make_prior_claim(text)), title=text, reason=text)
        )
    )

    assert {node.tag for node in html.css("body *")} <= {
        "div", "table", "tbody", "tr", "td", "span", "a", "b", "bdi", "br", "mark"
    }  # fmt: skip
    assert shown_claim(html) == " ".join(text.replace("\x1b", " ").replace("\x07", " ").split()).rstrip(".,;:")
    assert [name for node in html.css("*") for name in node.attributes if name.startswith("on")] == []


def test_a_template_in_a_claim_is_printed_literally() -> None:
    claim = "{{ 7 * 7 }} and {{ title }} {% raw %}"
    assert claim in render_for(make_message(make_alert(make_alert_finding(claim)))).text
    assert claim in render_for(make_message(make_alert(make_alert_finding(claim))), "terminal").text


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
@pytest.mark.parametrize(
    "message",
    [
        make_message(
            make_alert(make_alert_finding("A bridge fell.", entry_url=""), title="", reason="", url="", id="")
        ),
        make_message(make_alert(make_alert_finding("", entry_url="", nearest=make_prior_claim("")), url="")),
        make_message(
            make_alert(make_alert_finding("", novelty=Novelty.WITHDRAWN), make_alert_finding("\x00 \u202e"), title="")
        ),
        make_message(
            make_alert(
                make_alert_finding("Said.", published=-1e18, nearest=make_prior_claim("Before.", at=1e18)), at=1e300
            )
        ),
        make_message(
            make_alert(since_last="3,000 → 12,000"),
            make_alert(make_alert_finding("Second.", source="other"), id="a2", rule="r2"),
        ),
        make_message(make_alert(make_alert_finding("x" * 10))),
        sample_message("desk", NOON),
    ],
    ids=["no title or link", "no text", "nothing but controls", "no calendar", "several rules", "one word", "sample"],
)
def test_a_message_with_missing_values_is_readable(kind: str, message: Message) -> None:
    rendered = render_for(message, kind)

    assert rendered.note is None
    slack_texts = [text for block in rendered.blocks for text in block_texts(block)]
    shown_texts = [rendered.subject, rendered.text, *cell_texts(rendered.html), *slack_texts]
    assert [text for text in shown_texts if LOOSE_ENDS.search(text)] == []
    assert all(block_texts(block) for block in rendered.blocks if block["type"] != "divider")
    if kind != "webhook":
        assert re.sub(r"\[HIGH\]|isw|\(\+\d+ more\)|\W", "", rendered.subject)
        assert rendered.blocks or rendered.text.strip()
        assert [link for link in LexborHTMLParser(rendered.html).css("a[href]") if not link.attributes["href"]] == []


LOOSE_ENDS = re.compile(
    r"(?m)\b(?:None|nan)\b|\(\s*[,)]|·\s*·|^\s*·|·[ \t]*$|[→−+][ \t]*$|\[\]|<\||^- *\("
    r"|(?:\)|says|stated|withdrawn|number|alert|it):[ \t]*$"
)


def cell_texts(html: str) -> list[str]:
    """Return what each cell of a mail shows."""
    cells = LexborHTMLParser(html).css("td.news, td.was, td.from, td.claim, td.before, td.why, td.change, td.since")
    return [" ".join(cell.text().split()) for cell in cells]


def block_texts(block: dict[str, object]) -> list[str]:
    """Return the texts of a Slack block, or none if one of them is empty."""
    parts = (block.get("text"), *block.get("elements", ()))  # type: ignore[attr-defined, misc]
    texts = [str(part["text"]) for part in parts if part]  # type: ignore[index]
    return texts if all(text.strip() for text in texts) else []


def test_an_alert_without_findings_shows_its_title() -> None:
    message = make_message(replace(make_alert(), findings=()))
    for kind in CHANNEL_TYPES:
        rendered = render_for(message, kind)
        all_text = [rendered.subject, rendered.body.decode(), *readable_parts(rendered)]
        assert any("North Korean troops deployed for Russia" in text for text in all_text)


def test_a_finding_that_matched_two_rules_appears_once_with_the_words_of_both() -> None:
    first, first_title = make_figure_finding(), make_alert().title
    second = make_alert_finding(
        first.claim, novelty=first.novelty, matched=("Kursk",), nearest=first.nearest, changes=first.changes
    )
    second_alert = make_alert(second, id="a2", rule="kursk", title="Anything in Kursk")
    html = mail_html(make_message(make_alert(first), second_alert))

    assert len(html.css(".novelty")) == 1
    assert [mark.text() for mark in html.css(".news mark")] == ["personnel", "North Korea", "Kursk"]
    assert [rule.text() for rule in html.css(".why b")] == [first_title, "Anything in Kursk"]


@pytest.mark.parametrize(
    "text", [*OVERSIZED_TEXTS.values(), "ships <sank> & " * 9000], ids=[*OVERSIZED_TEXTS, "markup"]
)
def test_the_largest_mail_stays_below_the_size_that_gmail_clips(text: str) -> None:
    worst = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        source=text,
        matched=("ships", "sank"),
        nearest=make_prior_claim(text + "away", source=text),
        changes=tuple(Change(ChangeKind.WORDING, text, text + "x") for _ in range(20)),
    )
    others = [
        make_alert_finding(f"{number} {text}", nearest=make_prior_claim(text), matched=("ships",))
        for number in range(50)
    ]
    rendered = render_for(make_message(make_alert(worst, *others, title=text, reason=text, since_last=text)))

    assert len(rendered.html.encode()) < 102_000
    assert "Not shown: 41 more claims." in rendered.text


def test_times_are_in_the_readers_zone_on_both_sides_of_a_clock_change() -> None:
    summer = make_message(make_alert(make_alert_finding("Said in July.", published=NOON + 200 * DAY)))
    assert "2 Jul 2025, 15:00 EEST" in render_for(summer).text
    assert "14 Dec 2024, 13:00 EET" in render_for(make_message()).text


@pytest.mark.parametrize(
    ("severity", "prefix"), [("critical", "[CRITICAL] "), ("high", "[HIGH] "), ("medium", ""), ("info", "")]
)
def test_only_high_and_critical_alerts_have_a_prefix_in_the_subject(severity: str, prefix: str) -> None:
    subject = render_for(make_message(make_alert(severity=Severity(severity)))).subject
    assert subject == f"{prefix}Up to 12,000 personnel from North Korea are in Kursk (was around 3,000) · isw"


def test_a_channel_without_its_own_template_gets_the_plain_text_of_the_mail() -> None:
    rendered, mail = render_for(make_message(), "carrier-pigeon"), render_for(make_message())
    assert (rendered.subject, rendered.text) == (mail.subject, mail.text)


def test_a_custom_template_replaces_the_built_in_one_and_may_extend_it(tmp_path: Path) -> None:
    templates = custom_templates(
        tmp_path,
        email_subject="News: {{ headline }}",
        email_html='{% extends "builtin/email.html.j2" %}{% block foot %}<p>Ours & {{ title }}</p>{% endblock %}',
    )
    message = make_message(make_alert(title="A & B"))
    rendered = render_message(message, "email", templates, RenderSettings(KYIV))

    assert rendered.subject == "News: Up to 12,000 personnel from North Korea are in Kursk (was around 3,000)"
    assert "Ours & A &amp; B" in rendered.html.replace("Ours &amp; A", "Ours & A")
    assert rendered.note is None
    assert rendered.text == render_message(message, "email", TEMPLATES, RenderSettings(KYIV)).text


BROKEN_TEMPLATES = {
    "unknown name": ("{{ headline }}\n{{ headlin }}", 2, "'headlin' is undefined"),
    "unknown part": ("{{ findings[0].clam }}", 1, "no attribute 'clam'"),
    "syntax": ("{% if %}", 1, "Expected an expression"),
    "unclosed": ("a\n{% for x in findings %}", 2, "Unexpected end of template"),
    "division": ("{{ 1 / 0 }}", 1, "ZeroDivisionError"),
    "types": ("{{ findings + 1 }}", 1, "TypeError"),
    "sandbox": ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
    "endless": (
        "{% for a in range(59049) %}{% for b in range(59049) %}{{ a }}{% endfor %}{% endfor %}",
        1,
        "prints more",
    ),
    "huge text": ("{{ 'a' * 10 ** 9 }}", 1, "** is not allowed"),
    "huge list": ("{{ [0] * 999999999 }}", 1, "between numbers only"),
    "huge number": ("{{ 9 ** 9 ** 9 }}", 1, "** is not allowed"),
    "huge padding": ("{{ '%0999999999d' % 1 }}", 1, "between numbers only"),
    "huge method": ("{{ 'a'.center(999999999) }}", 1, "() cannot be called"),
    "huge format": ("{{ '{:999999999}'.format(1) }}", 1, "() cannot be called"),
    "huge range": ("{{ range(10 * 10000000)|list }}", 1, "Range too big"),
    "huge filter": ("{{ 'a'|center(999999999) }}", 1, "No filter named 'center'"),
    "missing include": ('{% include "nothing.j2" %}', 1, "no template nothing.j2"),
    "recursion": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "RecursionError"),
}


@pytest.mark.parametrize(("text", "line", "why"), BROKEN_TEMPLATES.values(), ids=BROKEN_TEMPLATES.keys())
@pytest.mark.parametrize(("kind", "name"), [("email", "email.txt"), ("email", "email.html"), ("slack", "slack")])
def test_a_broken_template_is_replaced_by_the_built_in_one_and_named(
    kind: str, name: str, text: str, line: int, why: str, tmp_path: Path
) -> None:
    rendered = render_custom(tmp_path, kind, **{name.replace(".", "_"): text})

    assert rendered.note is not None
    assert rendered.note.startswith(f"template {name}.j2, line {line}: ")
    assert why in rendered.note
    all_text = rendered.text + rendered.html + json.dumps(rendered.blocks)
    assert "Up to 12,000 personnel" in all_text
    assert f"template {name}.j2, line {line}: " in all_text


@pytest.mark.parametrize("text", TEMPLATE_ESCAPES)
@pytest.mark.parametrize("part", ["email_html", "email_subject", "brief_slack"])
def test_no_template_escapes_the_sandbox(part: str, text: str, tmp_path: Path) -> None:
    templates = custom_templates(tmp_path, **{part: f"Fine {text}"})
    rule = "brief" if part.startswith("brief") else None
    kind = next((kind for kind in ("email", "slack", "terminal") if kind in part), "")

    rendered = render_message(make_message(), kind, templates, RenderSettings(KYIV, template=rule))

    name = part.replace("_", ".")
    assert rendered.note is not None
    assert rendered.note.startswith(f"template {name}.j2, line 1: ")
    assert "0x" not in rendered.note
    shipped = render_message(
        make_message(),
        kind,
        TEMPLATES,
        RenderSettings(KYIV),
        note=f"{rendered.note}. The built-in template is used instead.",
    )
    for field in ("subject", "text", "html"):
        expected, actual = getattr(shipped, field), getattr(rendered, field)
        assert "Fine" not in actual
        assert actual == expected or rendered.note not in actual
    assert "Fine" not in json.dumps(rendered.blocks)


@pytest.mark.parametrize("text", TEMPLATE_ESCAPES)
def test_a_template_in_feed_text_stays_text_in_every_message(text: str) -> None:
    finding = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        source=text,
        matched=(text[:9],),
        nearest=make_prior_claim(text, source=text),
        also_said_by=(make_prior_claim(text, source=text),),
        changes=(Change(ChangeKind.NAME, text, text + " x"),),
        history=(
            FigurePoint(NOON, 1.0, text, text),
            FigurePoint(NOON, 2.0, text, text),
            FigurePoint(NOON, 3.0, text, text),
        ),
    )
    alert = make_alert(finding, title=text, reason=text, rule=text, since_last=text, id=text)
    message = make_message(alert, channel=text)
    claim = " ".join(text.split())

    mail, slack, terminal = (render_for(message, kind) for kind in ("email", "slack", "terminal"))

    assert claim in mail.text
    assert shown_claim(LexborHTMLParser(mail.html)) == claim.rstrip(".,;:")
    assert f"{claim}" in Text.from_markup(terminal.text, emoji=False).plain
    assert json.loads(render_for(message, "webhook").body)["data"]["findings"][0]["claim"] == text
    assert [rendered.note for rendered in (mail, slack, terminal)] == [None] * 3


MARKUP = "<script>alert(1)</script> & [link=https://evil.example]here[/link] <!channel> *bold*"


@pytest.mark.parametrize("name", ["email_html", "brief_email_html"])
@pytest.mark.parametrize("part", ["part.j2", "part.html.j2", "part.txt.j2", "part.slack.j2"])
def test_custom_html_templates_are_escaped_regardless_of_their_file_names(
    name: str, part: str, tmp_path: Path
) -> None:
    (tmp_path / part).write_text("<p>{{ finding.claim }}</p>")
    template = '{% for finding in findings %}{% include "' + part + '" %}{% endfor %}<b>{{ title }}</b>'
    rule = "brief" if name.startswith("brief") else None
    templates = custom_templates(tmp_path, **{name: template})

    html = LexborHTMLParser(
        render_message(
            make_message(make_alert(make_alert_finding(MARKUP), title=MARKUP)),
            "email",
            templates,
            RenderSettings(KYIV, template=rule),
        ).html
    )

    assert html.css_first("p").text() == html.css_first("b").text() == MARKUP
    assert html.css("script") == []


def test_custom_slack_and_terminal_templates_are_escaped_and_plain_text_is_not(tmp_path: Path) -> None:
    names = ("email_txt", "slack", "terminal")
    templates = custom_templates(tmp_path, **dict.fromkeys(names, "{{ findings[0].claim }}"))
    message = make_message(make_alert(make_alert_finding(MARKUP)))

    (block,) = render_message(message, "slack", templates, RenderSettings(KYIV)).blocks
    assert "&lt;!channel&gt; ∗bold∗" in block["text"]["text"]
    assert (
        Text.from_markup(render_message(message, "terminal", templates, RenderSettings(KYIV)).text).plain.strip()
        == MARKUP
    )
    assert render_message(message, "email", templates, RenderSettings(KYIV)).text.strip() == MARKUP


@pytest.mark.parametrize("text", HOSTILE_MARKUP.values(), ids=HOSTILE_MARKUP.keys())
def test_feed_text_is_not_read_as_terminal_markup(text: str) -> None:
    plain = terminal_text(make_message(make_alert(make_alert_finding("Ships"), title="Ships")))
    hostile = terminal_text(make_message(make_alert(make_alert_finding(text), title=text)))

    assert " ".join(text.replace("\x1b", " ").replace("\x07", " ").split()) in hostile.plain
    assert {str(span.style) for span in hostile.spans} == {str(span.style) for span in plain.spans}


def terminal_text(message: Message) -> Text:
    return Text.from_markup(render_for(message, "terminal").text, emoji=False)


@pytest.mark.parametrize(
    "text", ["", " \n\t\n ", "{# nothing #}", "{% if severity == 'info' %}{{ title }}{% endif %}"]
)
@pytest.mark.parametrize(
    ("kind", "name"), [("email", "email.txt"), ("email", "email.html"), ("slack", "slack"), ("terminal", "terminal")]
)
def test_a_template_that_prints_nothing_is_replaced_by_the_built_in_one(
    kind: str, name: str, text: str, tmp_path: Path
) -> None:
    rendered = render_custom(tmp_path, kind, **{name.replace(".", "_"): text})

    assert rendered.note == f"template {name}.j2, line 1: prints nothing"
    part = {"email.html": rendered.html, "slack": json.dumps(rendered.blocks)}.get(name, rendered.text)
    assert "Up to 12,000 personnel" in part


def test_a_broken_subject_template_is_replaced_by_the_built_in_one(tmp_path: Path) -> None:
    rendered = render_custom(tmp_path, email_subject="{{ oops }}")

    assert rendered.subject == render_for(make_message()).subject
    assert rendered.note == "template email.subject.j2, line 1: 'oops' is undefined"


def test_an_empty_subject_is_replaced_by_the_default_subject(tmp_path: Path) -> None:
    rendered = render_custom(tmp_path, email_subject=" \n ")
    assert rendered.subject == render_for(make_message()).subject


def test_a_lone_surrogate_from_a_template_does_not_stop_the_mail(tmp_path: Path) -> None:
    rendered = render_custom(tmp_path, email_txt='{{ "a\\ud800b" }}')
    assert (rendered.text, rendered.note) == ("a\ufffdb\n", None)


def test_a_template_cannot_modify_its_values(tmp_path: Path) -> None:
    rendered = render_custom(tmp_path, email_txt="{{ findings.clear() }}")
    assert "unsafe" in (rendered.note or "")


def test_a_template_with_long_output_within_the_limit_is_used(tmp_path: Path) -> None:
    line = "x" * (MAX_PRINTED_CHARS // 2000)
    rendered = render_custom(tmp_path, email_txt="{% for a in range(1000) %}" + line + "{% endfor %}")
    assert len(rendered.text) > MAX_PRINTED_CHARS // 3


@settings(max_examples=60)
@given(
    st.sampled_from(CHANNEL_TYPES),
    st.text(st.characters(), max_size=120),
    st.sampled_from(list(HOSTILE_TEXTS.values())),
)
def test_any_text_can_be_rendered_for_any_channel(kind: str, text: str, other: str) -> None:
    finding = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        matched=(text[:20], other[:20]),
        nearest=make_prior_claim(other),
        source=other,
        entry_url=other,
        also_said_by=(make_prior_claim(text, source=other, url=other), make_prior_claim(other, source=text)),
    )
    rendered = render_for(make_message(make_alert(finding, title=text, reason=other), id=text), kind)

    for part in (rendered.subject, rendered.text, rendered.html, json.dumps(rendered.blocks, ensure_ascii=False)):
        part.encode("utf-8")
    rendered.body.decode("utf-8")
    assert rendered.note is None
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", rendered.subject + rendered.text + rendered.html)
