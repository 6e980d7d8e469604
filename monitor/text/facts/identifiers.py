"""Identifiers in prose: "CVE-2031-20417", "Docket No. 31-204", "Flight 418", "the 61st Brigade", a link, a version.

An identifier names one thing of its kind: another number is another thing, no changed figure. Names of types with
digits ("F-16") are plain names. Every quantifier below is bounded or unambiguous, so that one pass is linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.text.lexicon.cldr import is_month
from monitor.text.lexicon.figures import CURRENCIES, MEASURES
from monitor.text.lexicon.identifiers import (
    AVIATION_WORDS,
    CYRILLIC_UNIT_STEMS,
    HULL_PREFIXES,
    NON_FLIGHT_PREFIXES,
    NON_PRODUCT_WORDS,
    NON_UNIT_WORDS,
    NOUN_LABELS,
    NUMBERINGS,
    SPELLED_ORDINALS,
    UNIT_NOUNS,
    VERB_LABELS,
)
from monitor.text.lexicon.stopwords import NON_PLURAL_WORDS

LINK = "link"  # an address states nothing: it has no term and never separates claims
VERSION = "version"  # a value of its product, which moves; its kind is "version" or "version of PRODUCT"
MIN_CODE_DIGITS = 4  # in a code with a prefix: "USN-6071-1"; fewer are a name ("COVID-19", "AIM-120")
MIN_VERB_LABEL_DIGITS = 4  # without "No.": "Order 66" may be a count
PHONE_KEY_DIGITS = 10  # without the country code

# An identifier begins at a word of a run of characters with a digit, "@" or "/", at a spelled ordinal, or at one of
# the two words before these (its label). Trying the pattern at every character takes longer than all other analysis.
RUN_TAIL_PATTERN = re.compile(r"[\d@/]\S*")
ORDINAL_PATTERN = re.compile(rf"\b(?:{'|'.join(SPELLED_ORDINALS)})\b")
WORD_START_PATTERN = re.compile(r"(?<!\w)[\w+(№]")
LABEL_WORDS = 2  # "Docket No. 7"
MAX_RUN_HEAD_CHARS = 1_000  # of a run before its first digit; no word is longer
MAX_LABEL_CHARS = 28  # with the space after each
_DASH = "[-\u2010\u2011\u2013]"
_CODE = r"[A-Z]{2}[A-Z0-9]{0,8}(?:[-:][A-Z0-9]{1,12}){1,5}"
_MARK = r"(?:nos?\.|no|number|nr\.?|#|№)"
_NUMBER = r"[A-Za-z]{0,6}-?\d[0-9A-Za-z]{0,15}(?:[-/:.][0-9A-Za-z]{1,12}){0,6}"
_ORDINAL = rf"(?:\d{{1,3}}(?:st|nd|rd|th)|{'|'.join(SPELLED_ORDINALS)})"
_UNIT_WORD = rf"(?:{_ORDINAL}|(?!(?i:{NON_UNIT_WORDS.replace(' ', '|')})\b)[A-Za-z][A-Za-z'’-]{{0,20}})"
_SCORE_WORDS = "base|temporal|environmental|overall|score|rating|rated|severity|vector"
_LABELS = "|".join(
    f"[{label[0]}{label[0].upper()}](?i:{label[1:]})" for label in sorted(NOUN_LABELS | VERB_LABELS | {VERSION})
)
IDENTIFIER_PATTERN = re.compile(
    r"(?P<link>https?://[^\s<>\"]+|\bwww\.[^\s<>\"]+"
    r"|(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10}/[^\s<>\"]*"
    r"|(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,10})"
    rf"|\b(?P<cve>(?i:CVE){_DASH}\d{{4}}{_DASH}\d{{4,7}})\b"
    r"|\b(?P<ghsa>(?i:GHSA(?:-[0-9a-z]{4}){3}))\b"
    r"|\b(?P<uuid>[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12})\b"
    r"|\b(?P<hash>[0-9a-f]{32,128}|[0-9A-F]{32,128})\b"
    r"|\b(?P<docket>\d{1,2}:\d{2}-[a-z]{2,4}-\d{3,6})\b"
    rf"|\b(?P<hull>(?:{HULL_PREFIXES.replace(' ', '|')})-\d{{1,4}})\b"
    rf"|\b(?P<cvss>CVSS(?: ?v| version|:)? ?[234]\.[01])(?=/| ?[:(]| \d|,? (?:{_SCORE_WORDS}))"
    rf"|\b(?P<code>{_CODE}|[A-Z]{{2,6}}\d{{5,10}}|VU#\d{{5,7}})\b"
    rf"|\b(?P<label>{_LABELS})(?P<plural>s?) "
    rf"?(?P<labeled>(?i:(?P<mark>{_MARK}) ?|: ?)?(?P<number>{_NUMBER}))(?!\w|,\d)"
    r"|\b(?P<bare>No\. ?(?P<cited>\d{2,4}-\d{2,6}|\d{4,10}))(?![\w%,])"
    rf"|(?P<sign>№ ?\d{{1,10}}(?:[-/]\w{{1,12}}){{0,3}})\b"
    rf"|\b(?P<unit>{_ORDINAL})(?=(?:(?:,| and| or)? {_UNIT_WORD}){{0,5}}? (?i:(?P<noun>{'|'.join(UNIT_NOUNS)}))\b)"
    rf"|\b(?P<cyrillic>\d{{1,3}}{_DASH}[а-яіїє]{{1,3}})(?=(?: [^\W\d_][\w'’ʼ-]{{0,20}}){{0,4}}?"
    rf" (?P<stem>{'|'.join(CYRILLIC_UNIT_STEMS)})[а-яіїє]{{0,4}}\b)"
    rf"|\b(?P<short>\d{{1,3}}(?:{_DASH}[а-яіїє]{{1,3}})?)(?= [А-ЯІа-яі]{{1,6}}[Бб]р\b)"
    r"|(?P<phone>(?<![\w.(-])\+\d[\d ()-]{7,18}\d\b|(?<![\w.-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}\b)"
    r"|(?<![\w./:,-])(?P<version>v\d{1,4}(?:\.\d{1,6}){1,4}|\d{1,4}(?:\.\d{1,6}){2,4})(?![\w/:]|[.,]\d)"
    r"|\b(?P<flight>[A-Z]{2}\d{2,4})\b"
)
DAY_PATTERN = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})")
GROUPED_NUMBER_PATTERN = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")  # 1.234.567
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d")
DIGIT_RUN_PATTERN = re.compile(r"\d+")
WORD_PATTERN = re.compile(r"[a-z]+")
NEXT_WORD_PATTERN = re.compile(r"[ -]?([^\W\d_]+|%)?")
LAST_WORD_PATTERN = re.compile(r"(\w{1,40})\W{0,3}$")
LOOKBEHIND_CHARS = 48


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier at [start, end) of a text. Spellings of one identifier share `key`, in any kind."""

    kind: str
    key: str
    start: int
    end: int


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """Return the identifiers of a text, in order and without overlap."""
    identifiers: list[Identifier] = []
    end = 0
    for run_start, run_end in _runs(text):
        for start in _starts(text, run_start, run_end):
            match = IDENTIFIER_PATTERN.match(text, start) if start >= end else None
            identifier = _read_match(match) if match else None
            if identifier:
                identifiers.append(identifier)
                end = identifier.end
    return tuple(identifiers)


def _runs(text: str) -> list[tuple[int, int]]:
    """Return the ranges [start, end) of the runs of characters with a digit, "@" or "/" and of ordinals, in order."""
    runs = [(_run_start(text, tail.start()), tail.end()) for tail in RUN_TAIL_PATTERN.finditer(text)]
    if any(ordinal in text for ordinal in SPELLED_ORDINALS):  # twice as fast as to search the pattern in every text
        runs = sorted([*runs, *(ordinal.span() for ordinal in ORDINAL_PATTERN.finditer(text))])
    return runs


def _run_start(text: str, end: int) -> int:
    """Return where the characters that are no spaces begin before `end`."""
    before = text[max(0, end - MAX_RUN_HEAD_CHARS) : end]
    return end if not before or before[-1].isspace() else end - len(before.rsplit(maxsplit=1)[-1])


def _starts(text: str, run_start: int, run_end: int) -> list[int]:
    """Return the offsets where an identifier of a run of characters may begin, in order."""
    start, floor = run_start, max(0, run_start - MAX_LABEL_CHARS)
    for _ in range(LABEL_WORDS):
        start = text.rfind(" ", floor, max(floor, start - 1)) + 1 or floor
    return [word.start() for word in WORD_START_PATTERN.finditer(text, start, run_end)]


def blank_identifiers(text: str, identifiers: Sequence[Identifier]) -> str:
    """Return the text with a space in the place of each of its identifiers."""
    starts = [0, *(identifier.end for identifier in identifiers)]
    ends = [*(identifier.start for identifier in identifiers), len(text)]
    return " ".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _read_match(match: re.Match[str]) -> Identifier | None:
    """Return the identifier of a match, or None if its context shows that it is none."""
    kind = next(name for name in READERS if match[name] is not None)
    return READERS[kind](match, kind)


def _make(match: re.Match[str], group: str, kind: str, key: str) -> Identifier:
    return Identifier(kind, key, *match.span(group))


def normalize_code(code: str) -> str:
    """Return a code without case, spaces and styles of dashes."""
    return re.sub(_DASH, "-", code.casefold().replace(" ", ""))


def _plain(match: re.Match[str], group: str) -> Identifier:
    return _make(match, group, group, normalize_code(match[group]))


def _link(match: re.Match[str], group: str) -> Identifier:
    link = match[group].rstrip(".,;:!?)]}'’”")
    return Identifier(LINK, link, match.start(), match.start() + len(link))


def _hash(match: re.Match[str], group: str) -> Identifier | None:
    """Read a hash; a run of one kind of character is none."""
    text = match[group]
    return None if text.isdecimal() or text.isalpha() else _plain(match, group)


def _code(match: re.Match[str], group: str) -> Identifier | None:
    kind = _code_kind(match[group])
    return _make(match, group, kind, normalize_code(match[group])) if kind else None


def _code_kind(code: str) -> str:
    """Return the prefix of a code, its kind; "" for a name or amount: "EURO-2028", "USD-5000"."""
    prefix = re.split(r"[-:#\d]", code, maxsplit=1)[0].casefold()
    runs = DIGIT_RUN_PATTERN.findall(code)
    is_year = len(runs) == 1 and YEAR_PATTERN.fullmatch(runs[0])
    if sum(map(len, runs)) < MIN_CODE_DIGITS or is_year or prefix in CURRENCIES:
        return ""
    return prefix


def _labeled(match: re.Match[str], group: str) -> Identifier | None:
    """Read "Lot 20417", "Release No. 31-2", "version 2.4"; a code with a prefix of its own keeps its kind."""
    label, number = match["label"].casefold(), match["number"]
    if label == VERSION:
        return _make(match, "number", _version_kind(match), number.casefold())
    if re.fullmatch(_CODE, number) and (kind := _code_kind(number)):
        return _make(match, "number", kind, normalize_code(number))
    if not match["mark"] and not _is_label(match, label, number):
        return None
    kind = NUMBERINGS.get(label, label)
    return _make(match, "labeled", kind, _numbered_key(kind, number))


def _numbered_key(kind: str, number: str) -> str:
    """Return the key of a number; digits alone are distinct in their kind only."""
    code = normalize_code(number)
    return code if any(map(str.isalpha, code)) else f"{kind} {code}"


def _is_label(match: re.Match[str], label: str, number: str) -> bool:
    """Whether the number after a label without "No." is its identifier, and no count, measure or year."""
    following = NEXT_WORD_PATTERN.match(match.string, match.end())
    word = ((following and following[1]) or "").casefold()
    if word in MEASURES or YEAR_PATTERN.fullmatch(number):
        return False
    is_long = len(number) >= MIN_VERB_LABEL_DIGITS
    if match["plural"]:
        return is_long and not number.isdecimal()
    if label in NOUN_LABELS:
        return is_long or match["label"][0].isupper()
    is_count = word.endswith("s") and word not in NON_PLURAL_WORDS
    return is_long and not is_count and (not word or word in NON_PLURAL_WORDS or "-" in number or word.endswith("ed"))


def _bare(match: re.Match[str], group: str) -> Identifier:
    """Read a citation without a label: "No. 31-204"."""
    return _make(match, group, "docket", _numbered_key("docket", match["cited"]))


def _sign(match: re.Match[str], group: str) -> Identifier:
    """Read a number after "№", which belongs to the word before it: "школа № 5"."""
    kind = _word_before(match)[:4].casefold()
    return _make(match, group, f"№ {kind}", f"{kind} {normalize_code(match[group][1:])}")


def _unit(match: re.Match[str], group: str) -> Identifier | None:
    """Read the ordinal of a military unit; after a month it is a day."""
    if is_month(_word_before(match).casefold()):
        return None
    ordinal = SPELLED_ORDINALS.get(match[group]) or match[group][:-2]
    return _make(match, group, "unit", f"{ordinal} {UNIT_NOUNS[match['noun'].casefold()]}")


def _cyrillic_unit(match: re.Match[str], group: str) -> Identifier:
    return _make(match, group, "unit", f"{re.split(_DASH, match[group])[0]} {CYRILLIC_UNIT_STEMS[match['stem']]}")


def _short_unit(match: re.Match[str], group: str) -> Identifier:
    """Read the number before an abbreviated brigade: "61 ОМБр"."""
    return _make(match, group, "unit", f"{re.split(_DASH, match[group])[0]} brigade")


def _phone(match: re.Match[str], group: str) -> Identifier:
    return _make(match, group, group, "".join(filter(str.isdigit, match[group]))[-PHONE_KEY_DIGITS:])


def _version(match: re.Match[str], group: str) -> Identifier | None:
    number = match[group]
    if DAY_PATTERN.fullmatch(number) or GROUPED_NUMBER_PATTERN.fullmatch(number):
        return None
    return _make(match, group, _version_kind(match), number.removeprefix("v"))


def _version_kind(match: re.Match[str]) -> str:
    """Return the kind of a version, with its product if a capitalized word is right before it."""
    product = _word_before(match)
    is_product = product[:1].isupper() and product.casefold() not in NON_PRODUCT_WORDS
    return f"{VERSION} of {product.casefold()}" if is_product else VERSION


def _scoring_system(match: re.Match[str], group: str) -> Identifier:
    """Read the version of the scoring system in "CVSS 3.1 score of 9.8"."""
    return _make(match, group, VERSION, match[group][-3:])


def _flight(match: re.Match[str], group: str) -> Identifier | None:
    """Read "QX418" if the text is about aviation."""
    if match[group][:2] in NON_FLIGHT_PREFIXES or AVIATION_WORDS.isdisjoint(
        WORD_PATTERN.findall(match.string.casefold())
    ):
        return None
    return _plain(match, group)


def _word_before(match: re.Match[str]) -> str:
    before = LAST_WORD_PATTERN.search(match.string[max(0, match.start() - LOOKBEHIND_CHARS) : match.start()])
    return before[1] if before else ""


READERS = {
    "link": _link,
    "cve": _plain,
    "ghsa": _plain,
    "uuid": _plain,
    "hash": _hash,
    "docket": _plain,
    "hull": _plain,
    "code": _code,
    "labeled": _labeled,
    "bare": _bare,
    "sign": _sign,
    "unit": _unit,
    "cyrillic": _cyrillic_unit,
    "short": _short_unit,
    "cvss": _scoring_system,
    "phone": _phone,
    "version": _version,
    "flight": _flight,
}
