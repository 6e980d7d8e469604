"""What a figure counts, in the words of its claim: "soldiers" in "up to 12,000 soldiers are in Kursk".

The thing counted ends at a matched word or before a word such as "are". These words are known for English only; in
other languages the number of words decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.model import Claim, Role
from monitor.text.facts.records import parse_record

_MAX_PHRASE_WORDS = 4
_LABEL_END = re.compile(r"\s*[|:：–—]\s|\s-\s")
PHRASE_END_WORDS = frozenset(
    """
    a an the and or but nor of to from for in on at by with as into near since until who which that than is
    are was were be been being has have had will would may might can could should do does did not per out when
    where while because if under over after before during against between they it he she we this these those
    there
    """.split()
)


def thing_counted(claim: str, figure: str, matched: Sequence[str] = ()) -> str:
    """Return what a figure of the claim counts, or the label of a record; "" if the claim does not say it.

    `matched` are the words that matched a rule, at which the thing counted may end.
    """
    record = parse_record(Claim(claim, Role.ROW))
    if record is not None and record.is_short:
        return _LABEL_END.split(claim, maxsplit=1)[0].strip()
    place = find_words(figure, claim)
    rest = claim[place[1] :] if place else ""
    return rest[: counted_length(rest, matched)].strip(" .,;:!?")


def find_words(words: str, text: str) -> tuple[int, int] | None:
    """Return where words as written are in a text, or None."""
    match = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) if words else None
    return match.span() if match else None


def counted_length(rest: str, matched: Sequence[str]) -> int:
    """Return how many characters of `rest`, the text after the figure, name the thing counted."""
    matched_words = {word.casefold() for phrase in matched for word in phrase.split()}
    end = matched_end = 0
    for index, word in enumerate(re.finditer(r"\s*([^\s]+)", rest)):
        bare_word = word[1].strip(".,;:!?()\"'«»“”").casefold()
        if index == _MAX_PHRASE_WORDS or bare_word in PHRASE_END_WORDS:
            break
        end = word.end()
        matched_end = end if bare_word in matched_words else matched_end
        if bare_word != word[1].casefold():  # punctuation ends the phrase
            break
    return matched_end or end
