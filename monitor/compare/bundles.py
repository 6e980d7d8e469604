"""Bundles: one edit made in several entries at once, each of which has a story of its own.

A rule alerts once on a bundle. Records and short sentences are the state of their own entry ("Status: resolved"), so
they form no bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from monitor.compare.lookup import LookupContext
from monitor.model import Finding, Moment, Novelty, PriorClaim, Update
from monitor.text.facts.records import is_short_record
from monitor.text.normalize import normalized_key
from monitor.units import DAY

BUNDLE_S = 1.5 * DAY  # seconds: the same edit made in several entries within this time is one announcement
MIN_BUNDLE_TERMS = 5  # content words of a sentence that entries have in common because it was announced


def in_bundles(context: LookupContext, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of an edit with their bundles."""
    update = context.update
    texts = [finding.claim.text for finding in findings if can_be_announced(finding, context)]
    by_text = context.prior_claims.exact_matches(texts, sources=frozenset((update.source,))) if texts else {}
    return [
        replace(finding, bundle=bundle_of(update, finding, by_text.get(finding.claim.text, ())))
        if can_be_announced(finding, context)
        else finding
        for finding in findings
    ]


def can_be_announced(finding: Finding, context: LookupContext) -> bool:
    """Whether a finding may be an edit that several entries make."""
    if finding.novelty is Novelty.REPEATED or is_short_record(finding.claim):
        return False
    return len(context.analyze(finding.claim).terms) >= MIN_BUNDLE_TERMS


def bundle_of(update: Update, finding: Finding, prior_claims: Sequence[PriorClaim]) -> str:
    """Return the bundle of a finding: that of the entry that made the same edit a short time before, or its own."""
    is_withdrawn = finding.novelty is Novelty.WITHDRAWN
    times = [
        prior.withdrawn_at if is_withdrawn else prior.at for prior in prior_claims if prior.entry != update.entry
    ]
    first_at = min((at for at in times if at is not None and is_recent(at, update.at)), default=update.at)
    return bundle_id(update.source, f"{is_withdrawn} {normalized_key(finding.claim.text)}", first_at)


def is_recent(earlier: Moment, at: Moment) -> bool:
    return 0 <= at - earlier <= BUNDLE_S


def bundle_id(source: str, edit: str, at: Moment) -> str:
    name = "\n".join((source, edit, f"{at:.0f}"))
    return "bu-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
