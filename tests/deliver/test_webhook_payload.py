"""Alerts as JSON: the contract's shape, and back again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import NOON, make_alert, make_alert_finding, make_figure_finding, make_message, make_prior_claim

from monitor.deliver.webhook_payload import webhook_payload
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty, Severity
from monitor.serialize import alert_from_json, alert_to_json, format_iso, parse_iso

MOMENTS = st.integers(-62135596800 * 10**6, 253402300799 * 10**6).map(lambda us: us / 10**6)
TEXT = st.text(max_size=40)
EARLIER = make_prior_claim("Earlier.", title="T", heading="H", withdrawn_at=NOON, url="https://wire.example/1")

FINDINGS = st.builds(
    AlertFinding,
    claim=TEXT,
    novelty=st.sampled_from(Novelty),
    similarity=st.floats(0, 100),
    matched=st.lists(TEXT, max_size=3).map(tuple),
    source=TEXT,
    entry=TEXT,
    entry_url=TEXT,
    published=st.integers(0, 4 * 10**9).map(float),
    nearest=st.none() | st.just(EARLIER),
    also_said_by=st.sampled_from([(), (EARLIER,)]),
    changes=st.lists(st.builds(Change, st.sampled_from(ChangeKind), TEXT, TEXT), max_size=3).map(tuple),
)
ALERTS = st.builds(
    Alert,
    id=TEXT,
    rule=TEXT,
    title=TEXT,
    severity=st.sampled_from(Severity),
    story=TEXT,
    reason=TEXT,
    url=TEXT,
    at=st.integers(0, 4 * 10**9).map(float),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    since_last=st.none() | TEXT,
)


@given(ALERTS)
def test_an_alert_survives_being_kept_as_json(alert: Alert) -> None:
    assert alert_from_json(json.loads(json.dumps(alert_to_json(alert)))) == alert


@given(MOMENTS)
def test_a_moment_survives_as_iso_text_to_the_microsecond(at: float) -> None:
    assert parse_iso(format_iso(at)) == pytest.approx(at, abs=2e-6)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1767225600.0, "2026-01-01T00:00:00Z"),
        (NOON + 0.25, "2024-12-14T12:00:00.250000Z"),
        (-1e15, "0001-01-01T00:00:00Z"),
        (1e15, "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_iso_in_utc_and_stay_within_the_calendar(at: float, text: str) -> None:
    assert format_iso(at) == text


def test_the_payload_has_every_key_of_the_contract() -> None:
    data = webhook_payload(make_message())

    assert data.keys() >= {
        "id", "since_last", "rule", "title", "severity", "story", "reason", "url", "findings"
    }  # fmt: skip
    assert data["findings"][0].keys() >= {
        "claim", "novelty", "similarity", "matched", "source", "entry", "entry_url", "published", "nearest", "changes"
    }  # fmt: skip
    assert data["findings"][0]["nearest"].keys() >= {"text", "source", "at"}
    assert data["findings"][0]["changes"] == [{"kind": "number", "before": "Around 3,000", "after": "Up to 12,000"}]
    assert data["findings"][0]["published"] == "2024-12-14T11:00:00Z"


def test_the_payload_is_of_the_first_alert_and_names_every_rule_once() -> None:
    both = make_message(
        make_alert(),
        make_alert(make_alert_finding("Other."), id="a2", rule="other"),
        make_alert(id="a3", rule="other"),
    )

    data = webhook_payload(both)

    assert (data["id"], data["rules"]) == ("a1", ["dprk-deployment", "other"])
    assert [one["id"] for one in data["alerts"]] == ["a1", "a2", "a3"]
    assert make_figure_finding().claim == data["findings"][0]["claim"]


def test_findings_of_a_message_are_those_of_all_its_alerts_each_once() -> None:
    first, second = (
        make_alert(make_figure_finding()),
        make_alert(make_figure_finding(), make_alert_finding("A bridge fell."), id="a2"),
    )
    data = webhook_payload(make_message(first, second))

    assert [finding["claim"] for finding in data["findings"]] == [make_figure_finding().claim, "A bridge fell."]


def test_a_storm_is_a_body_that_receivers_take_and_says_what_it_left_out() -> None:
    few = webhook_payload(
        make_message(*[make_alert(make_alert_finding(f"Ship {n} sank."), id=f"a{n}") for n in range(300)])
    )
    assert (len(few["alerts"]), few["more"], few["left_out"]) == (200, 100, 0)

    text = "Ships sank off the coast. " * 80
    many = [make_alert_finding(f"{n} {text}", nearest=make_prior_claim(text)) for n in range(3000)]
    large = webhook_payload(make_message(*[make_alert(*many[n * 10 : n * 10 + 10], id=f"a{n}") for n in range(300)]))
    assert len(json.dumps(large, ensure_ascii=False).encode()) < 1_000_000
    assert large["more"] == 300 - len(large["alerts"])
    assert large["left_out"] == 10 * len(large["alerts"]) - len(large["findings"]) < 10

    alone = webhook_payload(make_message(make_alert(*many)))
    assert len(json.dumps(alone, ensure_ascii=False).encode()) < 1_000_000
    assert alone["left_out"] == 3000 - len(alone["findings"])
    assert webhook_payload(make_message(make_alert(make_alert_finding("x" * 600_000))))["left_out"] == 0
