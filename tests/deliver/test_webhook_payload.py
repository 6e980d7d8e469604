"""Alerts as JSON: the documented shape, round trips, and limits."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import NOON, make_alert, make_alert_finding, make_figure_finding, make_message, make_prior_claim

from monitor.deliver.webhook_payload import webhook_payload
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty, Severity
from monitor.serialize import alert_from_json, alert_to_json, format_iso, parse_iso

MOMENTS = st.integers(-62135596800 * 10**6, 253402300799 * 10**6).map(lambda us: us / 10**6)
TEXT = st.text(max_size=40)
PRIOR_CLAIM = make_prior_claim("Earlier.", title="T", heading="H", withdrawn_at=NOON, url="https://wire.example/1")

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
    nearest=st.none() | st.just(PRIOR_CLAIM),
    also_said_by=st.sampled_from([(), (PRIOR_CLAIM,)]),
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
def test_an_alert_round_trips_through_json(alert: Alert) -> None:
    assert alert_from_json(json.loads(json.dumps(alert_to_json(alert)))) == alert


@given(MOMENTS)
def test_a_moment_round_trips_through_iso_text_to_the_microsecond(at: float) -> None:
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
def test_times_are_iso_in_utc_and_clamped_to_the_calendar(at: float, text: str) -> None:
    assert format_iso(at) == text


def test_the_payload_has_every_documented_key() -> None:
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


def test_the_payload_is_the_first_alert_and_lists_every_rule_once() -> None:
    message = make_message(
        make_alert(),
        make_alert(make_alert_finding("Other."), id="a2", rule="other"),
        make_alert(id="a3", rule="other"),
    )

    data = webhook_payload(message)

    assert (data["id"], data["rules"]) == ("a1", ["dprk-deployment", "other"])
    assert [alert["id"] for alert in data["alerts"]] == ["a1", "a2", "a3"]
    assert make_figure_finding().claim == data["findings"][0]["claim"]


def test_the_findings_of_a_message_are_those_of_all_alerts_without_duplicates() -> None:
    first, second = (
        make_alert(make_figure_finding()),
        make_alert(make_figure_finding(), make_alert_finding("A bridge fell."), id="a2"),
    )
    data = webhook_payload(make_message(first, second))

    assert [finding["claim"] for finding in data["findings"]] == [make_figure_finding().claim, "A bridge fell."]


def test_a_flood_stays_below_a_megabyte_and_counts_what_was_omitted() -> None:
    many_alerts = webhook_payload(
        make_message(*[make_alert(make_alert_finding(f"Ship {n} sank."), id=f"a{n}") for n in range(300)])
    )
    assert (len(many_alerts["alerts"]), many_alerts["more"], many_alerts["left_out"]) == (200, 100, 0)

    text = "Ships sank off the coast. " * 80
    findings = [make_alert_finding(f"{n} {text}", nearest=make_prior_claim(text)) for n in range(3000)]
    large_alerts = webhook_payload(
        make_message(*[make_alert(*findings[n * 10 : n * 10 + 10], id=f"a{n}") for n in range(300)])
    )
    assert len(json.dumps(large_alerts, ensure_ascii=False).encode()) < 1_000_000
    assert large_alerts["more"] == 300 - len(large_alerts["alerts"])
    assert large_alerts["left_out"] == 10 * len(large_alerts["alerts"]) - len(large_alerts["findings"]) < 10

    large_alert = webhook_payload(make_message(make_alert(*findings)))
    assert len(json.dumps(large_alert, ensure_ascii=False).encode()) < 1_000_000
    assert large_alert["left_out"] == 3000 - len(large_alert["findings"])
    assert webhook_payload(make_message(make_alert(make_alert_finding("x" * 600_000))))["left_out"] == 0


def test_an_alert_has_its_headline_and_the_address_of_its_page() -> None:
    finding = replace(make_alert_finding("The ferry sank off Selby."), entry_title="Harbor news", heading="Ferries")
    message = make_message(make_alert(finding))
    data = webhook_payload(message, "https://monitor.example/base/")

    assert data["headline"] == data["alerts"][0]["headline"] == "The ferry sank off Selby"
    assert data["web_url"] == f"https://monitor.example/base/alerts/{message.alerts[0].id}"
    assert (data["findings"][0]["entry_title"], data["findings"][0]["heading"]) == ("Harbor news", "Ferries")
    assert webhook_payload(message)["web_url"] is None
