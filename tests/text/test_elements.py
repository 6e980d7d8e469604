"""What somebody wrote in angle brackets is text; elements are not."""

from __future__ import annotations

import time

import pytest

from monitor.text.blocks import parse_blocks
from monitor.text.elements import escape_non_elements


def escaped(text: str, word: str) -> bool:
    return f"&lt;{word}" in escape_non_elements(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The east pier is <OPEN> for ferries.", "OPEN"),
        ("<p>The east pier is <OPEN> for ferries.</p>", "OPEN"),
        ("It returns Map<String, List<Integer>>.", "Integer"),
        ("<p>Write to <desk@harbour.example></p>", "desk@harbour.example"),
        ("<p>See <https://harbour.example/a></p>", "https://harbour.example/a"),
        ("Use Vec<u>, or Set<A> if you must.", "u"),
        ("It returns List<A>", "A"),
        ("It returns List<Object> now.", "Object"),
        ("The branch <main> is shut.", "main"),
        ("Press <button>, then wait.", "button"),
        ("The sail <is up/down> today", "is up/down"),
        ("if (a <b2 && c) {", "b2"),
    ],
)
def test_a_word_that_cannot_be_an_element_is_text(text: str, word: str) -> None:
    assert escaped(text, word)


@pytest.mark.parametrize(
    "html",
    [
        "<p>One<p>Two",
        "<my-widget>Pier</my-widget> <my-clock>",
        "<o:p></o:p><v:shape id='a'>",
        "<teaser>The pier is open.</teaser>",
        "<TEASER>The pier is open.</teaser>",
        '<pier state="OPEN">',
        "<pier/>",
        "<section><p>The text is cut",
        "The <b>text is cut",
        "The <b> text is cut",
        "<table>\n<tr><td>1",
        "The pier <script> is(open)",
        "a < b <!-- <b --> <3 </b>",
        "",
    ],
)
def test_elements_are_not_text(html: str) -> None:
    assert escape_non_elements(html) == html


def test_escaping_twice_changes_nothing_more() -> None:
    once = escape_non_elements("<p>A <OPEN> pier, List<Object> &lt;b&gt;")
    assert escape_non_elements(once) == once


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("Pier: <OPEN>", ["Pier: <OPEN>"]),
        ("<p>Pier: <OPEN></p><p>Lock: <SHUT></p>", ["Pier: <OPEN>", "Lock: <SHUT>"]),
        ("# State\n\nPier: <OPEN>\n", ["State", "Pier: <OPEN>"]),
        ("The branch <main> is\nshut.", ["The branch <main> is shut."]),
        ("Returns List<A>.\n\nReturned List<B>.", ["Returns List<A>.", "Returned List<B>."]),
        ("git clone <source> <target>", ["git clone <source> <target>"]),
        ('Pier<video src="a.mp4"></video> is open.', ["Pier is open."]),
        ("The <kbd>Esc</kbd> key.", ["The Esc key."]),
    ],
)
def test_the_blocks_of_a_body_have_its_words_in_angle_brackets(body: str, texts: list[str]) -> None:
    assert [block.text for block in parse_blocks(body)] == texts


@pytest.mark.parametrize("piece", ["<a", "<a ", "<a <", "<open>", "<open ", "</a", "x<b>", "<a\n", "<!--<x"])
def test_hostile_text_is_escaped_in_linear_time(piece: str) -> None:
    started_at = time.process_time()
    escape_non_elements(piece * 200_000)
    escape_non_elements("".join(f"{piece}{number}" for number in range(100_000)))
    assert time.process_time() - started_at < 4
