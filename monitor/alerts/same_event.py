"""Earlier claims that report the event of a claim: the same in any words, or with another figure.

The ledger's clusters know only the nearest claim that a claim repeats. For rules with `corroboration` a claim is
judged against every similar one, in both directions: a report that says more than the first one confirms it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from monitor.compare.candidates import is_same_matter, top_candidates
from monitor.compare.identifiers import title_different_things
from monitor.compare.subject import is_other_subject
from monitor.compare.verdict import judge
from monitor.evidence import Basis
from monitor.model import Change, ChangeKind, Finding, Moment, Novelty, PriorClaim, Relation, Update, Verdict
from monitor.text.analysis import NO_SYNONYMS, ClaimAnalysis, Synonyms, analyze, index_terms
from monitor.text.facts.numbers import Quantity
from monitor.text.statement import read_statement
from monitor.units import DAY

OTHER_FIGURE_S = DAY  # seconds: a figure given later than this is the next one of a series, not another report


class SimilarClaims(Protocol):
    """Looks up earlier claims by the terms of a claim."""

    def candidates(self, terms: Sequence[Sequence[str]]) -> list[list[PriorClaim]]:
        """Return, for each list of terms, the earlier claims that share most of its rarest terms, best first."""


@dataclass(frozen=True, slots=True)
class Echo:
    """An earlier claim about the event of a finding; whether the finding gives another figure, or says more."""

    prior: PriorClaim
    is_other_figure: bool = False
    is_more: bool = False

    @property
    def states_finding(self) -> bool:
        """Whether the earlier claim states all of the finding."""
        return not (self.is_other_figure or self.is_more)


def judge_pair(prior: PriorClaim, text: str, at: Moment, synonyms: Synonyms = NO_SYNONYMS) -> Verdict:
    """Return the verdict on a claim after an earlier one of another entry; new if they are about other matters."""
    before, after = analyze(prior.text, synonyms), analyze(text, synonyms)
    verdict = judge(before, after, Relation.ELSEWHERE, (prior.at, at))
    return verdict if is_same_matter(verdict, before, after) else replace(verdict, novelty=Novelty.NEW, changes=())


def find_echo(prior: PriorClaim, text: str, at: Moment, synonyms: Synonyms = NO_SYNONYMS) -> Echo | None:
    """Return the earlier claim if a claim published at `at` reports the same event, else None."""
    verdict = judge_pair(prior, text, at, synonyms)
    if verdict.novelty is Novelty.REPEATED:
        return Echo(prior)
    if is_one_more(text, synonyms) != is_one_more(prior.text, synonyms):
        return None
    if differing_figures(prior, text, at, synonyms):
        return Echo(prior, is_other_figure=True)
    reverse = judge_pair(replace(prior, text=text, at=at), prior.text, prior.at, synonyms)
    return Echo(prior, is_more=True) if reverse.novelty is Novelty.REPEATED else None


def differing_figures(
    prior: PriorClaim, text: str, at: Moment, synonyms: Synonyms = NO_SYNONYMS
) -> tuple[Change, ...]:
    """Return the figures that differ if the claims agree in all else and were published within a day, else ()."""
    verdict = judge_pair(prior, text, at, synonyms)
    if verdict.basis not in (Basis.OTHER_FIGURE, Basis.VALUE_MOVED):
        return ()
    before, after = analyze(prior.text, synonyms), analyze(text, synonyms)
    pairs = list(zip(before.numbers, after.numbers, strict=False))
    is_changed = verdict.novelty is Novelty.CHANGED
    is_comparable = len(before.numbers) == len(after.numbers) and all(
        old.unit == new.unit and (is_changed or not counts_another_thing(before, old, after, new))
        for old, new in pairs
    )
    if not pairs or not is_comparable or abs(at - prior.at) > OTHER_FIGURE_S:
        return ()
    with_same_figures = text
    for old, new in reversed(pairs):
        start, end = with_same_figures[: new.start], with_same_figures[new.end :]
        with_same_figures = start + prior.text[old.start : old.end] + end
    if not agree(prior, with_same_figures, at, synonyms):
        return ()
    return tuple(
        Change(ChangeKind.NUMBER, prior.text[old.start : old.end], text[new.start : new.end])
        for old, new in pairs
        if (old.low, old.high) != (new.low, new.high)
    )


def counts_another_thing(before: ClaimAnalysis, old: Quantity, after: ClaimAnalysis, new: Quantity) -> bool:
    """Whether each figure counts something that the other claim does not mention: profit and revenue."""
    return not after.terms.keys() >= set(old.counted_keys) and not before.terms.keys() >= set(new.counted_keys)


def agree(prior: PriorClaim, text: str, at: Moment, synonyms: Synonyms) -> bool:
    """Whether two claims state all of each other, or one all of the other with no word replaced by another."""
    forward = judge_pair(prior, text, at, synonyms)
    backward = judge_pair(replace(prior, text=text, at=at), prior.text, prior.at, synonyms)
    repeated = [verdict for verdict in (forward, backward) if verdict.novelty is Novelty.REPEATED]
    return len(repeated) == 2 or any(
        not any(change.before and change.after for change in verdict.changes) for verdict in repeated
    )


def is_one_more(text: str, synonyms: Synonyms) -> bool:
    """Whether a claim is about one more event of a kind: "a second strike"."""
    analysis = analyze(text, synonyms)
    is_later_ordinal = any(figure.is_ordinal and figure.low > 1 for figure in analysis.numbers)
    return is_later_ordinal or read_statement(analysis).is_additional


@dataclass(slots=True)
class UpdateEchoes:
    """The earlier claims about the events of one update, looked up when they are asked for.

    Without a rule that needs other sources (`is_needed`), only the claims that the judge named are known.
    """

    update: Update
    findings: Sequence[Finding]
    history: SimilarClaims
    synonyms: Synonyms = NO_SYNONYMS
    is_needed: bool = True
    _candidates: dict[int, list[PriorClaim]] = field(default_factory=dict)
    _echoes: dict[int, tuple[Echo, ...]] = field(default_factory=dict)

    @property
    def indexes(self) -> list[int]:
        """The findings that can report an event: those that state something about it."""
        return [i for i, finding in enumerate(self.findings) if is_statement(finding)]

    def candidates(self, indexes: Sequence[int]) -> list[PriorClaim]:
        """Return the earlier claims that are similar to one of these findings, and those that the judge named."""
        missing = [i for i in indexes if i not in self._candidates]
        findings = [self.findings[i] for i in missing]
        similar: Sequence[Sequence[PriorClaim]] = [()] * len(missing)
        if missing and self.is_needed:
            terms = [index_terms(analyze(finding.claim.text, self.synonyms)) for finding in findings]
            similar = self.history.candidates(terms)
        for i, finding, priors in zip(missing, findings, similar, strict=True):
            self._candidates[i] = [*named_claims(finding), *priors]
        return [prior for i in indexes for prior in self._candidates[i]]

    def of(self, index: int) -> tuple[Echo, ...]:
        """Return the earlier claims about the event of one finding."""
        if index not in self._echoes:
            self._echoes[index] = tuple(self._find(index)) if is_statement(self.findings[index]) else ()
        return self._echoes[index]

    def _find(self, index: int) -> list[Echo]:
        finding, priors = self.findings[index], self.candidates([index])
        named = named_claims(finding) if finding.novelty is Novelty.REPEATED else []
        if not self.is_needed:
            return [Echo(prior) for prior in named]
        after = analyze(finding.claim.text, self.synonyms)
        texts = set(top_candidates(after, {prior.text for prior in priors}, self.synonyms))
        echoes = [
            find_echo(prior, finding.claim.text, self.update.at, self.synonyms)
            for prior in priors
            if prior.text in texts and prior not in named and self._is_same_subject(finding, prior)
        ]
        return [*map(Echo, named), *(echo for echo in echoes if echo)]

    def _is_same_subject(self, finding: Finding, prior: PriorClaim) -> bool:
        is_other = is_other_subject(finding.claim, self.update, prior)
        return not is_other and not title_different_things(prior.title, self.update.title)


def is_statement(finding: Finding) -> bool:
    is_about_another = finding.evidence is not None and finding.evidence.basis is Basis.OTHER_SUBJECT
    return finding.claim.noise is None and finding.novelty is not Novelty.WITHDRAWN and not is_about_another


def named_claims(finding: Finding) -> list[PriorClaim]:
    """Return the claims that the judge named: the nearest one, and those that with it say all of a repeated claim."""
    if finding.nearest is None:
        return []
    together = finding.evidence.together_with if finding.evidence else ()
    nearest = finding.nearest
    return [nearest, *(PriorClaim(text, "", "", nearest.at, nearest.story) for text in together)]
