"""What a claim is about, for its headline: the title of its entry, if the claim alone does not say it.

"61 deaths", "They left" and "The company will cut 500 jobs" need a title before them. A claim says its matter by a
name, or by a subject of its own. The words of a title that the claim repeats are not said twice.
"""

from __future__ import annotations

from enum import IntEnum

from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import AlertFinding
from monitor.text.analysis import IDENTIFIER_PREFIX, WORDING, ClaimAnalysis, analyze
from monitor.text.facts.names import is_title_case
from monitor.text.facts.tokens import NUMERAL, STOPWORD, SYMBOL, Token, build_word, tokenize
from monitor.text.labels import without_label

MAX_TOPIC_CHARS, MAX_LEAD_CHARS = 48, 30
MAX_ITEM_WORDS = 3  # content words of an item in a list, which its heading explains
_SENTENCE_ENDS = (".", "!", "?", "…", "。")
_END_MARKS = " .,;:–—-"
_SUBJECT_TOKENS = 6  # at the beginning of a claim: a name among them is its subject or place
_PRONOUNS = frozenset("they it he she we i you this that these those there".split())
_MAX_SHARED_WORDS = 0.5  # of a title's content words; a claim that repeats more of them needs no title


class Matter(IntEnum):
    """How well a claim says what it is about."""

    UNSAID = 0  # a figure and the thing counted at most, or a pronoun
    VAGUE = 1  # "The company …", a figure without a name
    NAMELESS = 2  # it has a subject of its own, and no name: a title is put before it if there is room
    SAID = 3


def topic_of(finding: AlertFinding, claim: str, matter: Matter, rule_title: str, room: int) -> str:
    """Return the words to put before a claim, "" if it needs none or there are none.

    They have at most `room` characters, or MAX_TOPIC_CHARS if that is more.
    """
    words = _key_words(claim)
    title, heading, rule = (
        without_label(sanitize(text)) for text in (finding.entry_title, finding.heading, rule_title)
    )
    if _repeats(title, words) and matter is not Matter.UNSAID:
        return _unsaid_lead(title, words)
    is_item = bool(heading) and len(words) <= MAX_ITEM_WORDS and finding.claim.rstrip()[-1:] not in _SENTENCE_ENDS
    if matter is Matter.SAID and not is_item:
        return ""
    topics = [text.strip(_END_MARKS) for text in (title, heading) if _key_words(text) and not _repeats(text, words)]
    if is_item and matter is not Matter.VAGUE and len(", ".join(topics)) <= max(room, MAX_TOPIC_CHARS):
        return ", ".join(topics)
    if not topics and matter is Matter.UNSAID and _key_words(rule) and not _repeats(rule, words):
        topics = [rule]
    is_same_subject = matter is not Matter.UNSAID and topics and _key_words(topics[0])[:1] == words[:1]
    return _clip(topics[0], max(room, MAX_TOPIC_CHARS)) if topics and not is_same_subject else ""


def with_separator(topic: str, text: str) -> str:
    """Return a topic with the mark that separates it from a text: a dash if either has a colon."""
    return topic and topic + (" – " if ": " in topic + text else ": ")


def _unsaid_lead(title: str, claim_words: list[str]) -> str:
    """Return "Acme" for the title "Acme: slow sign-ins in Oslo" of a claim about sign-ins that does not name it."""
    lead, mark, _ = title.partition(": ")
    words = _key_words(lead)
    is_lead = mark and words and len(lead) <= MAX_LEAD_CHARS and not set(claim_words).intersection(words)
    return lead if is_lead else ""


def _clip(title: str, limit: int) -> str:
    """Return the title, or its beginning without dangling words such as "of the"."""
    title = title.strip(_END_MARKS)
    if len(title) <= limit:
        return title
    words = shorten(title, limit).removesuffix("…").split(" ")
    while len(words) > 1 and build_word(words[-1]).flags & STOPWORD:
        words.pop()
    return " ".join(words).rstrip(_END_MARKS) + "…"


def matter_of(claim: str, is_figure: bool) -> Matter:
    """Return how well a claim says what it is about; `is_figure`: its news is a figure."""
    reading, tokens = analyze(claim), [token for token in tokenize(claim) if not token.word.flags & SYMBOL]
    names = _name_offsets(reading)
    if not tokens or not (names or _uncounted_words(reading)):
        return Matter.UNSAID
    first = tokens[0].word
    if first.folded in _PRONOUNS:
        return Matter.UNSAID
    if is_title_case(tokens):
        return Matter.SAID
    if first.flags & (STOPWORD | NUMERAL) or _is_first(tokens, reading):
        return Matter.SAID if any(start <= _subject_end(tokens) for start in names) else Matter.VAGUE
    if names or reading.identifiers:
        return Matter.SAID
    return Matter.VAGUE if is_figure else Matter.NAMELESS


def _name_offsets(reading: ClaimAnalysis) -> list[int]:
    """Return where names are. Neither the number of a lot is one nor what is counted: German writes "15 Tote"."""
    counted = {key for figure in reading.numbers for key in figure.counted_keys[:1]}
    names = [term for key, term in reading.terms.items() if term.kind is not WORDING and key not in counted]
    return [reading.span(term)[0] for term in names if not term.key.startswith(IDENTIFIER_PREFIX)]


def _is_first(tokens: list[Token], reading: ClaimAnalysis) -> bool:
    """Whether a claim begins with a figure."""
    return any(figure.start <= tokens[0].start for figure in reading.numbers)


def _subject_end(tokens: list[Token]) -> int:
    return tokens[min(_SUBJECT_TOKENS, len(tokens)) - 1].start


def _uncounted_words(reading: ClaimAnalysis) -> set[str]:
    """Return the keys of the content words that are not what a figure counts."""
    return set(reading.terms) - {key for figure in reading.numbers for key in figure.counted_keys}


def _key_words(text: str) -> list[str]:
    return list(analyze(text).terms)


def _repeats(title: str, claim_words: list[str]) -> bool:
    words = _key_words(title)
    return bool(words) and sum(word in claim_words for word in words) > _MAX_SHARED_WORDS * len(words)
