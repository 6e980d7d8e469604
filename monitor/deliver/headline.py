"""Headlines of alerts and findings, for a subject line: `Ford recall: 145,000 cars (was 45,000)`.

A headline is the claim with the value before. If the claim alone does not say what it is about, the title of its
entry is put before it. A long claim is shortened around what changed; a row is its label and the value that changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Indel

from monitor.alerts.change_summary import SHORT_KINDS, short_changes
from monitor.deliver.excerpt import excerpt
from monitor.deliver.headline_topic import Matter, matter_of, topic_of, with_separator
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Claim, Novelty, Role
from monitor.text.analysis import analyze
from monitor.text.counted import PHRASE_END_WORDS, counted_length, find_words
from monitor.text.facts.records import Record, parse_record, without_delta
from monitor.text.labels import without_label

CONFIRMED_PREFIX = "Confirmed: "  # for an alert that was sent as unconfirmed
MAX_HEADLINE_CHARS = 110
MAX_PREVIOUS_CHARS = 40

_CELL_MARK = " | "
_RATE = re.compile(r"/[^\W\d_]{1,5}\b")
_MAX_REPLACED_WORDS = 4  # longer ones are read in the message, not in its subject


@dataclass(frozen=True, slots=True)
class Headline:
    """What is new, and the value before; `previous` is "" if there is none or it is too long."""

    current: str
    previous: str = ""

    def __str__(self) -> str:
        return f"{self.current} (was {self.previous})" if self.previous else self.current


def headline_of(alert: Alert) -> Headline:
    """Return the headline of the alert's first finding, or the alert's title if there is none."""
    finding = alert.findings[0] if alert.findings else None
    return headline_with(alert, finding, title=shorten(sanitize(alert.title), MAX_HEADLINE_CHARS))


def headline_with(alert: Alert, finding: AlertFinding | None, *, title: str) -> Headline:
    """Return the headline of a finding of the alert, or `title`; after what a rule has counted, if it counts:
    `5 matches since 14:02: HEADLINE`."""
    headline = finding_headline(finding, alert.title) if finding else Headline("")
    if not headline.current:
        headline = Headline(title)
    elif alert.confirms:
        headline = replace(headline, current=CONFIRMED_PREFIX + headline.current)
    if not alert.counted:
        return headline
    return Headline(shorten(f"{sanitize(alert.counted)}: {headline}", MAX_HEADLINE_CHARS))


def alert_headline(alert: Alert) -> str:
    return str(headline_of(alert))


def finding_headline(finding: AlertFinding, rule_title: str = "") -> Headline:
    """Return what is new, in at most MAX_HEADLINE_CHARS characters; empty for a claim without printable text.

    `rule_title` names the matter if neither the claim nor its entry does.
    """
    claim = without_label(sanitize(finding.claim)).rstrip(" .,;:")
    if not claim:
        return Headline("")
    is_withdrawn = finding.novelty is Novelty.WITHDRAWN
    changes = [] if is_withdrawn else _headline_changes(finding.changes)
    change = changes[0] if changes else None
    text = _row_text(claim, change)
    previous = "" if is_withdrawn else _previous(finding, claim, changes)
    matter = _matter(claim, change)
    mark = "withdrawn: " if is_withdrawn else ""
    room = MAX_HEADLINE_CHARS - len(mark) - (len(previous) + len(" (was )") if previous else 0)
    topic = topic_of(finding, claim, matter, rule_title, room - len(text) - len(" – "))
    start = with_separator(topic, text)
    if matter is Matter.NAMELESS and len(start + text) > room:
        start = ""
    return Headline(mark + start + excerpt(text, *_news_span(finding, text, change), room - len(start)), previous)


def _headline_changes(changes: Sequence[Change]) -> list[Change]:
    """Return the changes of the most informative kind, in the order of the claim."""
    candidates = [change for change in short_changes(changes) if sanitize(change.after)]
    kind = min((change.kind for change in candidates), key=SHORT_KINDS.index, default=None)
    return [change for change in candidates if change.kind is kind]


def _row_text(claim: str, change: Change | None) -> str:
    """Return a row as `label: value`, only the value that changed if it is known; other claims as they are."""
    label, *cells = claim.split(_CELL_MARK)
    if not cells:
        return claim
    after = sanitize(change.after) if change else ""
    changed = [cell for cell in cells if after and find_words(after, cell)]
    value = changed[0] if len(changed) == 1 else ", ".join(cells)
    return f"{label}: {value}" if any(map(str.isalpha, label)) else f"{label}, {value}"


def _matter(claim: str, change: Change | None) -> Matter:
    if _record(claim):
        return Matter.VAGUE
    return matter_of(claim, change is not None and change.kind is ChangeKind.NUMBER)


def _record(claim: str) -> Record | None:
    """Return the label and value of a row with a short value, None for prose."""
    record = parse_record(Claim(claim, Role.ROW))
    return record if record is not None and record.is_short else None


def _previous(finding: AlertFinding, claim: str, changes: Sequence[Change]) -> str:
    """Return the values before, each with the thing counted if the claim has several figures; else the words that the
    claim replaces; "" if they are too long."""
    earlier = sanitize(finding.nearest.text) if finding.nearest else ""
    if finding.novelty is not Novelty.CHANGED:
        return ""
    if before := _previous_in_row(claim, earlier) or _previous_alone(claim, earlier):
        return before if len(before) <= MAX_PREVIOUS_CHARS else ""
    values = [value for change in changes if (value := _value_before(change, earlier, claim, finding.matched))]
    while values and len(", ".join(values)) > MAX_PREVIOUS_CHARS:
        values.pop()
    return ", ".join(values) if changes else _words_before(earlier, claim)


def _value_before(change: Change, earlier: str, claim: str, matched: Sequence[str]) -> str:
    before = sanitize(change.before)
    if change.kind is not ChangeKind.NUMBER:
        return before
    return _lowercase_first_word(_figure_before(before, earlier, claim, matched))


def _words_before(earlier: str, claim: str) -> str:
    """Return the words that the claim replaces or drops, if the two differ in one place only.

    Dropped words are shown with the word after them: "(was not open)". A claim that has to be shortened shows none.
    """
    if len(claim) > MAX_HEADLINE_CHARS - MAX_PREVIOUS_CHARS // 2:
        return ""
    old_words, words = earlier.rstrip(" .,;:").split(), claim.split()
    edits = [edit for edit in Indel.opcodes(_folded(old_words), _folded(words)) if edit.tag != "equal"]
    removed = [edit for edit in edits if edit.tag == "delete"]
    if len(removed) != 1 or edits[0].dest_end < edits[-1].dest_start or edits[0].src_end < edits[-1].src_start:
        return ""
    start, end = removed[0].src_start, removed[0].src_end + (len(edits) == 1)
    text = " ".join(old_words[start:end]).strip(" .,;:")
    if end - start > _MAX_REPLACED_WORDS or len(text) > MAX_PREVIOUS_CHARS:
        return ""
    if old_words[end - 1].casefold() in PHRASE_END_WORDS:  # "closed at" leads to words that stayed
        return ""
    if len(edits) > 1 and analyze(text).terms.keys() <= analyze(claim).terms.keys():  # "capture" for "captured"
        return ""
    return _lowercase_first_word(text) if start == 0 else text


def _folded(words: Sequence[str]) -> list[str]:
    return [word.strip(" .,;:").casefold() for word in words]


def _previous_in_row(claim: str, earlier: str) -> str:
    """Return the value of the row before, if it has one value and the same label; its growth is left out."""
    now, before = _record(claim), _record(earlier.rstrip(" .,;:"))
    if now is None or before is None or now.labels != before.labels or _CELL_MARK in now.value + before.value:
        return ""
    return without_delta(before.value) if now.value_key != before.value_key else ""


def _previous_alone(claim: str, earlier: str) -> str:
    """Return the claim before if both are only a value, such as `3.1%` or `Two`."""
    is_value = not any(_CELL_MARK in text or analyze(text).terms for text in (claim, earlier))
    value = earlier.rstrip(" .,;:")
    return _lowercase_first_word(value) if is_value and value != claim else ""


def _figure_before(figure: str, earlier: str, claim: str, matched: Sequence[str]) -> str:
    place = find_words(figure, earlier)
    if place and (rate := _RATE.match(earlier, place[1])):  # "120 km" of "120 km/h"
        figure, place = figure + rate[0], (place[0], rate.end())
    if place is None or _CELL_MARK in claim or len(analyze(claim).numbers) < 2:
        return figure
    with_unit = earlier[place[0] : place[1] + counted_length(earlier[place[1] :], matched)].strip(" .,;:")
    return with_unit if len(with_unit) <= MAX_PREVIOUS_CHARS else figure


def _news_span(finding: AlertFinding, text: str, change: Change | None) -> tuple[int, int]:
    """Return where the changed words are, with the thing counted; if none, where the first matched words are."""
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
        matched = (find_words(sanitize(phrase), text) for phrase in finding.matched)
        return min((span for span in matched if span), default=(0, 0))
    changed = find_words(sanitize(change.after), text) if change else None
    start, end = changed or _changed_words(sanitize(finding.nearest.text), text)
    if change and change.kind is ChangeKind.NUMBER:
        end += counted_length(text[end:], finding.matched)
    return start, end


def _changed_words(before: str, text: str) -> tuple[int, int]:
    """Return where the first words that the text before lacks are."""
    words = list(re.finditer(r"\S+", text))
    edits = Indel.opcodes(before.split(), [word[0] for word in words])
    added = next((edit for edit in edits if edit.tag == "insert"), None)
    return (words[added.dest_start].start(), words[added.dest_end - 1].end()) if added else (0, 0)


def _lowercase_first_word(figure: str) -> str:
    # "Around 3,000" began its sentence; after "was" it does not.
    first, _, rest = figure.partition(" ")
    return f"{first.lower()} {rest}".strip() if first.istitle() else figure
