"""Compares two versions of an entry: which claims were added, which were removed, and which are edits of which.

Every added claim is paired with at most one removed claim, the most similar first. The rest of an edit that split
or joined sentences is separated from what is new or withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.compare.own_report import MAX_CLAIMS_WITH_TERM
from monitor.compare.records import match_record_labels, record_labels, record_verdict
from monitor.compare.verdict import judge
from monitor.evidence import Basis
from monitor.model import Change, ChangeKind, Claim, Novelty, Relation, Role, Verdict
from monitor.text.analysis import Synonyms, analyze, index_terms
from monitor.text.facts.records import is_short_record, parse_record
from monitor.text.lexicon.stages import PROCESS_OF, STAGES
from monitor.text.normalize import normalized_key

MAX_STAGE_TERMS = 14  # of a sentence that does little more than state a stage
BOTH_VERSIONS = 2  # times that a label occurs if each version has it once
MAX_PREDECESSORS = 6  # claims of the other version that one claim is judged against


def split_added_removed(claims: Sequence[Claim], old: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that are not verbatim in `old`, each once, and the claims of `old` that were removed."""
    before, after = {normalized_key(claim.text) for claim in old}, {normalized_key(claim.text) for claim in claims}
    return not_among(claims, before), not_among(old, after)


def not_among(claims: Sequence[Claim], known: set[str]) -> list[Claim]:
    """Return the claims whose text is not among `known`, each text once."""
    claim_by_key = {normalized_key(claim.text): claim for claim in reversed(claims)}
    return [claim for key, claim in reversed(claim_by_key.items()) if key not in known]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The removed claim that an added claim is an edit of, by its index, and the verdict on the edit."""

    index: int
    verdict: Verdict


def match_revisions(added: Sequence[Claim], removed: Sequence[Claim], synonyms: Synonyms) -> list[Predecessor | None]:
    """Return the predecessor of each added claim, or None.

    A removed claim has one successor that changes it, and any number that repeat a part of it.
    """
    matched = match_records(added, removed, synonyms)
    taken = {predecessor.index for predecessor in matched if predecessor}
    removed_index = ClaimTermIndex(removed, synonyms)
    edits = [
        (index, predecessor)
        for index, claim in enumerate(added)
        if matched[index] is None and not is_short_record(claim)
        for predecessor in possible_predecessors(claim, removed_index)
    ]
    edits.sort(key=lambda edit: (is_repeat(edit[1].verdict), edit[1].verdict.similarity), reverse=True)
    for index, predecessor in edits:
        if matched[index] is None and (predecessor.index not in taken or is_repeat(predecessor.verdict)):
            matched[index] = predecessor
            taken.add(predecessor.index)
    return match_stages(added, removed, matched, synonyms)


def is_repeat(verdict: Verdict) -> bool:
    return verdict.novelty is Novelty.REPEATED


def match_stages(
    added: Sequence[Claim], removed: Sequence[Claim], matched: Sequence[Predecessor | None], synonyms: Synonyms
) -> list[Predecessor | None]:
    """Pair the sentences left over that state the stage of one thing: "we are monitoring the results", "resolved"."""
    taken = {predecessor.index for predecessor in matched if predecessor}
    unmatched = {
        i: stage for i, claim in enumerate(removed) if i not in taken and (stage := stage_of(claim, synonyms))
    }
    matched = list(matched)
    for index, claim in enumerate(added):
        stage = stage_of(claim, synonyms)
        if matched[index] is not None or stage is None:
            continue
        earlier = next((i for i, old in unmatched.items() if is_next_stage(removed[i], old, claim, stage)), None)
        if earlier is not None:
            del unmatched[earlier]
            old_text = removed[earlier].text
            before, after = analyze(old_text, synonyms), analyze(claim.text, synonyms)
            change = Change(ChangeKind.WORDING, old_text, claim.text)
            similarity = judge(before, after, Relation.REVISION).similarity
            verdict = Verdict(Novelty.CHANGED, similarity, (change,), Basis.EDITED)
            matched[index] = Predecessor(earlier, verdict)
    return matched


def is_next_stage(old: Claim, old_stage: str, claim: Claim, stage: str) -> bool:
    return old_stage != stage and old.heading == claim.heading and PROCESS_OF[old_stage] == PROCESS_OF[stage]


def stage_of(claim: Claim, synonyms: Synonyms) -> str | None:
    """Return the stage that a short sentence states; None for a record, which is paired by its label."""
    if claim.noise or claim.role is Role.TITLE or is_short_record(claim):
        return None
    analysis = analyze(claim.text, synonyms)
    if len(analysis.terms) > MAX_STAGE_TERMS:
        return None
    stages = {STAGES[term.word.folded] for term in analysis.terms.values() if term.word.folded in STAGES}
    return min(stages) if len(stages) == 1 else None


def match_records(added: Sequence[Claim], removed: Sequence[Claim], synonyms: Synonyms) -> list[Predecessor | None]:
    """Pair the records of both versions by heading and label."""
    matched: list[Predecessor | None] = []
    label_counts = Counter(label for claim in (*added, *removed) for label in record_labels(claim))
    for claim, index in zip(added, match_record_labels(added, removed), strict=True):
        before, after = (parse_record(removed[index]) if index is not None else None), parse_record(claim)
        if index is None or before is None or after is None:
            matched.append(None)
            continue
        verdict = record_verdict(before, after, (removed[index].text, claim.text), synonyms)
        if verdict.novelty is Novelty.NEW and any(label_counts[label] == BOTH_VERSIONS for label in after.labels):
            change = Change(ChangeKind.WORDING, before.value, after.value)
            verdict = Verdict(Novelty.CHANGED, verdict.similarity, (change,), Basis.EDITED)
        matched.append(None if verdict.novelty is Novelty.NEW else Predecessor(index, verdict))
    return matched


def possible_predecessors(claim: Claim, removed: ClaimTermIndex) -> list[Predecessor]:
    """Return the removed claims that `claim` may be an edit of."""
    after = analyze(claim.text, removed.synonyms)
    judged = [
        Predecessor(index, judge(analyze(removed.claims[index].text, removed.synonyms), after, Relation.REVISION))
        for index in removed.nearest(claim)
    ]
    return [predecessor for predecessor in judged if predecessor.verdict.novelty is not Novelty.NEW]


def find_withdrawn(
    removed: Sequence[Claim], matched: Sequence[Predecessor | None], claims: Sequence[Claim], synonyms: Synonyms
) -> list[Claim]:
    """Return the removed claims that have no successor and that no claim of the new version states."""
    followed = {predecessor.index for predecessor in matched if predecessor}
    left = [claim for i, claim in enumerate(removed) if i not in followed and claim.noise is None]
    if not left:
        return []
    current = ClaimTermIndex(claims, synonyms)
    return [claim for claim in left if not is_covered(claim, current)]


def is_covered(claim: Claim, current: ClaimTermIndex) -> bool:
    """Whether a claim of the new version states all of the removed `claim`."""
    return any(covers_claim(current.claims[index], claim, current.synonyms) for index in current.nearest(claim))


def covers_claim(fuller: Claim, claim: Claim, synonyms: Synonyms) -> Verdict | None:
    """Return the verdict if `fuller` states all of `claim` (and possibly more), else None."""
    verdict = judge(analyze(claim.text, synonyms), analyze(fuller.text, synonyms), Relation.REVISION)
    less = verdict.novelty is Novelty.NEW or any(change.before for change in verdict.changes)
    return None if less else verdict


class ClaimTermIndex:
    """An index of one version's claims by their terms."""

    def __init__(self, claims: Sequence[Claim], synonyms: Synonyms) -> None:
        self.claims, self.synonyms = claims, synonyms
        self._indexes_by_term: dict[str, list[int]] = {}
        for index, claim in enumerate(claims):
            for term in index_terms(analyze(claim.text, synonyms)):
                self._indexes_by_term.setdefault(term, []).append(index)

    def nearest(self, claim: Claim) -> list[int]:
        """Return the indexes of the claims that share most terms with `claim`; rare terms count more."""
        scores: dict[int, float] = {}
        for term in index_terms(analyze(claim.text, self.synonyms)):
            indexes = self._indexes_by_term.get(term, ())
            for index in indexes if len(indexes) <= MAX_CLAIMS_WITH_TERM else ():
                scores[index] = scores.get(index, 0.0) + 1 / len(indexes)
        return sorted(scores, key=lambda index: -scores[index])[:MAX_PREDECESSORS]
