"""Compares records: claims that state one value under a label (`monitor.text.facts.records`).

Within an entry a record follows the one with the same label in the previous version. Elsewhere it follows the latest
one with the same label in the same series: entries of one source whose titles or keys differ in dates and numbers
only. Another entry's record with the same value says nothing about this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from monitor.compare.identifiers import title_different_things
from monitor.compare.indexes import EarlierEntry
from monitor.compare.subject import stable_words
from monitor.compare.verdict import judge
from monitor.evidence import Basis
from monitor.model import Change, ChangeKind, Claim, Novelty, PriorClaim, Relation, Update, Verdict
from monitor.text.analysis import Synonyms, analyze
from monitor.text.facts.records import Record, parse_record

DATE_PATTERN = re.compile(r"\d{4}[-/.]?\d{2}[-/.]?\d{2}|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")


def match_record_labels(added: Sequence[Claim], removed: Sequence[Claim]) -> list[int | None]:
    """Return, for each added claim, the index of the removed record with the same heading and label, or None."""
    index_by_label: dict[tuple[str, str], int] = {}
    for position, removed_claim in reversed(list(enumerate(removed))):
        index_by_label |= {(removed_claim.heading, label): position for label in record_labels(removed_claim)}
    matched: list[int | None] = []
    for claim in added:
        possible = [
            index_by_label[claim.heading, label]
            for label in record_labels(claim)
            if (claim.heading, label) in index_by_label
        ]
        index = next((index for index in possible if index not in matched), None)
        matched.append(index)
    return matched


def record_labels(claim: Claim) -> tuple[str, ...]:
    record = parse_record(claim)
    return record.labels if record else ()


def record_verdict(before: Record, after: Record, texts: tuple[str, str], synonyms: Synonyms) -> Verdict:
    """Return whether the value of a record changed, given the claims' texts before and now.

    The verdict is `new` for two sentences under one label that have little in common.
    """
    verdict = judge(analyze(texts[0], synonyms), analyze(texts[1], synonyms), Relation.REVISION)
    if before.value_key == after.value_key:
        return Verdict(Novelty.REPEATED, verdict.similarity, basis=Basis.SAME_WORDS)
    if not (before.is_short or after.is_short):
        return verdict
    if verdict.novelty is Novelty.CHANGED and any(change.before and change.after for change in verdict.changes):
        return verdict
    change = Change(ChangeKind.WORDING, before.value, after.value)
    return Verdict(Novelty.CHANGED, verdict.similarity, (change,), Basis.VALUE_MOVED)


def latest_in_series(claim: Claim, update: Update, priors: Iterable[PriorClaim]) -> PriorClaim | None:
    """Return the latest earlier record with the claim's label in the update's series."""
    labels = set(record_labels(claim))
    followed = (
        prior for prior in priors if not labels.isdisjoint(prior_labels(prior, claim)) and is_series(update, prior)
    )
    return max(followed, key=lambda prior: prior.at, default=None)


def prior_labels(prior: PriorClaim, claim: Claim) -> tuple[str, ...]:
    """Return the labels of an earlier claim, read as a claim of the same role."""
    return record_labels(Claim(prior.text, claim.role, prior.heading))


def is_series(update: Update, prior: PriorClaim | EarlierEntry) -> bool:
    """Whether the entry, or that of an earlier claim, belongs to one series in time with the update's entry.

    Their titles differ in dates and numbers only, or the titles are equal and the keys are dates.
    """
    if prior.source != update.source:
        return False
    if prior.entry == update.entry:
        return True
    if title_different_things(prior.title, update.title):
        return False
    if update.title == prior.title:
        return bool(DATE_PATTERN.search(update.entry) and DATE_PATTERN.search(prior.entry))
    words, others = ([word.folded for word in stable_words(title)] for title in (update.title, prior.title))
    return words == others


def record_query(claim: Claim) -> str:
    """Return the text to look up a record by: its label, so that the newest values are found whatever they are."""
    return record_labels(claim)[-1]
