"""Measures of the judge on real report streams with labeled claims.

Run: `python benchmarks/novelty.py --data DIR reports`; `--sets` adds the measures of each set.

DIR/reports has two files for each set. NAME.stream.jsonl, or .jsonl.xz, is input of `monitor replay`. NAME.gold.jsonl
has one labeled claim a line: source, entry, at, claim, and

- gold: new, changed, repeated, withdrawn, or noise (never news)
- also: other acceptable labels
- before: the texts of acceptable prior claims
- weight: how many claims of the stream this one represents, 1 by default
- unsure: true if two readers could disagree; not measured
- event: the true story of the claim

groups.json names groups of sets; a group's measure is the mean of its sets. pairs.jsonl has pairs of claims as for
`monitor compare --pairs`, each with its label.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean

from agreement import b_cubed_agreement
from novelty_pairs import run_judge
from running import Row, parse_time, read_lines, read_rows

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.ruleset.rule import RuleSet

NEWS = ("new", "changed")
GOLD_SUFFIX = ".gold.jsonl"
WORD_PATTERN = re.compile(r"[^\W_]+")
MIN_WORD_OVERLAP = 0.6  # Jaccard index; allows for sentence splits that differ from the annotator's

UpdateKey = tuple[str, str, datetime]
Measures = dict[str, float]


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """A labeled claim, and the program's finding for it if there is one."""

    gold: Row
    finding: Row | None

    @property
    def weight(self) -> float:
        return float(self.gold.get("weight", 1))

    @property
    def label(self) -> str:
        return str(self.gold["gold"])

    @property
    def novelty(self) -> str:
        """The program's verdict. A claim without a finding causes no alert, as if repeated."""
        return self.finding["novelty"] if self.finding else "repeated"

    @property
    def is_news(self) -> bool:
        return self.label in NEWS

    @property
    def is_reported(self) -> bool:
        """Whether the program reports the claim as news; withdrawn claims are measured separately."""
        return self.novelty in NEWS and self.label != "withdrawn"

    @property
    def is_reported_as_change(self) -> bool:
        return self.is_reported and self.novelty == "changed"

    @property
    def has_right_prior(self) -> bool:
        """Whether the finding shows an acceptable prior claim."""
        nearest = self.finding["nearest"] if self.finding else None
        return nearest is not None and normalize(nearest["text"]) in map(normalize, self.gold["before"])

    @property
    def is_false_change(self) -> bool:
        """Whether the claim is reported as changed but did not change, or beside a wrong prior claim."""
        is_change = "changed" in (self.label, *self.gold.get("also", ()))
        return self.is_reported_as_change and not (is_change and self.has_right_prior)


@dataclass(frozen=True, slots=True)
class Share:
    """The weighted share of the claims `among` that have a property."""

    among: Callable[[JudgedClaim], bool]
    counts: Callable[[JudgedClaim], bool]

    def of(self, claims: Iterable[JudgedClaim]) -> float | None:
        """Return the share, or None if there are no such claims."""
        chosen = [claim for claim in claims if self.among(claim)]
        total = sum(claim.weight for claim in chosen)
        return sum(claim.weight for claim in chosen if self.counts(claim)) / total if total else None


SHARES = {
    "missed": Share(lambda claim: claim.is_news, lambda claim: not claim.is_reported),
    "noise": Share(lambda claim: claim.is_reported, lambda claim: not claim.is_news),
    "silence": Share(lambda claim: claim.label in ("repeated", "noise"), lambda claim: not claim.is_reported),
    "false was": Share(lambda claim: claim.is_reported_as_change, lambda claim: claim.is_false_change),
    "false changed": Share(lambda claim: claim.is_reported, lambda claim: claim.is_false_change),
    "moved": Share(
        lambda claim: claim.label == "changed", lambda claim: claim.is_reported_as_change and claim.has_right_prior
    ),
    "withdrawn": Share(lambda claim: claim.label == "withdrawn", lambda claim: claim.novelty == "withdrawn"),
}
MEASURE_NAMES = (*SHARES, "story precision", "story recall")


def reports(data: Path, _half: str, with_sets: bool = False) -> Iterator[tuple[str, float]]:
    """Yield the name and value of each measure: of each set if `with_sets`, of each group, and of the pairs."""
    folder = data / "reports"
    groups = read_groups(folder)
    by_set = {name: set_measures(judged_claims(folder, name)) for name in set_names(folder)}
    by_group = {group: mean_measures([by_set[name] for name in members]) for group, members in groups.items()}
    if with_sets:
        yield from named_measures("reports set", by_set)
    yield from named_measures("reports", by_group)
    yield "reports pairs: right", share_of_right_pairs(read_rows(folder / "pairs.jsonl"))


def named_measures(prefix: str, measures_by_name: Mapping[str, Measures]) -> Iterator[tuple[str, float]]:
    for name, measures in measures_by_name.items():
        yield from ((f"{prefix} {name}: {measure}", value) for measure, value in measures.items())


def set_names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(GOLD_SUFFIX) for path in folder.glob(f"*{GOLD_SUFFIX}"))


def read_groups(folder: Path) -> dict[str, list[str]]:
    """Return the sets of each group. Exits if a set has no labels: its required values would not be checked."""
    groups: dict[str, list[str]] = json.loads((folder / "groups.json").read_text(encoding="utf-8"))
    if missing := {name for members in groups.values() for name in members} - set(set_names(folder)):
        raise SystemExit(f"{folder / 'groups.json'}: no labels found for {', '.join(sorted(missing))}")
    return groups


def judged_claims(folder: Path, name: str) -> list[JudgedClaim]:
    """Replay a set's stream. Return its sure claims, each with the program's finding."""
    stream = folder / f"{name}.stream.jsonl"
    findings = findings_by_update(stream if stream.is_file() else stream.with_suffix(".jsonl.xz"))
    labeled = read_rows(folder / f"{name}{GOLD_SUFFIX}")
    return [
        JudgedClaim(gold, matching_finding(gold, findings[update_key(gold)]))
        for gold in labeled
        if not gold.get("unsure")
    ]


def findings_by_update(stream: Path) -> dict[UpdateKey, list[Row]]:
    findings: dict[UpdateKey, list[Row]] = defaultdict(list)
    for record in replay_stream(read_lines(stream), Policy(RuleSet(()))):
        if record["type"] == "finding":
            findings[update_key(record)].append(record)
    return findings


def update_key(row: Row) -> UpdateKey:
    return row["source"], row["entry"], parse_time(row["at"])


def matching_finding(gold: Row, findings: Iterable[Row]) -> Row | None:
    """Return the finding of the same words, or else of the most similar; a withdrawn claim needs the same words."""
    is_withdrawn = gold["gold"] == "withdrawn"
    candidates = [finding for finding in findings if (finding["novelty"] == "withdrawn") == is_withdrawn]
    text = normalize(gold["claim"])
    exact = next((finding for finding in candidates if normalize(finding["claim"]) == text), None)
    return exact if exact or is_withdrawn else most_similar(text, candidates)


def most_similar(text: str, findings: Sequence[Row]) -> Row | None:
    """Return the finding that shares most words, the last of several, or None below MIN_WORD_OVERLAP."""
    scored = [(word_overlap(text, normalize(finding["claim"])), i) for i, finding in enumerate(findings)]
    overlap, i = max(scored, default=(0.0, 0))
    return findings[i] if overlap >= MIN_WORD_OVERLAP else None


def normalize(text: str) -> str:
    """Return the words of a text, without case and punctuation."""
    return " ".join(WORD_PATTERN.findall(text.casefold()))


def word_overlap(normalized: str, other: str) -> float:
    """Return the Jaccard index of the words of two normalized texts."""
    words, other_words = set(normalized.split()), set(other.split())
    return len(words & other_words) / max(1, len(words | other_words))


def set_measures(claims: Sequence[JudgedClaim]) -> Measures:
    """Return the measures of one set; a share of no claims is omitted."""
    shares = {name: share.of(claims) for name, share in SHARES.items()}
    return {name: value for name, value in shares.items() if value is not None} | story_measures(claims)


def story_measures(claims: Sequence[JudgedClaim]) -> Measures:
    """Return B-cubed precision and recall of the program's stories; nothing for fewer than two events."""
    clustered = {
        str(i): (claim.gold["event"], claim.finding["story"])
        for i, claim in enumerate(claims)
        if claim.finding and claim.gold.get("event")
    }
    events = {key: event for key, (event, _) in clustered.items()}
    if len(set(events.values())) < 2:
        return {}
    agreement = b_cubed_agreement(events, {key: story for key, (_, story) in clustered.items()})
    return {"story precision": agreement.precision, "story recall": agreement.recall}


def mean_measures(sets: Sequence[Measures]) -> Measures:
    """Return the mean of each measure over the sets that have it, with equal weights."""
    values = {name: [measures[name] for measures in sets if name in measures] for name in MEASURE_NAMES}
    return {name: fmean(numbers) for name, numbers in values.items() if numbers}


def share_of_right_pairs(pairs: Sequence[Row]) -> float:
    verdicts, _ = run_judge(pairs)
    return fmean(verdicts[pair["id"]]["novelty"] == pair["label"] for pair in pairs)
