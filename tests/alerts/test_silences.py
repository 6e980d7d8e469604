"""What silences cover, through the daemon's own pipeline on a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.alerts.silences import Silence, SilenceMode, has_new_facts, repeats_any
from monitor.assess import Assessment, Policy
from monitor.model import Change, ChangeKind, Claim, Finding, Novelty, PriorClaim, Reason, Role, Update
from monitor.polling.ingest import ingest_update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.store import alerts, silences, sources
from monitor.store.base import Store
from monitor.store.connect import open_store

FERRIES = "Around 300 ferries lie idle in the port of Halvik"
OTHERWISE = "In the port of Halvik some 300 ferries are idle"
MORE_FERRIES = "Around 400 ferries lie idle in the port of Halvik"
STORM = "A storm tears the ferry pier of Brevik from its moorings"
RULE = "name: ferries\ntitle: Ferries\nmatch: ferr*\n"

Say = Callable[..., Assessment]


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store("sqlite:///:memory:")
    with store.write() as conn:
        sources.add_replayed_sources(conn, {"wire", "other"}, 0.0)
    yield store
    store.close()


def rules(folder: Path, more: str = "") -> Policy:
    (folder / "rule.yaml").write_text(RULE + more)
    found, problems = load_rules(folder, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert problems == ()
    return Policy(found)


@pytest.fixture
def say(store: Store, tmp_path: Path) -> Say:
    """Takes in an entry whose title and text say this, at a moment."""

    def run(title: str, text: str = "", *, at: float = 100.0, source: str = "wire", more: str = "") -> Assessment:
        with store.write() as conn:
            update = Update(source, f"e{at}", at, title, "", text)
            return ingest_update(conn, update, rules(tmp_path, more), digest=str(at), memory=1e6, now=at)

    return run


def silence(store: Store, until: float = 1000.0, **named: str) -> int:
    with store.write() as conn:
        return silences.insert_silence(conn, Silence(0, "known for days", 0.0, until, **named))  # type: ignore[arg-type]


def became(assessment: Assessment) -> list[tuple[Reason, str]]:
    return [(decision.reason, decision.detail) for decision in assessment.decisions]


@pytest.mark.parametrize(
    "named",
    [{"rule": "ferries"}, {"source": "wire"}, {"match": "idle NEAR/9 Halvik"}, {"rule": "ferries", "source": "wire"}],
)
def test_what_fits_all_that_is_named_is_silenced_and_says_why(store: Store, say: Say, named: dict[str, str]) -> None:
    number = silence(store, **named)

    assert became(say(FERRIES)) == [(Reason.SILENCED, f"silence {number}: known for days")]


@pytest.mark.parametrize(
    "named", [{"rule": "other"}, {"source": "other"}, {"match": "Brevik"}, {"rule": "ferries", "story": "st-none"}]
)
def test_what_does_not_fit_is_told(store: Store, say: Say, named: dict[str, str]) -> None:
    silence(store, **named)

    assert [reason for reason, _ in became(say(FERRIES))] == [Reason.SENT]


def test_a_story_is_silenced_by_its_id_and_others_are_not(store: Store, say: Say) -> None:
    told = say(FERRIES)
    silence(store, story=told.story)

    assert [reason for reason, _ in became(say(MORE_FERRIES, at=200.0))] == [Reason.SILENCED]
    assert [reason for reason, _ in became(say(STORM, at=300.0))] == [Reason.SENT]


def test_a_silence_that_covers_a_part_leaves_the_rest_to_be_told(store: Store, say: Say) -> None:
    silence(store, match="idle")
    told = say(FERRIES, f"- {STORM}.")

    assert sorted(reason for reason, _ in became(told)) == [Reason.SENT, Reason.SILENCED]
    (alert,) = [decision.alert for decision in told.decisions if decision.alert]
    assert [finding.claim for finding in alert.findings] == [f"{STORM}."]


def test_a_silence_ends_by_itself_and_when_it_is_ended(store: Store, say: Say) -> None:
    silence(store, until=150.0, source="wire")
    second = silence(store, until=1000.0, rule="ferries")
    assert [reason for reason, _ in became(say(FERRIES, at=200.0))] == [Reason.SILENCED]

    with store.write() as conn:
        assert silences.end_silence(conn, second, 210.0)
        assert not silences.end_silence(conn, second, 211.0)
    assert [reason for reason, _ in became(say(STORM, at=220.0))] == [Reason.SENT]
    with store.read() as conn:
        assert [one.until for one in silences.all_silences(conn)] == [210.0, 150.0]


def test_what_was_held_before_waits_until_the_silence_has_ended(store: Store, say: Say) -> None:
    more = "throttle: 1 per 1m\n"
    say(FERRIES, more=more)
    assert [reason for reason, _ in became(say(MORE_FERRIES, at=110.0, more=more))] == [Reason.THROTTLED]
    silence(store, until=500.0, rule="ferries")

    with store.read() as conn:
        assert alerts.due_throttled_matches(conn, 499.0) == []
        assert [held.alert.findings[0].claim for held in alerts.due_throttled_matches(conn, 500.0)] == [MORE_FERRIES]


def test_nothing_is_confirmed_while_it_is_silenced(store: Store, say: Say) -> None:
    more = "corroboration: 2\n"
    say(FERRIES, more=more)
    silence(store, until=500.0, match="Halvik")

    assert say(OTHERWISE, at=200.0, source="other", more=more).released == ()
    assert len(say(OTHERWISE, at=600.0, source="other", more=more).released) == 1


def test_a_silence_may_speak_of_aliases(store: Store, say: Say, tmp_path: Path) -> None:
    (tmp_path / "aliases.yaml").write_text("lists:\n  ports: [Halvik, Orsk]\n")
    silence(store, match="@ports")
    assert [reason for reason, _ in became(say(FERRIES))] == [Reason.SILENCED]
    assert [reason for reason, _ in became(say(STORM, at=200.0))] == [Reason.SENT]


def mute(store: Store, mode: SilenceMode, *claims: str, **named: str) -> int:
    with store.write() as conn:
        made = Silence(0, "seen", 0.0, 1e6, mode=mode, claims=claims, **named)  # type: ignore[arg-type]
        return silences.insert_silence(conn, made)


def test_a_mute_holds_until_the_facts_change(store: Store, say: Say) -> None:
    told = say(FERRIES)
    number = mute(store, SilenceMode.UNTIL_FACTS_CHANGE, FERRIES, story=told.story)

    further = say(FERRIES + ", and the crews went home for the night", at=200.0)
    assert [reason for reason, _ in became(further)] in ([], [Reason.MUTED])
    assert [reason for reason, _ in became(say(MORE_FERRIES, at=300.0))] == [Reason.SENT]
    with store.read() as conn:
        assert [one.mode for one in silences.all_silences(conn)] == [SilenceMode.UNTIL_FACTS_CHANGE]
        assert number == 1


@pytest.mark.parametrize(
    ("claim", "changed", "passes"),
    [
        ("Some 300 ferries are idle at Halvik", [], False),
        ("Some 400 ferries are idle at Halvik", [Change(ChangeKind.NUMBER, "300", "400")], True),
        ("Some 300 ferries are idle at Orsk", [Change(ChangeKind.PLACE, "Halvik", "Orsk")], True),
        ("Some 300 ferries are idle at Halvik, crews say", [Change(ChangeKind.ADDED, "", "crews say")], False),
    ],
)
def test_what_a_fact_is_that_moves(claim: str, changed: list[Change], passes: bool) -> None:
    before = PriorClaim("Some 300 ferries are idle at Halvik", "wire", "e", 0.0, "st")
    found = Finding(Claim(claim, Role.TITLE), Novelty.CHANGED, 90.0, tuple(changed), before, "st")
    assert has_new_facts(found, [before.text]) is passes
    assert repeats_any(found, [before.text]) is not passes


def test_what_is_new_against_the_ledger_but_moves_a_muted_figure_is_told() -> None:
    found = Finding(
        Claim("Around 900 ferries lie idle in the port of Halvik", Role.TITLE), Novelty.NEW, 0, (), None, "s"
    )
    assert has_new_facts(found, [FERRIES])
    assert not has_new_facts(found, [STORM])


def test_not_news_covers_the_like_and_nothing_else() -> None:
    again = Finding(Claim("About 300 ferries lie idle in Halvik port", Role.TITLE), Novelty.NEW, 0, (), None, "s")
    assert repeats_any(again, [STORM, "About 300 ferries lie idle in the port of Halvik"])
    assert not repeats_any(again, [MORE_FERRIES])
    assert not repeats_any(again, [STORM])


@pytest.mark.parametrize(
    ("mode", "reason"), [(SilenceMode.UNTIL_FACTS_CHANGE, Reason.MUTED), (SilenceMode.NOT_NEWS, Reason.NOT_NEWS)]
)
def test_a_rule_that_listens_to_repeats_is_spared_the_like_and_told_of_what_moves(
    store: Store, say: Say, mode: SilenceMode, reason: Reason
) -> None:
    more = "on: [new, changed, repeated]\n"
    say(FERRIES, more=more)
    number = mute(store, mode, FERRIES, rule="ferries")

    assert became(say(FERRIES, at=200.0, source="other", more=more)) == [(reason, f"silence {number}: seen")]
    assert [why for why, _ in became(say(MORE_FERRIES, at=300.0, more=more))] == [Reason.SENT]


def test_a_mute_of_one_rule_is_no_other_rules_business(store: Store, say: Say) -> None:
    mute(store, SilenceMode.NOT_NEWS, FERRIES, rule="other")
    assert [why for why, _ in became(say(FERRIES))] == [Reason.SENT]
