"""Decides whether an earlier claim in the same words is about another subject, or about none: a formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from monitor.compare.bundles import is_recent
from monitor.compare.catalogue import EntryKind, is_sibling
from monitor.compare.identifiers import title_different_things
from monitor.compare.lookup import LookupContext
from monitor.compare.subject import is_other_subject
from monitor.model import Claim, PriorClaim
from monitor.text.analysis import WORDING, ClaimAnalysis, analyze
from monitor.text.facts.identifiers import LINK

FORMULA_SUBJECTS = 3  # entries about different things that say a sentence word for word: it is about none of them
MIN_FORMULA_TERMS = 7  # content words; a shorter record ("Product: Router") is the state of its entry
SHORT_FORMULA_SUBJECTS = 1  # entries that say a bare sentence word for word
MIN_SHORT_FORMULA_TERMS = 4  # content words of a bare sentence
MIN_RELATED_TITLES = 0.8  # share of the words of two titles that name one thing
MAX_POINTER_TERMS = 5  # content words beside a link: "For details, see …"


def is_apart(claim: Claim, context: LookupContext, prior: PriorClaim) -> bool:
    """Whether an earlier claim is about another subject: another entry of a catalogue, or another thing by the names
    or identifiers in the titles."""
    if prior.source == context.update.source and prior.entry == context.reposted:
        return False
    is_catalogue = context.kind is not EntryKind.NEWS
    if is_catalogue and (is_sibling(context.update, prior) or is_unrelated(claim, context, prior)):
        return True
    if is_other_subject(claim, context.update, prior, by_title=context.is_revision):
        return True
    different = title_different_things(prior.title, context.update.title)
    return different and not is_pointer(context.analyze(claim))


def is_unrelated(claim: Claim, context: LookupContext, prior: PriorClaim) -> bool:
    """Whether a claim without a name of its own ("This incident is resolved.") was made under an unrelated title."""
    update = context.update
    if prior.source == update.source:
        return False
    if any(term.kind is not WORDING for term in context.analyze(claim).terms.values()):
        return False
    title_terms, other_terms = (analyze(title).terms.keys() for title in (update.title, prior.title))
    return len(title_terms & other_terms) < MIN_RELATED_TITLES * max(len(title_terms), len(other_terms), 1)


def is_pointer(claim: ClaimAnalysis) -> bool:
    """Whether a claim only points to a page and states nothing."""
    has_link = any(identifier.kind == LINK for identifier in claim.identifiers)
    return has_link and len(claim.terms) <= MAX_POINTER_TERMS and not (claim.numbers or claim.dates)


def is_formula_of(claim: ClaimAnalysis, priors: Sequence[PriorClaim], context: LookupContext) -> bool:
    """Whether a sentence is used for many things: several entries of a source have it.

    A short one is a formula in a new entry if it states no name or figure and no word of the entry's title.
    """
    if context.is_revision:  # an edit made on several pages at once is an announcement
        priors = [prior for prior in priors if not is_recent(prior.at, context.update.at)]
    subjects = most_subjects(priors)
    if subjects >= FORMULA_SUBJECTS and len(claim.terms) >= MIN_FORMULA_TERMS:
        return True
    titled = [prior for prior in priors if prior.title != context.update.title]
    if (
        context.is_revision
        or most_subjects(titled) < SHORT_FORMULA_SUBJECTS
        or len(claim.terms) < MIN_SHORT_FORMULA_TERMS
    ):
        return False
    title = analyze(context.update.title, context.synonyms).terms
    is_bare = not (claim.numbers or claim.dates or claim.identifiers)
    return is_bare and not any(term.kind is not WORDING or key in title for key, term in claim.terms.items())


def most_subjects(priors: Sequence[PriorClaim]) -> int:
    """Return the number of entries of the source with the most of them."""
    entries = Counter(source for source, _ in {(prior.source, prior.entry) for prior in priors})
    return max(entries.values(), default=0)
