"""A tag inside a word or an address does not tear it, and adjacent elements that are words are not joined."""

from __future__ import annotations

import time

import pytest

from monitor.sources.parse.sanitize import html_to_line
from monitor.text.blocks import parse_blocks

PIECES = ("https://", "harbour.example/2031/storm-closes-fer", "ries-and-piers")
SHORT_LINK = '<a href="https://harbour.example/"><span class="x">{}</span><span class="y">{}</span><i>{}</i></a>'

WHOLE = [
    (f"More: {SHORT_LINK.format(*PIECES)} now", f"More: {''.join(PIECES)} now"),
    ('The <a href="/k">harbour</a><a href="/k">master</a> left', "The harbourmaster left"),
    (
        'The <a href="/k"><b>har</b></a><a class="x" href="/k">bour</a><a href="/k">master</a> left',
        "The harbourmaster left",
    ),
    ("The <a>har</a><a>bour</a> is shut", "The harbour is shut"),
    ("The <b>har</b><i>bour</i> is shut", "The harbour is shut"),
    ('The <span style="x">har</span><span style="x">bour</span> is shut', "The harbour is shut"),
    ('<span class="cap">T</span><span>he</span> pier is shut', "The pier is shut"),
    ("The har<b>bour</b> is <u>sh</u>ut", "The harbour is shut"),
    ("The har<wbr>bour and the <b>har</b><wbr><b>bour</b>", "The harbour and the harbour"),
    ("The <b>har&#8203;</b><b>bour</b>", "The harbour"),
    ("Write to desk@har<b>bour</b><b>2</b><b>.example</b>", "Write to desk@harbour2.example"),
    ("The <b>гав</b><b>ань</b> and <b>港</b><b>口</b>", "The гавань and 港口"),
    ("The har<!-- x -->bour", "The harbour"),
]
SEPARATE = [
    ("<span>3,000</span><span>tons</span>", "3,000 tons"),
    ("<b>12</b><b>50</b> crowns", "12 50 crowns"),
    ('<a href="/a">piers</a><a href="/b">ferries</a>', "piers ferries"),
    ('<a href="#">tide</a><a href="#">ferry</a><a href="#">boat</a><a href="#">pier</a>', "tide ferry boat pier"),
    ("<a>piers</a><a>ferries</a><a>boats</a>", "piers ferries boats"),
    ('<span class="tag">storm</span><span class="tag">ferry</span>', "storm ferry"),
    ("<span>storm</span><span>ferry</span><span>boat</span>", "storm ferry boat"),
    ("<span>Storm</span><span>Ferry</span><span>boat</span>", "Storm Ferry boat"),
    ("<b>North</b><b>Pier</b>", "North Pier"),
    ('<a href="/p">pier</a><span>shut</span>', "pier shut"),
    ("<span>by</span><time>today</time>", "by today"),
    ("Press <kbd>ctrl</kbd><kbd>c</kbd>", "Press ctrl c"),
    ('<span>pier</span><i class="icon"></i><span>shut</span><img><span>again</span>', "pier shut again"),
    ("<x-tag>pier</x-tag><x-tag>shut</x-tag>", "pier shut"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "text"), WHOLE + SEPARATE)
def test_inline_markup_is_joined_or_separated_in_html(markup: str, text: str) -> None:
    assert [block.text for block in parse_blocks(f"<p>{markup}</p>")] == [text]


@pytest.mark.parametrize(("markup", "text"), WHOLE + SEPARATE)
def test_inline_markup_is_joined_or_separated_in_a_title(markup: str, text: str) -> None:
    assert html_to_line(markup).replace("\u200b", "") == text


@pytest.mark.parametrize(("markup", "text"), [case for case in WHOLE + SEPARATE if "x-tag" not in case[0]])
def test_inline_markup_is_joined_or_separated_in_markdown(markup: str, text: str) -> None:
    if "<time" in markup:
        markup = markup.replace("time>", "q>")
    assert [block.text for block in parse_blocks(f"- {markup}\n- one\n")] == [text, "one"]


def test_table_cells_and_bullets_are_never_joined() -> None:
    assert [block.text for block in parse_blocks("<ul><li>har<li>bour</ul><p>a<br>b")] == ["har", "bour", "a", "b"]
    assert [block.text for block in parse_blocks("<table><tr><td>har<td>bour</table>")] == ["har | bour"]


@pytest.mark.parametrize("piece", ["<b>a</b>", "<span>a</span>", "<a href=#>a", "<i><b>a</i>", "<wbr>a", "@<b>a</b>"])
def test_many_pieces_are_put_together_in_linear_time(piece: str) -> None:
    started_at = time.process_time()
    parse_blocks(f"<p>{piece * 50_000}")
    html_to_line(piece * 50_000)
    assert time.process_time() - started_at < 5
