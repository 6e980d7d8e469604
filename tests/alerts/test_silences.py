"""What silences cover, with the daemon's pipeline on a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit.databases import opened_store

from monitor.alerts.silences import Silence, SilenceMode, has_new_facts, repeats_any
from monitor.assess import Assessment, Policy
from monitor.model import Change, ChangeKind, Claim, Finding, Novelty, PriorClaim, Reason, Role, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import alerts, silences
from monitor.store.base import Store

FERRIES = "Around 300 ferries lie idle in the port of Halvik"
FERRIES_REWORDED = "In the port of Halvik some 300 ferries are idle"
MORE_FERRIES = "Around 400 ferries lie idle in the port of Halvik"
STORM = "A storm tears the ferry pier of Brevik from its moorings"
RULE = "name: ferries\ntitle: Ferries\nmatch: ferr*\n"

Ingest = Callable[..., Assessment]


@pytest.fixture
def store() -> Iterator[Store]:
    with opened_store("wire", "other") as store:
        yield store


def policy_of(folder: Path, rule_lines: str = "") -> Policy:
    (folder / "rule.yaml").write_text(RULE + rule_lines)
    rules, problems = load_rules(folder, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert not [problem for problem in problems if not problem.warning]
    return Policy(rules)


@pytest.fixture
def ingest(store: Store, tmp_path: Path) -> Ingest:
    """Ingest an entry with this title and text. `rule_lines` are added to the rule."""

    def run(
        title: str, text: str = "", *, at: float = 100.0, source: str = "wire", rule_lines: str = ""
    ) -> Assessment:
        with store.write() as conn:
            update = Update(source, f"e{at}", at, title, "", text)
            return ingest_update(conn, update, policy_of(tmp_path, rule_lines), digest=str(at), memory=1e6, now=at)

    return run


def add_silence(store: Store, until: float = 1000.0, **scope: str) -> int:
    with store.write() as conn:
        return silences.insert_silence(conn, Silence(0, "known for days", 0.0, until, **scope))  # type: ignore[arg-type]


def add_mute(store: Store, mode: SilenceMode, *claims: str, **scope: str) -> int:
    with store.write() as conn:
        silence = Silence(0, "seen", 0.0, 1e6, mode=mode, claims=claims, **scope)  # type: ignore[arg-type]
        return silences.insert_silence(conn, silence)


def reasons(assessment: Assessment) -> list[Reason]:
    return [decision.reason for decision in assessment.decisions]


def outcomes(assessment: Assessment) -> list[tuple[Reason, str]]:
    return [(decision.reason, decision.detail) for decision in assessment.decisions]


@pytest.mark.parametrize(
    "scope",
    [{"rule": "ferries"}, {"source": "wire"}, {"match": "idle NEAR/9 Halvik"}, {"rule": "ferries", "source": "wire"}],
)
def test_a_match_in_the_scope_of_a_silence_is_silenced_with_its_reason(
    store: Store, ingest: Ingest, scope: dict[str, str]
) -> None:
    silence_id = add_silence(store, **scope)

    assert outcomes(ingest(FERRIES)) == [(Reason.SILENCED, f"silence {silence_id}: known for days")]


@pytest.mark.parametrize(
    "scope", [{"rule": "other"}, {"source": "other"}, {"match": "Brevik"}, {"rule": "ferries", "story": "st-none"}]
)
def test_a_match_outside_the_scope_of_a_silence_is_sent(store: Store, ingest: Ingest, scope: dict[str, str]) -> None:
    add_silence(store, **scope)

    assert reasons(ingest(FERRIES)) == [Reason.SENT]


def test_a_silence_of_a_story_does_not_cover_other_stories(store: Store, ingest: Ingest) -> None:
    assessment = ingest(FERRIES)
    add_silence(store, story=assessment.story)

    assert reasons(ingest(MORE_FERRIES, at=200.0)) == [Reason.SILENCED]
    assert reasons(ingest(STORM, at=300.0)) == [Reason.SENT]


def test_findings_that_a_silence_does_not_cover_are_sent(store: Store, ingest: Ingest) -> None:
    add_silence(store, match="idle")
    assessment = ingest(FERRIES, f"- {STORM}.")

    assert sorted(reasons(assessment)) == [Reason.SENT, Reason.SILENCED]
    (alert,) = [decision.alert for decision in assessment.decisions if decision.alert]
    assert [finding.claim for finding in alert.findings] == [f"{STORM}."]


def test_a_silence_ends_at_its_time_or_when_it_is_ended(store: Store, ingest: Ingest) -> None:
    add_silence(store, until=150.0, source="wire")
    second = add_silence(store, until=1000.0, rule="ferries")
    assert reasons(ingest(FERRIES, at=200.0)) == [Reason.SILENCED]

    with store.write() as conn:
        assert silences.end_silence(conn, second, 210.0)
        assert not silences.end_silence(conn, second, 211.0)
    assert reasons(ingest(STORM, at=220.0)) == [Reason.SENT]
    with store.read() as conn:
        assert [silence.until for silence in silences.all_silences(conn)] == [210.0, 150.0]


def test_a_throttled_match_stays_held_until_the_silence_ends(store: Store, ingest: Ingest) -> None:
    rule_lines = "throttle: 1 per 1m\n"
    ingest(FERRIES, rule_lines=rule_lines)
    assert reasons(ingest(MORE_FERRIES, at=110.0, rule_lines=rule_lines)) == [Reason.THROTTLED]
    add_silence(store, until=500.0, rule="ferries")

    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 499.0) == []
        due = alerts.due_throttled_matches(conn, 500.0)
    assert [pending.alert.findings[0].claim for pending in due] == [MORE_FERRIES]


def test_a_silenced_match_is_not_released_by_a_confirmation(store: Store, ingest: Ingest) -> None:
    rule_lines = "corroboration: 2\n"
    ingest(FERRIES, rule_lines=rule_lines)
    add_silence(store, until=500.0, match="Halvik")

    assert ingest(FERRIES_REWORDED, at=200.0, source="other", rule_lines=rule_lines).released == ()
    assert len(ingest(FERRIES_REWORDED, at=600.0, source="other", rule_lines=rule_lines).released) == 1


def test_the_query_of_a_silence_may_use_aliases(store: Store, ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "aliases.yaml").write_text("lists:\n  ports: [Halvik, Orsk]\n")
    add_silence(store, match="@ports")
    assert reasons(ingest(FERRIES)) == [Reason.SILENCED]
    assert reasons(ingest(STORM, at=200.0)) == [Reason.SENT]


def test_a_mute_covers_findings_until_the_facts_change(store: Store, ingest: Ingest) -> None:
    assessment = ingest(FERRIES)
    silence_id = add_mute(store, SilenceMode.UNTIL_FACTS_CHANGE, FERRIES, story=assessment.story)

    longer = ingest(FERRIES + ", and the crews went home for the night", at=200.0)
    assert reasons(longer) in ([], [Reason.MUTED])
    assert reasons(ingest(MORE_FERRIES, at=300.0)) == [Reason.SENT]
    with store.read() as conn:
        assert [silence.mode for silence in silences.all_silences(conn)] == [SilenceMode.UNTIL_FACTS_CHANGE]
        assert silence_id == 1


@pytest.mark.parametrize(
    ("claim", "changes", "passes"),
    [
        ("Some 300 ferries are idle at Halvik", [], False),
        ("Some 400 ferries are idle at Halvik", [Change(ChangeKind.NUMBER, "300", "400")], True),
        ("Some 300 ferries are idle at Orsk", [Change(ChangeKind.PLACE, "Halvik", "Orsk")], True),
        ("Some 300 ferries are idle at Halvik, crews say", [Change(ChangeKind.ADDED, "", "crews say")], False),
    ],
)
def test_only_changed_facts_count_as_new_facts(claim: str, changes: list[Change], passes: bool) -> None:
    before = PriorClaim("Some 300 ferries are idle at Halvik", "wire", "e", 0.0, "st")
    finding = Finding(Claim(claim, Role.TITLE), Novelty.CHANGED, 90.0, tuple(changes), before, "st")
    assert has_new_facts(finding, [before.text]) is passes
    assert repeats_any(finding, [before.text]) is not passes


def test_a_new_finding_with_another_figure_than_a_muted_claim_has_new_facts() -> None:
    claim = Claim("Around 900 ferries lie idle in the port of Halvik", Role.TITLE)
    finding = Finding(claim, Novelty.NEW, 0, (), None, "s")
    assert has_new_facts(finding, [FERRIES])
    assert not has_new_facts(finding, [STORM])


def test_a_finding_repeats_only_claims_with_the_same_facts() -> None:
    finding = Finding(Claim("About 300 ferries lie idle in Halvik port", Role.TITLE), Novelty.NEW, 0, (), None, "s")
    assert repeats_any(finding, [STORM, "About 300 ferries lie idle in the port of Halvik"])
    assert not repeats_any(finding, [MORE_FERRIES])
    assert not repeats_any(finding, [STORM])


@pytest.mark.parametrize(
    ("mode", "reason"), [(SilenceMode.UNTIL_FACTS_CHANGE, Reason.MUTED), (SilenceMode.NOT_NEWS, Reason.NOT_NEWS)]
)
def test_for_a_rule_on_repeated_findings_a_mute_covers_repeats_but_not_changes(
    store: Store, ingest: Ingest, mode: SilenceMode, reason: Reason
) -> None:
    rule_lines = "on: [new, changed, repeated]\n"
    ingest(FERRIES, rule_lines=rule_lines)
    silence_id = add_mute(store, mode, FERRIES, rule="ferries")

    repeat = ingest(FERRIES, at=200.0, source="other", rule_lines=rule_lines)
    assert outcomes(repeat) == [(reason, f"silence {silence_id}: seen")]
    assert reasons(ingest(MORE_FERRIES, at=300.0, rule_lines=rule_lines)) == [Reason.SENT]


def test_a_mute_of_one_rule_does_not_cover_another_rule(store: Store, ingest: Ingest) -> None:
    add_mute(store, SilenceMode.NOT_NEWS, FERRIES, rule="other")
    assert reasons(ingest(FERRIES)) == [Reason.SENT]
