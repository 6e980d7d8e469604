"""Characters that cannot be stored or encoded."""

from __future__ import annotations

import re

import pytest

from monitor.characters import C0_CONTROLS, C1_CONTROLS, replace_surrogates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Україна 😀", "Україна 😀"),
        ("a\ud800b", "a\ufffdb"),
        ("\ude00", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
    ],
)
def test_surrogates_are_joined_or_replaced(text: str, expected: str) -> None:
    assert replace_surrogates(text) == expected
    replace_surrogates(text).encode()


def test_white_space_is_no_control_character() -> None:
    controls = re.compile(f"[{C0_CONTROLS}{C1_CONTROLS}]")
    assert not controls.search("\t\n\x0b\x0c\r")
    assert all(controls.search(char) for char in "\0\x07\x1b\x7f\x85\x9b")
