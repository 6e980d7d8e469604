"""Splits a block into sentences, in any script.

sentencex finds the ends; sentences it splits after an abbreviation, an initial or a clock time are joined again.
"""

from __future__ import annotations

import re

import sentencex

from monitor.text.lexicon.stopwords import STOPWORDS

MAX_SEGMENTER_CHARS = 8_000  # sentencex takes quadratic time on unclosed quotes
MAX_CLAIM_CHARS = 2_000  # a longer sentence is cut between words

LANGUAGE_SCRIPTS = (
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[а-яА-Я]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)

# Abbreviations before a name, a number or a unit, which rarely or never end a sentence.
ABBREVIATIONS = frozenset(
    "gen lt col maj capt cpt sgt cpl pvt adm cmdr brig sen rep gov pres prof dr mr mrs ms messrs st mt ft no nos "
    "art sec fig figs vol vols ch pp approx est incl excl vs cf ca resp dept d-calif r-tex rev hon supt "
    "e.g i.e maj.-gen lt.-col brig.-gen lt.-gen "
    "nr str bzw ggf inkl sr sra srta mme mlle jan feb mar apr jun jul aug sept sep oct nov dec "
    "ген полк підполк кап лейт серж адм акад проф доц ім імені див напр зокр м с смт вул просп пл бул р-н обл "
    "бл прибл тис млн млрд грн год хв сек ст п пп гл рис табл т.зв тзв о "
    "подп лейт серж ул пр-т пер им г пос дер обл руб тыс час мин сек стр рис табл прибл ок т.н д ген-лейт "
    "أ د م ص ق".split()
)
# Abbreviations that may also end a sentence: joined only if the next words cannot begin one.
CLOCK_ABBREVIATIONS = frozenset(("a.m", "p.m", "am", "pm"))
AFTER_CLOCK_PATTERN = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b"
    r"|(?:est|edt|cst|cdt|mst|mdt|pst|pdt|gmt|utc|cet|cest|eet|eest|bst|msk|kst|jst|ist)\b"
    r"|(?:local|eastern|central|mountain|pacific|moscow|kyiv|kiev|london|greenwich)\b",
    re.IGNORECASE,
)
LAST_WORD_PATTERN = re.compile(r"(?:^|(?<=[\s(\[«“\"'‘„]))([^\s(\[«“\"'‘„]{1,12})\.$")
LAST_WORD_WINDOW_CHARS = 15  # enough to contain the start of a word that LAST_WORD_PATTERN matches
INITIAL_PATTERN = re.compile(r"[^\W\d_](?:\.[^\W\d_])*$")
CLOSING_QUOTE_PATTERN = re.compile(r"[\"”’»」』]$")
LEADING_WORD_PATTERN = re.compile(r"[^\W_]+")
EXCLAIMED_NAME_PATTERN = re.compile(r"(?:[A-Z][a-z]+ ){1,2}[A-Z][a-z]+!")  # "Acme Active! Mail"
HANGUL_KANA_PATTERN = re.compile("[\uac00-\ud7a3\u3040-\u30ff]")


def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of one line of text (white space folded), in order and stripped."""
    merged: list[str] = []
    is_adjacent = False  # whether no space separates a piece from the one before
    for piece in _segment(text):
        if merged and is_adjacent and _is_dotted_name(merged[-1], piece):
            merged[-1] += piece.strip()
        elif merged and (joiner := _joiner_between(merged[-1], piece)) is not None:
            merged[-1] += joiner + piece.strip()
        else:
            merged.append(piece.strip())
        is_adjacent = not piece[-1:].isspace()
    return tuple(part for sentence in merged for part in _split_long(sentence))


def _segment(text: str) -> list[str]:
    if not any(mark in text[:-1] for mark in ".!?…。！？؟۔।"):
        return [text]
    language = _guess_language(text)
    return [
        piece
        for part in _split_long(text, MAX_SEGMENTER_CHARS)
        for piece in sentencex.segment(language, part)
        if piece.strip()
    ]


def _guess_language(text: str) -> str:
    if text.isascii():
        return "en"
    return next((name for name, letters in LANGUAGE_SCRIPTS if letters.search(text)), "en")


def _joiner_between(before: str, piece: str) -> str | None:
    """Return the text between `before` and `piece` if they are one sentence, or None if they are two."""
    following = piece.lstrip()
    if CLOSING_QUOTE_PATTERN.search(before) and len(following) == len(piece) and HANGUL_KANA_PATTERN.match(following):
        return ""
    if EXCLAIMED_NAME_PATTERN.fullmatch(before) and following[:1].isupper():
        return " "
    last_word = LAST_WORD_PATTERN.search(before[-LAST_WORD_WINDOW_CHARS:])
    if last_word and (_continues_after(last_word[1], following) or before[:-1].isdigit()):
        return " "
    return None


def _is_dotted_name(before: str, piece: str) -> bool:
    """Whether a dot without a space after it is part of a name: "Acme.Security.Tokens", ".NET"."""
    following = LEADING_WORD_PATTERN.match(piece)
    if not before.endswith(".") or following is None:
        return False
    last_word = before[:-1].rsplit(None, 1)[-1:]
    if before[-2:-1].isspace() or before == ".":
        return True
    is_name = bool(last_word) and (last_word[0][:1].isupper() or "." in last_word[0])
    return is_name and following[0].casefold() not in STOPWORDS


def _continues_after(word: str, following: str) -> bool:
    """Whether `following` continues a sentence that seems to end in `word.`."""
    folded = word.casefold()
    if folded in CLOCK_ABBREVIATIONS:
        return bool(AFTER_CLOCK_PATTERN.match(following)) or following[0].islower()
    if folded in ABBREVIATIONS:
        return True
    if INITIAL_PATTERN.match(word) and word[-1].isupper():
        return len(word) == 1
    return following[0].islower() and len(word) <= 5 and not following[1:2].isupper()


def _split_long(text: str, max_chars: int = MAX_CLAIM_CHARS) -> list[str]:
    """Cut `text` into parts of at most `max_chars`, between words where possible."""
    parts = []
    while len(text) > max_chars:
        cut = text.rfind(" ", max_chars // 2, max_chars)
        cut = max_chars if cut < 0 else cut
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [*parts, text]
