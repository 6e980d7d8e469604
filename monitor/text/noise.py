"""Classifies lines that cannot be news alone: series titles, clocks and counters, questions, addresses, boilerplate.

A line is noise only if nothing remains of it besides dates, numbers and words of one such kind. In doubt it is
not noise: a missed noise line costs a glance, a wrong one costs the news.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from monitor.model import Noise, Role
from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.noise_patterns import (
    ADDRESS_VERBS,
    ADDRESS_WORD_PATTERN,
    BOILERPLATE_PATTERN,
    CREDIT_PATTERN,
    DATELINE_PATTERN,
    DOMAIN_PATTERN,
    FIGURES_NAME_PATTERN,
    FORMULA_PATTERN,
    LEAD_IN_PATTERN,
    PHONE_PATTERN,
    POINTER_PATTERN,
    RELEASE_NUMBER_PATTERN,
    RELEASE_PATTERN,
    STAMP_PATTERN,
    URL_PATTERN,
)
from monitor.text.noise_words import (
    CALENDAR_WORDS,
    DATELINE_PLACES,
    FILLER_WORDS,
    NON_OBJECT_WORDS,
    POINTER_WORDS,
    QUESTION_WORDS,
    RELATED_SERIES_WORDS,
    STATEMENT_VERBS,
    STRONG_SERIES_WORDS,
    TRANSITIVE_VERBS,
    VOLATILE_CONTEXT_WORDS,
    VOLATILE_WORDS,
    WEAK_SERIES_WORDS,
)

MAX_NOISE_CHARS = 240  # a longer line has content
MAX_STAMP_CHARS = 100
MAX_ADDRESS_LINE_CHARS = 2_000  # addresses are long, and one line may list many
MAX_DATELINE_CHARS = 100
MAX_PLACE_WORDS = 3
MAX_LABEL_WORDS = 2  # unknown words before an address: "Harbor Police: https://…"
MAX_SHORT_LABEL_CHARS = 24  # may have one more: "East Vale County: https://…"
MAX_CJK_LABEL_CHARS = 4
MAX_SERIES_NAME_WORDS = 5  # unknown words in the name of a series: "Russian Offensive Campaign Assessment"

QUESTION_PATTERN = re.compile(r"[?？؟]+!*([\"'”’»」』)\]]*)$")
OPENING_QUOTE_PATTERN = re.compile(r"[\"'“‘«„「『(\[]")
LEAD_SEPARATOR_PATTERN = re.compile(r"[:–—]|\s-\s")
LINE_WORD_PATTERN = re.compile(r"[^\W\d_]+(?:['’.&-][^\W_]+)*")
LINE_TOKEN_PATTERN = re.compile(
    r"(?P<number>[$€£₴#№]?\d[\d.,:/T%+-]*(?:st|nd|rd|th|am|pm|-го|-ї|-я|-е)?[年月日号时分년월일]?)"
    r"|(?P<word>[ap]\.m\.?|[^\W\d_]+(?:['’.&-][^\W_]+)*)"
    r"|(?P<mark>[:–—|])",
    re.IGNORECASE,
)
CLOCK_PATTERN = re.compile(r"\d{1,2}[:.]\d{2}(?:[ap]m)?\b", re.IGNORECASE)
DATE_PATTERN = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d\s?[月년월]")
YEAR_PATTERN = re.compile(r"(?:19|20)\d\d$")
AMOUNT_PATTERN = re.compile(r"(?<![\w-])(?!(?:19|20)\d\d\b)\d[\d.,]*(?: ?%| percent\b|(?: [^\W\d_]{2,}){3})")

# A heading of this many words (Chinese and Japanese: characters) is a statement, whatever the words.
MIN_STATEMENT_WORDS = 8
MIN_STATEMENT_WORDS_NON_ASCII = 6  # lower, because few verbs of other scripts are listed
MIN_STATEMENT_CJK_CHARS = 12
CJK_PATTERN = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
KOREAN_VERB_ENDING_PATTERN = re.compile("[\uac00-\ud7a3](?:다|음|함|됨|했음|중)[.!]?$")

SERIES_WORDS = STRONG_SERIES_WORDS | WEAK_SERIES_WORDS
NOISE_VOCABULARY = (
    SERIES_WORDS | RELATED_SERIES_WORDS | CALENDAR_WORDS | FILLER_WORDS | VOLATILE_WORDS | VOLATILE_CONTEXT_WORDS
)
SERIES_LINE_WORDS = SERIES_WORDS | RELATED_SERIES_WORDS | VOLATILE_WORDS
SERIES_VOCABULARY = SERIES_WORDS | RELATED_SERIES_WORDS | CALENDAR_WORDS | FILLER_WORDS
VOLATILE_LINE_WORDS = VOLATILE_WORDS | VOLATILE_CONTEXT_WORDS


ADDRESS_MARK = "\ue000"  # a private character, in place of each address
ADDRESS_HINT_PATTERN = re.compile(r"://|www\.|[@#]|[a-z]\.[a-z]{2}|\d[ .)-]{1,2}\d", re.IGNORECASE)
# "More at https://… today." says that something happens; "Visit https://… today." does not.
DAY_AT_ADDRESS_PATTERN = re.compile(
    rf"(?!(?:please )?{ADDRESS_VERBS}\b).*{ADDRESS_MARK} (?:today|tonight|tomorrow|yesterday)\.", re.IGNORECASE
)
PIECE_SEPARATOR_PATTERN = re.compile(rf"{ADDRESS_MARK}|[;|•·]|\s[–—-]\s")
DATE_NUMBER_PATTERN = re.compile(r"\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?|(?:19|20)\d\d|\d{1,2}:\d\d")
# Verbs that say where something is or who may do what do not make a pointer a statement.
POINTER_VERBS = frozenset("is are be has have had will would may might can could must should do".split())
LEAD_IN_VERBS = frozenset("is are was were be been has have had".split())
POINTER_STARTS = ("For ", "for ", "Please ", "please ", "To ")  # what a pointer without an address starts with
PLACES = DATELINE_PLACES | COUNTRIES.keys()


class _Token(NamedTuple):
    kind: str  # number, word or mark
    text: str
    folded: str


def noise_kind(text: str, role: Role) -> Noise | None:
    """Return why a line (white space folded) cannot be news alone, or None if it can."""
    if len(text) <= MAX_ADDRESS_LINE_CHARS and _is_address_line(text, role):
        return Noise.BOILERPLATE
    if len(text) <= MAX_NOISE_CHARS:
        if _is_source_formula(text, role):
            return Noise.BOILERPLATE
        if _is_dateline(text, role) or _is_figures_name(text):
            return Noise.SERIES_TITLE
        if BOILERPLATE_PATTERN.fullmatch(text) or (CREDIT_PATTERN.fullmatch(text) and not is_statement(text)):
            return Noise.BOILERPLATE
        if len(text) <= MAX_STAMP_CHARS and STAMP_PATTERN.fullmatch(text):
            return Noise.VOLATILE
        if _may_be_contentless(text) and (contentless := _contentless_kind(_tokenize_line(text), text, role)):
            return contentless
    if _is_question(text, role):
        return Noise.QUESTION
    if (role is Role.HEADING and not is_statement(text)) or _is_lead_in(text):
        return Noise.BARE_HEADING
    return None


def is_statement(heading: str) -> bool:
    """Whether a heading states something: it has a known verb, an amount, a full stop, or many words."""
    if heading[-1:] in ".!。" or AMOUNT_PATTERN.search(heading) or KOREAN_VERB_ENDING_PATTERN.search(heading):
        return True
    if len(CJK_PATTERN.findall(heading)) >= MIN_STATEMENT_CJK_CHARS:
        return True
    words = [token.folded for token in _tokenize_line(heading) if token.kind == "word"]
    min_words = MIN_STATEMENT_WORDS if heading.isascii() else MIN_STATEMENT_WORDS_NON_ASCII
    if len(words) >= min_words or not STATEMENT_VERBS.isdisjoint(words):
        return True
    return any(
        word in TRANSITIVE_VERBS and next_word not in NON_OBJECT_WORDS for word, next_word in pairwise(words[1:])
    )


def _is_address_line(text: str, role: Role) -> bool:
    """Whether the line is addresses and what leads to them: "For more information, see https://…"."""
    if not ADDRESS_HINT_PATTERN.search(text):
        return text.startswith(POINTER_STARTS) and len(text) <= MAX_NOISE_CHARS and _is_plain_pointer(text)
    marked = _mark_addresses(text, role)
    if ADDRESS_MARK not in marked or DAY_AT_ADDRESS_PATTERN.fullmatch(marked):
        return False
    pieces = PIECE_SEPARATOR_PATTERN.split(marked)
    return all(_is_pointer(piece.strip(), role) for piece in pieces)


def _is_plain_pointer(text: str) -> bool:
    return POINTER_PATTERN.fullmatch(text) is not None and not _asserts(_tokenize_line(text))


def _mark_addresses(text: str, role: Role) -> str:
    """Return the text with each link, email address, handle, hashtag and telephone number replaced by a mark."""
    marked = PHONE_PATTERN.sub(ADDRESS_MARK, URL_PATTERN.sub(ADDRESS_MARK, text))
    return " ".join(ADDRESS_MARK if _is_address(word, role) else word for word in marked.split())


def _is_address(word: str, role: Role) -> bool:
    bare = word.strip("()[]<>«»\"'“”„,.;:!|")
    if ADDRESS_WORD_PATTERN.fullmatch(bare):
        return True
    return role is not Role.TITLE and DOMAIN_PATTERN.fullmatch(bare) is not None


def _is_pointer(piece: str, role: Role) -> bool:
    """Whether what is beside an address only leads to it: a label, "please see", a date, punctuation."""
    tokens = _tokenize_line(piece)
    words = [token.folded for token in tokens if token.kind == "word"]
    if not any(map(str.isalnum, piece)):
        return True
    if _asserts(tokens):
        return False
    if POINTER_PATTERN.fullmatch(piece.rstrip(" ([:,<")):
        return True
    if any(token.kind == "number" and not DATE_NUMBER_PATTERN.fullmatch(token.text) for token in tokens):
        return False
    unknown = [word for word in words if word not in POINTER_WORDS | FILLER_WORDS | CALENDAR_WORDS]
    return not unknown or (piece.endswith((":", "：")) and role is not Role.TITLE and _is_label(tokens, words))


def _asserts(tokens: Sequence[_Token]) -> bool:
    """Whether the words have a verb of statements, or a number that is not part of a name such as "District 2"."""
    if any(token.folded in STATEMENT_VERBS - POINTER_VERBS for token in tokens):
        return True
    return any(
        token.kind == "number" and before.kind == "word" and before.text[0].islower()
        for before, token in pairwise(tokens)
    )


def _is_label(tokens: Sequence[_Token], words: Sequence[str]) -> bool:
    """Whether words before a colon name a source: "Harbor Police:", "CERT Mitigation Instructions:"."""
    unknown = [token for token in tokens if token.kind == "word" and token.folded not in POINTER_WORDS | FILLER_WORDS]
    max_words = MAX_LABEL_WORDS + (sum(len(token.text) + 1 for token in tokens) <= MAX_SHORT_LABEL_CHARS)
    if len(unknown) > max_words or not all(map(_is_name_like, unknown)):
        return False
    return all(len(CJK_PATTERN.findall(word)) <= MAX_CJK_LABEL_CHARS for word in words)


def _is_source_formula(text: str, role: Role) -> bool:
    """Whether the line is a label of a release, or what a source adds to any report: "More details to follow"."""
    if FORMULA_PATTERN.fullmatch(text) or RELEASE_PATTERN.fullmatch(text):
        return True
    return role in (Role.SENTENCE, Role.HEADING) and RELEASE_NUMBER_PATTERN.fullmatch(text) is not None


def _is_dateline(text: str, role: Role) -> bool:
    """Whether the line is a place with a date, an agency or a dash, as before the first words of a dispatch."""
    if role not in (Role.SENTENCE, Role.HEADING) or len(text) > MAX_DATELINE_CHARS:
        return False
    match = DATELINE_PATTERN.fullmatch(text)
    if not match or not any((match["date"], match["agency"], match["dash"])):
        return False
    places = [place.strip(" ,.") for place in match["places"].split(",")]
    if not all(map(_is_place_like, places)):
        return False
    known = [place.casefold() in PLACES for place in places]
    return match["dash"] is not None or known[0] or (places[0].isupper() and any(known))


def _is_place_like(place: str) -> bool:
    words = place.split()
    if not 0 < len(words) <= MAX_PLACE_WORDS or any(word.islower() for word in words[:1] + words[-1:]):
        return False
    return all(_fold_word(word) not in STATEMENT_VERBS | TRANSITIVE_VERBS for word in words)


def _is_figures_name(text: str) -> bool:
    """Whether the line names figures and their period and has none: "Losses of the fleet from 1 May to 3 May"."""
    return FIGURES_NAME_PATTERN.fullmatch(text) is not None and not _has_verb_form(text)


def _has_verb_form(text: str) -> bool:
    words = {token.folded for token in _tokenize_line(text) if token.kind == "word"} - CALENDAR_WORDS
    return any(word in STATEMENT_VERBS or word.endswith("ed") for word in words)


def _is_lead_in(text: str) -> bool:
    """Whether the line breaks off before what it states: "The losses up to 3 May were approximately:"."""
    if not text.endswith((":", "：")) or not LEAD_IN_PATTERN.search(text):
        return False
    if any(token.folded in STATEMENT_VERBS - LEAD_IN_VERBS for token in _tokenize_line(text)):
        return False
    return not any(map(str.isdigit, DATE_NUMBER_PATTERN.sub("", text)))


def _may_be_contentless(text: str) -> bool:
    """Rule out, quickly, a line with too many words that no clock, counter or series title has."""
    # Nearly every claim is ruled out by its plain words, before the slower pattern runs.
    plain_words = set(map(str.casefold, filter(str.isalpha, text.split())))
    if len(plain_words - NOISE_VOCABULARY) > MAX_SERIES_NAME_WORDS:
        return False
    words = {_fold_word(word) for word in LINE_WORD_PATTERN.findall(text)}
    unknown_count = len(words - NOISE_VOCABULARY)
    # Scripts without spaces join a known word to others, so the word is not found in them.
    may_name_series = not words.isdisjoint(SERIES_WORDS) or not text.isascii()
    return unknown_count <= MAX_SERIES_NAME_WORDS if may_name_series else not unknown_count


def _tokenize_line(text: str) -> list[_Token]:
    return [
        _Token(str(match.lastgroup), match[0], _fold_word(match[0])) for match in LINE_TOKEN_PATTERN.finditer(text)
    ]


def _fold_word(word: str) -> str:
    return word.casefold().replace("’", "'").removesuffix(".")


def _contentless_kind(tokens: Sequence[_Token], text: str, role: Role) -> Noise | None:
    """Whether the line is only a clock or counter, or only the title of a series."""
    has_date = bool(DATE_PATTERN.search(text)) or any(
        token.folded in CALENDAR_WORDS or YEAR_PATTERN.match(token.text) for token in tokens
    )
    has_number = has_date or any(token.kind == "number" for token in tokens)
    content_words = {t.folded for t in tokens if t.kind == "word"} - CALENDAR_WORDS - FILLER_WORDS
    if (
        content_words & VOLATILE_WORDS
        and content_words <= VOLATILE_LINE_WORDS
        and (has_number or role is not Role.BULLET)
    ):
        return Noise.VOLATILE
    if not content_words and CLOCK_PATTERN.search(text) and role is not Role.BULLET:
        return Noise.VOLATILE
    return Noise.SERIES_TITLE if _is_series(tokens, content_words, role, has_date, has_number) else None


def _is_series(
    tokens: Sequence[_Token], content_words: Set[str], role: Role, has_date: bool, has_number: bool
) -> bool:
    """Whether the line is a series title. Titles and headings need a name or a date; other lines need both."""
    is_headline = role in (Role.TITLE, Role.HEADING)
    if not is_headline and (role is not Role.SENTENCE or not has_date):
        return False
    if not content_words:
        return has_date and (is_headline or any(YEAR_PATTERN.match(token.text) for token in tokens))
    if not content_words & SERIES_WORDS:
        return False
    return content_words <= SERIES_LINE_WORDS or (has_number and _is_series_name(tokens))


def _is_series_name(tokens: Sequence[_Token]) -> bool:
    """Whether the unknown words are a name: before a word such as "report", or after "report on"."""
    last_series_index = max(i for i, token in enumerate(tokens) if token.folded in SERIES_WORDS)
    unknown_indexes = [i for i, token in enumerate(tokens) if _is_unknown_word(token)]
    if len(unknown_indexes) > MAX_SERIES_NAME_WORDS or any(
        not _is_name_like(tokens[i]) or _follows_number(tokens, i) for i in unknown_indexes
    ):
        return False
    trailing_unknown = [i for i in unknown_indexes if i > last_series_index]
    if not trailing_unknown:
        return True
    between = tokens[last_series_index + 1 : trailing_unknown[0]]
    is_strong = not STRONG_SERIES_WORDS.isdisjoint(token.folded for token in tokens)
    is_known_series = is_strong or not RELATED_SERIES_WORDS.isdisjoint(token.folded for token in tokens)
    return is_known_series and bool(between) and all(token.folded in FILLER_WORDS for token in between)


def _is_unknown_word(token: _Token) -> bool:
    return token.kind == "word" and token.folded not in SERIES_VOCABULARY


def _is_name_like(token: _Token) -> bool:
    return not token.text[0].islower() and token.folded not in STATEMENT_VERBS


def _follows_number(tokens: Sequence[_Token], index: int) -> bool:
    """Whether a number is right before the word: then it is an amount, not the number of an issue."""
    return index > 0 and tokens[index - 1].kind == "number" and not YEAR_PATTERN.match(tokens[index - 1].text)


def _is_question(text: str, role: Role) -> bool:
    is_headline = role in (Role.TITLE, Role.HEADING)
    if match := QUESTION_PATTERN.search(text):
        if match[1] and not OPENING_QUOTE_PATTERN.match(text):
            return False  # a quoted question ends a statement
        lead = LEAD_SEPARATOR_PATTERN.split(text, maxsplit=1)[0]
        return not (is_headline and lead != text and is_statement(lead))
    return role is Role.HEADING and text.split(maxsplit=1)[0].casefold() in QUESTION_WORDS
