"""Compares two versions of an entry: which claims were added, which were removed, and which are edits of which.

Every added claim is paired with at most one removed claim, the most similar first. The rest of an edit that split
or joined sentences is separated from what is new or withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from monitor.compare.own_report import MAX_PLACES
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
PARTNERS = 6  # claims of the other version that one claim is judged against


def split_added_removed(claims: Sequence[Claim], old: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that are not verbatim in `old`, each once, and the claims of `old` that were removed."""
    before, after = {normalized_key(claim.text) for claim in old}, {normalized_key(claim.text) for claim in claims}
    return unseen(claims, before), unseen(old, after)


def unseen(claims: Sequence[Claim], known: set[str]) -> list[Claim]:
    """Return the claims whose text is not among `known`, each text once."""
    once = {normalized_key(claim.text): claim for claim in reversed(claims)}
    return [claim for key, claim in reversed(once.items()) if key not in known]


def match_revisions(
    added: Sequence[Claim], gone: Sequence[Claim], same: Synonyms
) -> list[tuple[int, Verdict] | None]:
    """Return, for each added claim, the index in `gone` of its predecessor and the verdict, or None.

    A removed claim has one successor that changes it, and any number that repeat a part of it.
    """
    found: list[tuple[int, Verdict] | None] = match_records(added, gone, same)
    taken = {pair[0] for pair in found if pair}
    shelf = ClaimTermIndex(gone, same)
    tried = sorted(
        (
            (place, by, verdict)
            for place, claim in enumerate(added)
            if found[place] is None and not is_short_record(claim)
            for by, verdict in partners(claim, shelf)
        ),
        key=lambda one: (one[2].novelty is Novelty.REPEATED, one[2].similarity),
        reverse=True,
    )
    for place, by, verdict in tried:
        if found[place] is None and (by not in taken or verdict.novelty is Novelty.REPEATED):
            found[place] = (by, verdict)
            taken.add(by)
    return match_stages(added, gone, found, same)


def match_stages(
    added: Sequence[Claim], gone: Sequence[Claim], found: Sequence[tuple[int, Verdict] | None], same: Synonyms
) -> list[tuple[int, Verdict] | None]:
    """Pair the sentences left over that state the stage of one thing: "we are monitoring the results", "resolved"."""
    taken = {pair[0] for pair in found if pair}
    left = [(place, stage) for place, claim in enumerate(gone) if place not in taken and (stage := stage_of(claim))]
    matched = list(found)
    for index, claim in enumerate(added):
        stage = stage_of(claim)
        if matched[index] is not None or stage is None:
            continue
        earlier = next((one for one in left if is_next_stage(gone[one[0]], one[1], claim, stage)), None)
        if earlier:
            left.remove(earlier)
            old = gone[earlier[0]]
            alike = judge(analyze(old.text, same), analyze(claim.text, same), Relation.REVISION).similarity
            change = Change(ChangeKind.WORDING, old.text, claim.text)
            matched[index] = (earlier[0], Verdict(Novelty.CHANGED, alike, (change,), Basis.EDITED))
    return matched


def is_next_stage(old: Claim, old_stage: str, claim: Claim, stage: str) -> bool:
    return old_stage != stage and old.heading == claim.heading and PROCESS_OF[old_stage] == PROCESS_OF[stage]


def stage_of(claim: Claim) -> str | None:
    """Return the stage that a short sentence states; None for a record, which is paired by its label."""
    analysis = analyze(claim.text)
    if claim.noise or claim.role is Role.TITLE or is_short_record(claim) or len(analysis.terms) > MAX_STAGE_TERMS:
        return None
    stages = {STAGES[term.word.folded] for term in analysis.terms.values() if term.word.folded in STAGES}
    return min(stages) if len(stages) == 1 else None


def match_records(added: Sequence[Claim], gone: Sequence[Claim], same: Synonyms) -> list[tuple[int, Verdict] | None]:
    """Pair the records of both versions by heading and label."""
    pairs: list[tuple[int, Verdict] | None] = []
    labels = Counter(label for claim in (*added, *gone) for label in record_labels(claim))
    for claim, place in zip(added, match_record_labels(added, gone), strict=True):
        before, now = (parse_record(gone[place]) if place is not None else None), parse_record(claim)
        if place is None or before is None or now is None:
            pairs.append(None)
            continue
        verdict = record_verdict(before, now, (gone[place].text, claim.text), same)
        if verdict.novelty is Novelty.NEW and any(labels[label] == BOTH_VERSIONS for label in now.labels):
            change = Change(ChangeKind.WORDING, before.value, now.value)
            verdict = Verdict(Novelty.CHANGED, verdict.similarity, (change,), Basis.EDITED)
        pairs.append(None if verdict.novelty is Novelty.NEW else (place, verdict))
    return pairs


def partners(claim: Claim, shelf: ClaimTermIndex) -> list[tuple[int, Verdict]]:
    """Return the indexed claims that `claim` may be an edit of, with their verdicts."""
    now = analyze(claim.text, shelf.same)
    tried = [
        (place, judge(analyze(shelf.claims[place].text, shelf.same), now, Relation.REVISION))
        for place in shelf.nearest(claim)
    ]
    return [by for by in tried if by[1].novelty is not Novelty.NEW]


def find_withdrawn(
    gone: Sequence[Claim], pairs: Sequence[tuple[int, Verdict] | None], claims: Sequence[Claim], same: Synonyms
) -> list[int]:
    """Return the indexes of the removed claims that have no successor and that no claim of the new version states."""
    followed = {by[0] for by in pairs if by is not None}
    left = [place for place, claim in enumerate(gone) if place not in followed and claim.noise is None]
    if not left:
        return []
    standing = ClaimTermIndex(claims, same)
    return [place for place in left if not stands(gone[place], standing)]


def stands(claim: Claim, shelf: ClaimTermIndex) -> bool:
    """Whether a claim of the new version states all of the removed `claim`."""
    return any(covers_claim(shelf.claims[place], claim, shelf.same) for place in shelf.nearest(claim))


def covers_claim(fuller: Claim, claim: Claim, same: Synonyms) -> Verdict | None:
    """Return the verdict if `fuller` states all of `claim` (and possibly more), else None."""
    verdict = judge(analyze(claim.text, same), analyze(fuller.text, same), Relation.REVISION)
    less = verdict.novelty is Novelty.NEW or any(change.before for change in verdict.changes)
    return None if less else verdict


class ClaimTermIndex:
    """An index of one version's claims by their terms."""

    def __init__(self, claims: Sequence[Claim], same: Synonyms) -> None:
        self.claims, self.same = claims, same
        self.places: dict[str, list[int]] = {}
        for place, claim in enumerate(claims):
            for term in index_terms(analyze(claim.text, same)):
                self.places.setdefault(term, []).append(place)

    def nearest(self, claim: Claim) -> list[int]:
        """Return the indexes of the PARTNERS claims that share most terms with `claim`; rare terms count more."""
        score: dict[int, float] = {}
        for term in index_terms(analyze(claim.text, self.same)):
            places = self.places.get(term, ())
            for place in places if len(places) <= MAX_PLACES else ():
                score[place] = score.get(place, 0.0) + 1 / len(places)
        return sorted(score, key=lambda place: -score[place])[:PARTNERS]
