"""Bundles: one announcement made on several pages at once. A rule alerts once on a bundle, and names every page.

An edit belongs to the bundle of the page that made the same edit first. Records and short sentences are the state of
their own page ("This incident has been resolved."), so they never form a bundle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from monitor.model import Claim, Moment, PriorClaim, Update
from monitor.text.analysis import analyze
from monitor.text.facts.records import is_short_record
from monitor.text.normalize import normalized_key
from monitor.units import DAY

BUNDLE_S = 1.5 * DAY  # seconds: the same edit made on several pages within this time is one announcement
MIN_BUNDLE_TERMS = 4  # content words of a sentence that pages have in common because it was announced


def can_be_announced(claim: Claim) -> bool:
    """Whether a claim may be an announcement that is made on several pages."""
    if claim.noise is not None or is_short_record(claim):
        return False
    return len(analyze(claim.text).terms) >= MIN_BUNDLE_TERMS


def bundle_of_edit(update: Update, claim: Claim, same_claims: Iterable[PriorClaim]) -> str:
    """Return the bundle of an added or changed claim; "" if it cannot be announced. `same_claims` repeat it."""
    if not can_be_announced(claim):
        return ""
    recent = [prior for prior in same_claims if is_other_page(update, prior) and is_recent(prior.at, update.at)]
    first = min(recent, key=lambda prior: prior.at, default=None)
    return bundle_id(update.source, first.text, first.at) if first else bundle_id(update.source, claim.text, update.at)


def bundle_of_withdrawal(update: Update, claim: Claim, same_claims: Sequence[PriorClaim]) -> str:
    """Return the bundle of a withdrawn claim, given its sayings on all pages."""
    if not can_be_announced(claim):
        return ""
    times = [prior.withdrawn_at for prior in same_claims if is_other_page(update, prior)]
    first_at = min((at for at in times if at is not None and is_recent(at, update.at)), default=update.at)
    return bundle_id(update.source, f"withdrawn: {claim.text}", first_at)


def is_other_page(update: Update, prior: PriorClaim) -> bool:
    return prior.source == update.source and prior.entry != update.entry


def is_recent(earlier: Moment, at: Moment) -> bool:
    return 0 <= at - earlier <= BUNDLE_S


def bundle_id(source: str, text: str, at: Moment) -> str:
    """Return the id of the announcement that a page of `source` made first, at `at`."""
    name = "\n".join((source, normalized_key(text), f"{at:.0f}"))
    return "bu-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()
