"""Recognizes text that was decoded with a wrong charset, such as "Ïàðîì" or "Ã©" for "é". Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

MAX_CHECKED_WORDS = 40
MIN_GARBLED_WORDS, MIN_GARBLED_CHARS = 3, 20  # less may be a name, or an example of garbled text
MIN_GARBLED_SHARE = 0.4  # of the words with letters beyond ASCII, by length
_FOREIGN_WORD = re.compile(r"[A-Za-z]{0,40}[^\x00-\x7f](?:[A-Za-z]|[^\x00-\x7f])*")
_QUOTE_REMAINS = re.compile(r"â€[\x80-\xff™œ“”¦˜‘’“–—]?")  # of UTF-8 quotes and dashes, read as windows-1252
_SPACES_AND_QUOTES = re.compile(r"[\u2000-\u200f\u2028-\u202f\u3000\ufeff\u00a0\u00ad«»“”„‘’‚‹›–—…•·]+")
_LATIN_1_RUN = re.compile(r"[\xa1-\xff]{4}")  # no language has four letters beyond ASCII in a row
_HALFWIDTH_KATAKANA = re.compile(r"[\uff61-\uff9f]{2}")  # EUC read as Shift_JIS
_UTF8_READ_AS = ("cp1252", "cp1251", "latin-1")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC", "HIRAGANA", "KATAKANA", "CJK", "HANGUL", "THAI")
# Scripts that words do not mix with Latin letters; East Asian text has no blanks around foreign words.
_UNMIXED_SCRIPTS = frozenset({"CYRILLIC", "GREEK", "HEBREW", "ARABIC"})


def looks_garbled(text: str) -> bool:
    """Return whether much of the text beyond ASCII cannot be words of any language. Checks the first words only."""
    if text.isascii():
        return False
    words = [word for word in islice(_foreign_words(text), MAX_CHECKED_WORDS) if not word.isascii()]
    garbled = [word for word in words if _is_garbled_word(word)]
    garbled_length = sum(map(len, garbled))
    is_much = len(garbled) >= MIN_GARBLED_WORDS or garbled_length >= MIN_GARBLED_CHARS
    return is_much and garbled_length >= MIN_GARBLED_SHARE * sum(map(len, words))


def _foreign_words(text: str) -> Iterator[str]:
    for match in _FOREIGN_WORD.finditer(text):
        if _QUOTE_REMAINS.search(match[0]):
            yield match[0]
        else:
            yield from _SPACES_AND_QUOTES.split(match[0])


def _is_garbled_word(word: str) -> bool:
    if "\ufffd" in word or _LATIN_1_RUN.search(word) or _QUOTE_REMAINS.search(word):
        return True
    if _HALFWIDTH_KATAKANA.match(word):
        return True
    return _is_mixed(word) or any(_is_utf8_read_as(word, charset) for charset in _UTF8_READ_AS)


def _is_utf8_read_as(word: str, charset: str) -> bool:
    try:
        return len(word.encode(charset).decode("utf-8")) < len(word)
    except UnicodeError:
        return False


def _is_mixed(word: str) -> bool:
    """Whether a word mixes scripts. One Greek letter may be a sign, as in "kΩ"."""
    scripts = [_script(letter) for letter in word if letter.isalpha()]
    unmixed = [script for script in scripts if script in _UNMIXED_SCRIPTS]
    return len(set(scripts)) > 1 and bool(unmixed) and unmixed != ["GREEK"]


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((script for script in _SCRIPTS if name.startswith(script)), "")
