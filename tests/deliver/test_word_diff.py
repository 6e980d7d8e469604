"""A claim in pieces: what met the rule, and what moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deliver.word_diff import Span, highlight, word_diff

WORDS = st.lists(st.sampled_from("the a of troops 3,000 Kursk. kursk Kursk, (arrived) — x".split()), max_size=12)


def shown(pieces: tuple[Span, ...] | None) -> str:
    """A diff on one line: [-old-] and {+new+}."""
    style = {"same": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}
    return " ".join(style[piece.state].format(piece.text) for piece in pieces or ())


def test_matched_words_are_marked_wherever_they_stand_whole() -> None:
    pieces = highlight("Soldiers, soldiers and soldiersx in North Korea.", ["soldiers", "North Korea", ""])

    assert [piece.text for piece in pieces if piece.matched] == ["soldiers", "North Korea"]


@given(st.text(max_size=60), st.lists(st.text(max_size=5), max_size=5))
def test_marked_pieces_joined_are_the_text(text: str, matched: list[str]) -> None:
    assert "".join(piece.text for piece in highlight(text, matched)) == text


@pytest.mark.parametrize(
    ("before", "after", "diff"),
    [
        (
            "Around 3,000 soldiers are in Kursk.",
            "Up to 12,000 soldiers are in Kursk.",
            "[-Around 3,000-] {+Up to 12,000+} soldiers are in Kursk.",
        ),
        (
            "Близько 3 000 військових КНДР у Курську",
            "До 12\u00a0000 військових КНДР у Курську",
            "[-Близько 3 000-] {+До 12\u00a0000+} військових КНДР у Курську",
        ),
        (
            "Moscow captured the village",
            "Moscow has not captured the village, aides said",
            "Moscow {+has not+} captured the village, {+aides said+}",
        ),
        ("The bridge at Kursk, stands.", "The bridge at Kursk stands", "The bridge at Kursk stands"),
        (
            "Fire destroyed ten of the houses there today",
            "Fire destroyed nine of the barns there today",
            "Fire destroyed [-ten of the houses-] {+nine of the barns+} there today",
        ),
    ],
    ids=["figure", "grouped figure", "negation", "punctuation", "short words between changes"],
)
def test_a_diff_reads_old_before_new(before: str, after: str, diff: str) -> None:
    assert shown(word_diff(before, after)) == diff


def test_there_is_no_diff_of_sentences_with_little_in_common() -> None:
    assert word_diff("Ten ships left the harbour.", "Officials denied everything on Monday.") is None
    assert word_diff("", "Anything") is None
    assert word_diff("a " * 500, "b " * 500) is None


@given(WORDS, WORDS)
def test_a_diff_without_what_went_is_what_is_said_now(before: list[str], after: list[str]) -> None:
    pieces = word_diff(" ".join(before), " ".join(after))

    if pieces is not None:
        assert " ".join(piece.text for piece in pieces if piece.state != "old") == " ".join(after)
