"""Pieces of claims: matched words and changed words, and diffs of two claims."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deliver.word_diff import Span, changed_ranges, matched_ranges, split_pieces, word_diff

WORDS = st.lists(st.sampled_from("the a of troops 3,000 Kursk. kursk Kursk, (arrived) — x".split()), max_size=12)


def diff_text(spans: tuple[Span, ...] | None) -> str:
    """Return a diff on one line: [-old-] and {+new+}."""
    style = {"same": "{}", "old": "[-{}-]", "new": "{{+{}+}}"}
    return " ".join(style[span.state].format(span.text) for span in spans or ())


def test_matched_words_are_marked_as_whole_words_only() -> None:
    text = "Soldiers, soldiers and soldiersx in North Korea."
    ranges = matched_ranges(text, ["soldiers", "North Korea", ""])

    assert [text[start:end] for start, end in ranges] == ["soldiers", "North Korea"]


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("Around 3,000 men came.", "Up to 12,000 men came.", ["Around 3,000"], ["Up to 12,000"]),
        ("The dam is not safe.", "The dam is safe.", ["not"], []),
        ("It began on May 4, officials said.", "It began on May 5, officials said.", ["4"], ["5"]),
        ("Ten of the ships left port.", "Nine of the boats left port.", ["Ten of the ships"], ["Nine of the boats"]),
    ],
)
def test_changed_words_are_marked_in_both_claims(
    before: str, after: str, removed: list[str], added: list[str]
) -> None:
    old, new = changed_ranges(before, after) or ([], [])
    assert [before[start:end] for start, end in old] == removed
    assert [after[start:end] for start, end in new] == added


def test_a_piece_may_be_matched_and_changed() -> None:
    pieces = split_pieces("Ten tanks burn.", [(4, 9)], [(0, 9)])
    assert [(piece.text, piece.matched, piece.changed) for piece in pieces] == [
        ("Ten ", False, True),
        ("tanks", True, True),
        (" burn.", False, False),
    ]


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=5), max_size=5))
def test_joined_pieces_are_the_text(before: str, text: str, matched: list[str]) -> None:
    _, changed = changed_ranges(before, text) or ([], [])
    assert "".join(piece.text for piece in split_pieces(text, matched_ranges(text, matched), changed)) == text


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
def test_a_diff_shows_old_text_before_new_text(before: str, after: str, diff: str) -> None:
    assert diff_text(word_diff(before, after)) == diff


def test_sentences_with_little_in_common_have_no_diff() -> None:
    assert word_diff("Ten ships left the harbour.", "Officials denied everything on Monday.") is None
    assert changed_ranges("Ten ships left the harbour.", "Officials denied everything on Monday.") is None
    assert word_diff("", "Anything") is None
    assert word_diff("a " * 500, "b " * 500) is None


@given(WORDS, WORDS)
def test_a_diff_without_the_old_spans_is_the_new_text(before: list[str], after: list[str]) -> None:
    spans = word_diff(" ".join(before), " ".join(after))

    if spans is not None:
        assert " ".join(span.text for span in spans if span.state != "old") == " ".join(after)
