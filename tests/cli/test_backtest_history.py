"""What a back-test remembers of the alerts that it holds."""

from __future__ import annotations

from dataclasses import replace

from kit.builders import example_alert, example_finding

from monitor.backtest.run import InMemoryHistory
from monitor.model import Decision, Match, Novelty, PriorClaim, Reason, Update

DAM, SAME_IN_OTHER_WORDS = "The Halvik dam failed.", "Halvik's dam has failed."
UPDATE = Update("daily", "e1", 10.0, "", "", "")


def held(history: InMemoryHistory, text: str, reason: Reason, until: float | None = None) -> None:
    pending = example_alert(text=text)
    history.hold_back(Decision(Match("r", (0,), ()), reason, pending_alert=pending, throttled_until=until), 1)


def repeats(text: str, earlier: str) -> object:
    prior = PriorClaim(earlier, "wire", "e0", 0.0, "st-1")
    return replace(example_finding(text), novelty=Novelty.REPEATED, nearest=prior)


def claims_confirmed(history: InMemoryHistory, text: str) -> list[str]:
    return [match.alert.findings[0].claim for match in history.pending_for([text])]


def test_a_held_match_is_found_by_its_words_and_by_what_repeats_them() -> None:
    history = InMemoryHistory()
    held(history, DAM, Reason.AWAITING_CORROBORATION)
    held(history, "The weir failed.", Reason.AWAITING_CORROBORATION)
    held(history, DAM, Reason.THROTTLED, until=60.0)
    assert claims_confirmed(history, DAM) == [DAM]
    assert claims_confirmed(history, SAME_IN_OTHER_WORDS) == []
    history.record_findings(UPDATE, [repeats(SAME_IN_OTHER_WORDS, DAM)])  # type: ignore[list-item]
    assert claims_confirmed(history, SAME_IN_OTHER_WORDS) == [DAM]
    history.release([1])
    assert claims_confirmed(history, DAM) == []


def test_a_match_that_repeats_another_claim_since_it_was_held_is_found_by_that_claim() -> None:
    history = InMemoryHistory()
    held(history, SAME_IN_OTHER_WORDS, Reason.AWAITING_CORROBORATION)
    history.record_findings(UPDATE, [repeats(SAME_IN_OTHER_WORDS, DAM)])  # type: ignore[list-item]
    assert claims_confirmed(history, DAM) == [SAME_IN_OTHER_WORDS]
    assert claims_confirmed(history, SAME_IN_OTHER_WORDS) == [SAME_IN_OTHER_WORDS]


def test_throttled_matches_are_due_once_their_window_has_ended() -> None:
    history = InMemoryHistory()
    held(history, DAM, Reason.THROTTLED, until=60.0)
    held(history, DAM, Reason.THROTTLED, until=90.0)
    assert [match.id for match in history.due_matches(60.0)] == [1]
    history.release([1])
    assert [match.id for match in history.due_matches(90.0)] == [2]
