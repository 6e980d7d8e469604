"""Splits a text into folded words for queries, so that a term matches every spelling of a word.

Case, accents, width and look-alike letters are folded and invisible characters inside a word are removed. Scripts
without spaces give one word per character. Offsets refer to the original text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

MAX_CACHED_LETTERS = 20_000
INVISIBLE_CLASS = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
# Han, kana, bopomofo, Hangul (particles are attached to words), Thai, Lao, Burmese, Khmer
UNSPACED_CLASS = (
    "\u0e01-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u309f\u30a1-\u30fa"
    "\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d"
    "\U00020000-\U0003ffff"
)
MARK_LETTERS = "".join(chr(c) for c in range(0x300, 0x1E95A) if unicodedata.category(chr(c))[0] == "M")
MARKS_CLASS = re.escape(MARK_LETTERS)
_LETTER = rf"[^\W_{UNSPACED_CLASS}\u1100-\u115f\ua960-\ua97c]"
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+")
_WORD = re.compile(
    r"[0-9A-Za-z]++(?![^\x00-\x7f])"  # the common case first: takes a third of the time
    rf"|{_LETTER}+(?:[{MARKS_CLASS}{INVISIBLE_CLASS}]+{_LETTER}*)*"
    rf"|[{UNSPACED_CLASS}][{MARKS_CLASS}{INVISIBLE_CLASS}\uff9e\uff9f]*"
    # Hangul written in single letters
    rf"|[\u1100-\u115f\ua960-\ua97c][\u1160-\u11ff\ud7b0-\ud7fb{INVISIBLE_CLASS}]*"
)
_UNSPACED_LETTER = re.compile(f"[{UNSPACED_CLASS}]")

_WITHOUT_INVISIBLE = dict.fromkeys((173, 847, 1564, 6158, 65279, 1600)) | {
    code: None for bounds in ((0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2065)) for code in range(*bounds)
}
INVISIBLE_LETTERS = "".join(map(chr, _WITHOUT_INVISIBLE))
# accents, Arabic and Hebrew vowel points; vowel signs of other scripts are letters and are kept
_WITHOUT_ACCENTS = {
    code: None
    for bounds in ((0x300, 0x370), (0x483, 0x488), (0x591, 0x5C8), (0x64B, 0x660), (0x670, 0x671))
    for code in range(*bounds)
}
_INDEPENDENT_LETTERS = "йї"
_WITHOUT_CAPITAL_STROKES = str.maketrans({"Ø": "O", "Ł": "L", "Đ": "D", "Ħ": "H", "Æ": "AE", "Œ": "OE", "Ŧ": "T"})
_WITHOUT_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ŧ": "t"})

_CYRILLIC_LOOKALIKES = ("АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝ", "ABESIJKMHOPCTYXaesijopcyxhdqw")
_GREEK_LOOKALIKES = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχ", "ABEZHIKMNOPTYXaikvopux")
_TO_LATIN = str.maketrans(
    _CYRILLIC_LOOKALIKES[0] + _GREEK_LOOKALIKES[0], _CYRILLIC_LOOKALIKES[1] + _GREEK_LOOKALIKES[1]
)
_FROM_LATIN = {
    "cyrillic": str.maketrans(_CYRILLIC_LOOKALIKES[1], _CYRILLIC_LOOKALIKES[0]),
    "greek": str.maketrans(_GREEK_LOOKALIKES[1], _GREEK_LOOKALIKES[0]),
}


def folded_words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [fold_query_word(word) for word in _WORD.findall(text)]


def word_spans(text: str) -> list[tuple[int, int]]:
    """The offsets [start, end) of each of `folded_words(text)`."""
    return [match.span() for match in (_ASCII_WORD if text.isascii() else _WORD).finditer(text)]


def is_unspaced(word: str) -> bool:
    """Return whether a word is one character of a script without spaces."""
    return not word.isascii() and _UNSPACED_LETTER.match(word) is not None


@lru_cache(maxsize=1 << 16)
def fold_query_word(word: str) -> str:
    """Fold one word: case, accents, width, invisible characters and look-alike letters of another script."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKC", word).translate(_WITHOUT_INVISIBLE)
    return strip_accents(_unify_script(plain).casefold())


@lru_cache(maxsize=1 << 14)
def fold_cased_word(word: str) -> str:
    """Fold one word as `fold_query_word` does, but keep its case."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKC", word).translate(_WITHOUT_INVISIBLE)
    return strip_accents(_unify_script(plain).translate(_WITHOUT_CAPITAL_STROKES))


def strip_accents(text: str) -> str:
    """Remove accents and strokes; letters such as й that only look accented are kept."""
    composed = unicodedata.normalize("NFC", text).translate(_WITHOUT_STROKES)
    stripped = "".join(
        letter if letter in _INDEPENDENT_LETTERS else unicodedata.normalize("NFD", letter).translate(_WITHOUT_ACCENTS)
        for letter in composed
    )
    return unicodedata.normalize("NFC", stripped)


@lru_cache(maxsize=1 << 14)
def _unify_script(word: str) -> str:
    """Replace look-alike letters of another script by those of the word's own script."""
    scripts = [_script_of_letter(letter) for letter in word]
    latin = scripts.count("latin")
    foreign = max(("cyrillic", "greek"), key=scripts.count)
    if not latin or foreign not in scripts:
        return word
    as_latin, as_foreign = word.translate(_TO_LATIN), word.translate(_FROM_LATIN[foreign])
    is_wholly_latin = foreign not in map(_script_of_letter, as_latin)
    is_wholly_foreign = "latin" not in map(_script_of_letter, as_foreign)
    if is_wholly_latin and not (is_wholly_foreign and scripts.count(foreign) > latin):
        return as_latin
    return as_foreign if is_wholly_foreign else word


def _script_of_letter(letter: str) -> str:
    if "a" <= letter.lower() <= "z" or "\u00c0" <= letter <= "\u024f":
        return "latin"
    if "\u0400" <= letter <= "\u052f":
        return "cyrillic"
    return "greek" if "\u0370" <= letter <= "\u03ff" else ""


class _FoldedLetters(dict[int, str]):
    """Maps a letter to its form without accents and width; "" for an invisible one. Filled on first use."""

    def __missing__(self, code: int) -> str:
        if len(self) >= MAX_CACHED_LETTERS:
            self.clear()
        folded = (
            strip_accents(unicodedata.normalize("NFKC", chr(code)).translate(_WITHOUT_INVISIBLE))
            if code > 127
            else chr(code)
        )
        self[code] = folded
        return folded


_FOLDED_LETTERS = _FoldedLetters()


def fold_letters(text: str) -> str:
    """Fold a text letter by letter, for regexes; case is kept."""
    return text if text.isascii() else _unify_scripts_in_text(text).translate(_FOLDED_LETTERS)


def letter_origins(text: str) -> Sequence[int]:
    """The offset in `text` of each letter of `fold_letters(text)`, then the length of `text`."""
    if text.isascii():
        return range(len(text) + 1)
    folded = [_FOLDED_LETTERS[ord(letter)] for letter in _unify_scripts_in_text(text)]
    return [*(offset for offset, letters in enumerate(folded) for _ in letters), len(text)]


def _unify_scripts_in_text(text: str) -> str:
    """Replace look-alike letters in every word; the length stays the same."""
    return _WORD.sub(lambda match: match[0] if match[0].isascii() else _unify_script(match[0]), text)
