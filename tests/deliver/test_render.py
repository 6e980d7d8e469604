"""What people read: every channel says the news, escapes what feeds say, and survives broken templates."""

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
)
from kit.hostile_inputs import HOSTILE_MARKUP, HOSTILE_TEXTS, OVERSIZED_TEXTS, TEMPLATE_ESCAPES
from rich.text import Text
from selectolax.lexbor import LexborHTMLParser

from monitor.deliver.channels import NOTIFIERS
from monitor.deliver.render import RenderedMessage, render_message
from monitor.deliver.sample_message import sample_message
from monitor.deliver.templates import MAX_PRINTED_CHARS
from monitor.model import Change, ChangeKind, FigurePoint, Message, Novelty, Severity

KYIV = ZoneInfo("Europe/Kyiv")
TEMPLATES = builtin_templates()
KINDS = sorted(NOTIFIERS)


def shown(sent: Message, kind: str = "email") -> RenderedMessage:
    return render_message(sent, kind, TEMPLATES, KYIV, "https://claims.example/")


def page(sent: Message) -> LexborHTMLParser:
    return LexborHTMLParser(shown(sent).html)


def own(folder: Path, **texts: str) -> object:
    """The built-in templates with some of the user's over them; `email_html` stands for `email.html.j2`."""
    for name, text in texts.items():
        (folder / f"{name.replace('_', '.')}.j2").write_text(text, "utf-8")
    return builtin_templates(folder)


@pytest.mark.parametrize("kind", ["email", "slack"])
def test_what_is_told_can_be_silenced_from_where_it_is_read(kind: str) -> None:
    link = "https://claims.example/messages/m1/silence"
    told = shown(make_message(), kind)
    notice = shown(make_message(replace(make_alert(rule="monitor"), findings=())), kind)
    unlinked = render_message(make_message(), kind, TEMPLATES, KYIV, None)

    assert all(link in part for part in parts_of(told))
    assert not any("silence" in part.lower() for made in (notice, unlinked) for part in parts_of(made))


def parts_of(made: RenderedMessage) -> list[str]:
    """What people read of it."""
    return [part for part in (made.text, made.html, json.dumps(made.blocks) if made.blocks else "") if part]


def test_the_html_shows_the_news_the_matched_words_and_what_moved() -> None:
    html = page(make_message())

    assert html.css_first(".news").text() == "Up to 12,000 personnel"
    assert html.css_first(".was").text() == "was around 3,000"
    assert [mark.text() for mark in html.css(".claim mark")] == ["personnel", "North Korea"]
    assert [old.text() for old in html.css(".before .old")] == ["Around 3,000"]
    assert [new.text() for new in html.css(".before .now")] == ["Up to 12,000"]
    assert html.css_first(".who").text() == "Before · wire · 13 Dec 2024, 14:00 EET"
    assert [link.attributes["href"] for link in html.css("a")] == [
        "https://isw.example/e1",
        "https://claims.example/alerts/a1",
        "https://claims.example/messages/m1/silence",
    ]
    assert "a claim changed and met the rule" in html.css_first(".why").text()


def test_what_was_stands_left_of_what_is_in_any_script() -> None:
    moved = make_alert_finding(
        "בבלגורוד.", novelty=Novelty.CHANGED, changes=(Change(ChangeKind.PLACE, "קורסק", "בלגורוד"),)
    )
    change = page(make_message(make_alert(moved))).css_first("td.change")

    assert change.attributes.get("dir") is None  # the arrow would point back to what was
    assert [(piece.text(), piece.attributes["class"]) for piece in change.css("bdi")] == [
        ("קורסק", "old"),
        ("בלגורוד", "now"),
    ]


def test_who_else_says_so_is_named_linked_and_counted() -> None:
    others = [make_prior_claim("So it is.", source=f"paper-{n}", url=f"https://paper.example/{n}") for n in range(5)]
    unlinked = make_prior_claim("So it is.", source="<b>nowhere</b>", url="javascript:alert(1)")
    made = page(make_message(make_alert(make_alert_finding("So it was.", also_said_by=(unlinked, *others)))))
    box = made.css_first("td.also")
    names = " ".join(box.text().split())

    assert [link.attributes["href"] for link in box.css("a")] == [
        "https://paper.example/0",
        "https://paper.example/1",
    ]
    assert names.startswith("<b>nowhere</b> · 13 Dec 2024, 14:00 EET paper-0")
    assert names.endswith("and 3 more")
    assert "also said by" in made.html
    assert not page(make_message()).css("td.also")


def test_of_what_is_withdrawn_it_says_who_says_it_still() -> None:
    gone = make_alert_finding(
        "So it was.", novelty=Novelty.WITHDRAWN, also_said_by=(make_prior_claim("So it is.", source="paper"),)
    )
    assert all("still said by" in part.lower() for part in parts_of(shown(make_message(make_alert(gone)))))


def test_the_html_carries_its_style_on_every_element_and_reaches_for_nothing_remote() -> None:
    html = shown(make_message()).html

    assert all("style" in cell.attributes for cell in LexborHTMLParser(html).css("td.claim, td.news, mark, a"))
    assert "@media (prefers-color-scheme: dark)" in html
    assert re.search(r"<(img|link|script|iframe|form|object)\b|url\(|@import|http-equiv", html) is None


@pytest.mark.parametrize("text", HOSTILE_MARKUP.values(), ids=HOSTILE_MARKUP.keys())
def test_feed_text_is_neither_markup_nor_template(text: str) -> None:
    html = page(
        make_message(
            make_alert(make_alert_finding(text, source=text, nearest=make_prior_claim(text)), title=text, reason=text)
        )
    )

    assert {node.tag for node in html.css("body *")} <= {
        "div", "table", "tbody", "tr", "td", "span", "a", "b", "bdi", "br", "mark"
    }  # fmt: skip
    assert html.css_first(".claim").text() == " ".join(text.replace("\x1b", " ").replace("\x07", " ").split())
    assert [name for node in html.css("*") for name in node.attributes if name.startswith("on")] == []


def test_a_template_in_a_claim_is_printed_and_not_run() -> None:
    claim = "{{ 7 * 7 }} and {{ title }} {% raw %}"
    assert claim in shown(make_message(make_alert(make_alert_finding(claim)))).text
    assert claim in shown(make_message(make_alert(make_alert_finding(claim))), "terminal").text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "sent",
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
def test_whatever_is_missing_the_message_is_readable(kind: str, sent: Message) -> None:
    made = shown(sent, kind)

    assert made.note is None
    read = [made.subject, made.text, *text_of(made.html), *(line for b in made.blocks for line in texts_of(b))]
    assert [text for text in read if LOOSE_ENDS.search(text)] == []
    assert all(texts_of(block) for block in made.blocks if block["type"] != "divider")
    if kind != "webhook":
        assert re.sub(r"\[HIGH\]|isw|\(\+\d+ more\)|\W", "", made.subject)
        assert made.blocks or made.text.strip()
        assert [link for link in LexborHTMLParser(made.html).css("a") if not link.attributes["href"]] == []


LOOSE_ENDS = re.compile(
    r"(?m)\b(?:None|nan)\b|\(\s*[,)]|·\s*·|^\s*·|·[ \t]*$|[→−+][ \t]*$|\[\]|<\||^- *\("
    r"|(?:\)|says|withdrawn|number|alert|it):[ \t]*$"
)


def text_of(html: str) -> list[str]:
    """What each cell of a mail shows."""
    cells = LexborHTMLParser(html).css("td.news, td.was, td.from, td.claim, td.before, td.why, td.change, td.since")
    return [" ".join(cell.text().split()) for cell in cells]


def texts_of(block: dict[str, object]) -> list[str]:
    """The texts of a Slack block, none of them empty."""
    found = [one["text"] for one in (block.get("text"), *block.get("elements", ())) if one]  # type: ignore[attr-defined, index]
    return [str(text) for text in found if str(text).strip()] if all(str(text).strip() for text in found) else []


def test_an_alert_without_findings_still_says_what_it_is() -> None:
    bare = make_message(make_alert())
    bare = Message("m1", "desk", "story-1", NOON, (type(bare.alerts[0])(**fields(bare) | {"findings": ()}),))
    for kind in KINDS:
        made = shown(bare, kind)
        said_in_all = made.subject + made.text + made.html + json.dumps(made.blocks) + made.body.decode()
        assert "North Korean troops deployed for Russia" in said_in_all


def fields(sent: Message) -> dict[str, object]:
    first = sent.alerts[0]
    return {name: getattr(first, name) for name in type(first).__dataclass_fields__}


def test_a_finding_that_met_two_rules_is_told_once_with_the_words_of_both() -> None:
    first, first_title = make_figure_finding(), make_alert().title
    second = make_alert_finding(
        first.claim, novelty=first.novelty, matched=("Kursk",), nearest=first.nearest, changes=first.changes
    )
    html = page(make_message(make_alert(first), make_alert(second, id="a2", rule="kursk", title="Anything in Kursk")))

    assert len(html.css(".claim")) == 1
    assert [mark.text() for mark in html.css(".claim mark")] == ["personnel", "North Korea", "Kursk"]
    assert [rule.text() for rule in html.css(".why b")] == [first_title, "Anything in Kursk"]


@pytest.mark.parametrize(
    "text", [*OVERSIZED_TEXTS.values(), "ships <sank> & " * 9000], ids=[*OVERSIZED_TEXTS, "markup"]
)
def test_the_largest_mail_stays_below_what_mail_programs_clip(text: str) -> None:
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
    made = shown(make_message(make_alert(worst, *others, title=text, reason=text, since_last=text)))

    assert len(made.html.encode()) < 102_000
    assert "… and 41 more." in made.text


def test_times_are_in_the_readers_zone_on_both_sides_of_a_clock_change() -> None:
    summer = make_message(make_alert(make_alert_finding("Said in July.", published=NOON + 200 * DAY)))
    assert "2 Jul 2025, 15:00 EEST" in shown(summer).text
    assert "14 Dec 2024, 13:00 EET" in shown(make_message()).text


@pytest.mark.parametrize(
    ("severity", "prefix"), [("critical", "[CRITICAL] "), ("high", "[HIGH] "), ("medium", ""), ("info", "")]
)
def test_only_what_is_urgent_says_so_in_the_subject(severity: str, prefix: str) -> None:
    subject = shown(make_message(make_alert(severity=Severity(severity)))).subject
    assert subject == f"{prefix}Up to 12,000 personnel (was around 3,000) · isw"


def test_a_channel_without_templates_of_its_own_gets_the_plain_text() -> None:
    made = shown(make_message(), "carrier-pigeon")
    assert (made.subject, made.text) == (shown(make_message()).subject, shown(make_message()).text)


def test_the_users_template_wins_and_may_build_on_the_one_that_ships(tmp_path: Path) -> None:
    templates = own(
        tmp_path,
        email_subject="News: {{ headline }}",
        email_html='{% extends "builtin/email.html.j2" %}{% block foot %}<p>Ours & {{ title }}</p>{% endblock %}',
    )
    made = render_message(make_message(make_alert(title="A & B")), "email", templates, KYIV, None)

    assert made.subject == "News: Up to 12,000 personnel (was around 3,000)"
    assert "Ours & A &amp; B" in made.html.replace("Ours &amp; A", "Ours & A")
    assert made.note is None
    assert made.text == render_message(make_message(make_alert(title="A & B")), "email", TEMPLATES, KYIV, None).text


BROKEN = {
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
    "huge text": ("{{ 'a' * 10 ** 9 }}", 1, "for plain sums only"),
    "huge list": ("{{ [0] * 999999999 }}", 1, "for plain sums only"),
    "huge number": ("{{ 9 ** 9 ** 9 }}", 1, "for plain sums only"),
    "huge padding": ("{{ '%0999999999d' % 1 }}", 1, "for plain sums only"),
    "huge method": ("{{ 'a'.center(999999999) }}", 1, "() cannot be called"),
    "huge format": ("{{ '{:999999999}'.format(1) }}", 1, "() cannot be called"),
    "huge range": ("{{ range(10 * 10000000)|list }}", 1, "Range too big"),
    "huge filter": ("{{ 'a'|center(999999999) }}", 1, "No filter named 'center'"),
    "missing include": ('{% include "nothing.j2" %}', 1, "no template nothing.j2"),
    "recursion": ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "RecursionError"),
}


@pytest.mark.parametrize(("text", "line", "why"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize(("kind", "name"), [("email", "email.txt"), ("email", "email.html"), ("slack", "slack")])
def test_a_broken_template_costs_no_alert_and_is_named(
    kind: str, name: str, text: str, line: int, why: str, tmp_path: Path
) -> None:
    made = render_message(make_message(), kind, own(tmp_path, **{name.replace(".", "_"): text}), KYIV, None)

    assert made.note is not None
    assert made.note.startswith(f"template {name}.j2, line {line}: ")
    assert why in made.note
    said_in_all = made.text + made.html + json.dumps(made.blocks)
    assert "Up to 12,000 personnel" in said_in_all
    assert f"template {name}.j2, line {line}: " in said_in_all


@pytest.mark.parametrize("text", TEMPLATE_ESCAPES)
@pytest.mark.parametrize("part", ["email_html", "email_subject", "brief_slack"])
def test_no_template_gets_out_of_its_box(part: str, text: str, tmp_path: Path) -> None:
    templates, rule = own(tmp_path, **{part: f"Fine {text}"}), "brief" if part.startswith("brief") else None
    kind = next((kind for kind in ("email", "slack", "terminal") if kind in part), "")

    made = render_message(make_message(), kind, templates, KYIV, None, rule)

    name = part.replace("_", ".")
    assert made.note is not None
    assert made.note.startswith(f"template {name}.j2, line 1: ")
    assert "0x" not in made.note
    shipped = render_message(
        make_message(), kind, TEMPLATES, KYIV, None, None, f"{made.note}. This is the built-in template."
    )
    for was, now in ((shipped.subject, made.subject), (shipped.text, made.text), (shipped.html, made.html)):
        assert "Fine" not in now
        assert now == was or made.note not in now
    assert "Fine" not in json.dumps(made.blocks)


@pytest.mark.parametrize("text", TEMPLATE_ESCAPES)
def test_a_template_in_a_feed_is_text_in_every_message(text: str) -> None:
    moved = make_alert_finding(
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
    sent = make_message(make_alert(moved, title=text, reason=text, rule=text, since_last=text, id=text), channel=text)
    claim = " ".join(text.split())

    mail, slack, terminal = (shown(sent, kind) for kind in ("email", "slack", "terminal"))

    assert claim in mail.text
    assert LexborHTMLParser(mail.html).css_first(".claim").text() == claim
    assert f"{claim}" in Text.from_markup(terminal.text, emoji=False).plain
    assert json.loads(shown(sent, "webhook").body)["data"]["findings"][0]["claim"] == text
    assert [made.note for made in (mail, slack, terminal)] == [None] * 3


OWN_MARKUP = "<script>alert(1)</script> & [link=https://evil.example]here[/link] <!channel> *bold*"


@pytest.mark.parametrize("name", ["email_html", "brief_email_html"])
@pytest.mark.parametrize("part", ["part.j2", "part.html.j2", "part.txt.j2", "part.slack.j2"])
def test_html_of_the_users_is_escaped_whatever_its_files_are_called(name: str, part: str, tmp_path: Path) -> None:
    (tmp_path / part).write_text("<p>{{ finding.claim }}</p>")
    whole = '{% for finding in findings %}{% include "' + part + '" %}{% endfor %}<b>{{ title }}</b>'
    rule = "brief" if name.startswith("brief") else None
    templates = own(tmp_path, **{name: whole})

    html = LexborHTMLParser(
        render_message(
            make_message(make_alert(make_alert_finding(OWN_MARKUP), title=OWN_MARKUP)),
            "email",
            templates,
            KYIV,
            None,
            rule,
        ).html
    )

    assert html.css_first("p").text() == html.css_first("b").text() == OWN_MARKUP
    assert html.css("script") == []


def test_slack_and_terminal_of_the_users_are_escaped_for_them_and_plain_text_is_not(tmp_path: Path) -> None:
    templates = own(tmp_path, **dict.fromkeys(("email_txt", "slack", "terminal"), "{{ findings[0].claim }}"))
    sent = make_message(make_alert(make_alert_finding(OWN_MARKUP)))

    (block,) = render_message(sent, "slack", templates, KYIV, None).blocks
    assert "&lt;!channel&gt; ∗bold∗" in block["text"]["text"]
    assert Text.from_markup(render_message(sent, "terminal", templates, KYIV, None).text).plain.strip() == OWN_MARKUP
    assert render_message(sent, "email", templates, KYIV, None).text.strip() == OWN_MARKUP


@pytest.mark.parametrize("text", HOSTILE_MARKUP.values(), ids=HOSTILE_MARKUP.keys())
def test_feed_text_is_no_markup_on_a_terminal(text: str) -> None:
    bare = Text.from_markup(
        shown(make_message(make_alert(make_alert_finding("Ships"), title="Ships")), "terminal").text, emoji=False
    )
    seen = Text.from_markup(
        shown(make_message(make_alert(make_alert_finding(text), title=text)), "terminal").text, emoji=False
    )

    assert " ".join(text.replace("\x1b", " ").replace("\x07", " ").split()) in seen.plain
    assert {str(span.style) for span in seen.spans} == {str(span.style) for span in bare.spans}


@pytest.mark.parametrize(
    "text", ["", " \n\t\n ", "{# nothing #}", "{% if severity == 'info' %}{{ title }}{% endif %}"]
)
@pytest.mark.parametrize(
    ("kind", "name"), [("email", "email.txt"), ("email", "email.html"), ("slack", "slack"), ("terminal", "terminal")]
)
def test_a_template_that_prints_nothing_sends_no_empty_message(
    kind: str, name: str, text: str, tmp_path: Path
) -> None:
    made = render_message(make_message(), kind, own(tmp_path, **{name.replace(".", "_"): text}), KYIV, None)

    assert made.note == f"template {name}.j2, line 1: prints nothing"
    part = {"email.html": made.html, "slack": json.dumps(made.blocks)}.get(name, made.text)
    assert "Up to 12,000 personnel" in part


def test_a_broken_subject_costs_no_alert_either(tmp_path: Path) -> None:
    made = render_message(make_message(), "email", own(tmp_path, email_subject="{{ oops }}"), KYIV, None)

    assert made.subject == shown(make_message()).subject
    assert made.note == "template email.subject.j2, line 1: 'oops' is undefined"


def test_an_empty_subject_is_replaced(tmp_path: Path) -> None:
    made = render_message(make_message(), "email", own(tmp_path, email_subject=" \n "), KYIV, None)
    assert made.subject == shown(make_message()).subject


def test_half_a_character_made_by_a_template_does_not_stop_the_mail(tmp_path: Path) -> None:
    made = render_message(make_message(), "email", own(tmp_path, email_txt='{{ "a\\ud800b" }}'), KYIV, None)
    assert (made.text, made.note) == ("a?b\n", None)


def test_a_template_cannot_change_what_it_was_given(tmp_path: Path) -> None:
    templates = own(tmp_path, email_txt="{{ findings.clear() }}")
    assert "unsafe" in (render_message(make_message(), "email", templates, KYIV, None).note or "")


def test_a_template_that_prints_much_but_not_too_much_is_used(tmp_path: Path) -> None:
    templates = own(
        tmp_path, email_txt="{% for a in range(1000) %}" + "x" * (MAX_PRINTED_CHARS // 2000) + "{% endfor %}"
    )
    assert len(render_message(make_message(), "email", templates, KYIV, None).text) > MAX_PRINTED_CHARS // 3


@settings(max_examples=60)
@given(st.sampled_from(KINDS), st.text(st.characters(), max_size=120), st.sampled_from(list(HOSTILE_TEXTS.values())))
def test_any_text_can_be_rendered_for_any_channel(kind: str, text: str, other: str) -> None:
    odd = make_alert_finding(
        text,
        novelty=Novelty.CHANGED,
        matched=(text[:20], other[:20]),
        nearest=make_prior_claim(other),
        source=other,
        entry_url=other,
        also_said_by=(make_prior_claim(text, source=other, url=other), make_prior_claim(other, source=text)),
    )
    made = shown(make_message(make_alert(odd, title=text, reason=other), id=text), kind)

    (made.subject + made.text + made.html + json.dumps(made.blocks, ensure_ascii=False)).encode("utf-8")
    made.body.decode("utf-8")
    assert made.note is None
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", made.subject + made.text + made.html)
