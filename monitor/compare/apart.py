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


def is_apart(claim: Claim, comparison: LookupContext, said: PriorClaim) -> bool:
    """Whether an earlier claim is about another subject: another entry of a catalogue, or another thing by the names
    or identifiers in the titles."""
    if said.source == comparison.update.source and said.entry == comparison.reposted:
        return False
    is_catalogue = comparison.kind is not EntryKind.NEWS
    if is_catalogue and (is_sibling(comparison.update, said) or is_unrelated(claim, comparison, said)):
        return True
    if is_other_subject(claim, comparison.update, said, by_title=comparison.is_revision):
        return True
    different = title_different_things(said.title, comparison.update.title)
    return different and not is_pointer(analyze(claim.text))


def is_unrelated(claim: Claim, comparison: LookupContext, said: PriorClaim) -> bool:
    """Whether a claim without a name of its own ("This incident is resolved.") was made under an unrelated title."""
    update = comparison.update
    if said.source == update.source:
        return False
    if any(term.kind is not WORDING for term in analyze(claim.text).terms.values()):
        return False
    own, other = (analyze(title).terms.keys() for title in (update.title, said.title))
    return len(own & other) < MIN_RELATED_TITLES * max(len(own), len(other), 1)


def is_pointer(now: ClaimAnalysis) -> bool:
    """Whether a claim only points to a page and states nothing."""
    has_link = any(identifier.kind == LINK for identifier in now.identifiers)
    return has_link and len(now.terms) <= MAX_POINTER_TERMS and not (now.numbers or now.dates)


def is_formula_of(now: ClaimAnalysis, said: Sequence[PriorClaim], comparison: LookupContext) -> bool:
    """Whether a sentence is used for many things: several entries of a source have it.

    A short one is a formula in a new entry if it states no name or figure and no word of the entry's title.
    """
    if comparison.is_revision:  # an edit made on several pages at once is an announcement
        said = [one for one in said if not is_recent(one.at, comparison.update.at)]
    subjects = most_subjects(said)
    if subjects >= FORMULA_SUBJECTS and len(now.terms) >= MIN_FORMULA_TERMS:
        return True
    titled = [one for one in said if one.title != comparison.update.title]
    if (
        comparison.is_revision
        or most_subjects(titled) < SHORT_FORMULA_SUBJECTS
        or len(now.terms) < MIN_SHORT_FORMULA_TERMS
    ):
        return False
    title = analyze(comparison.update.title, comparison.synonyms).terms
    is_bare = not (now.numbers or now.dates or now.identifiers)
    return is_bare and not any(term.kind is not WORDING or key in title for key, term in now.terms.items())


def most_subjects(said: Sequence[PriorClaim]) -> int:
    """Return the number of entries of the source with the most of them."""
    entries = Counter(source for source, _ in {(one.source, one.entry) for one in said})
    return max(entries.values(), default=0)
