"""Alerts as JSON: the documented shape, round trips, and limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import NOON, make_alert, make_alert_finding, make_figure_finding, make_message, make_prior_claim

from monitor.deliver.webhook_payload import split_into_posts, webhook_payload
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
    counted=TEXT,
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


def ids(alerts: Iterable[Alert]) -> list[str]:
    return [alert.id for alert in alerts]


def payload_bytes(data: object) -> int:
    return len(json.dumps(data, ensure_ascii=False).encode())


LONG_TEXT = "Ships sank off the coast. " * 80
PRIOR_CLAIMS = tuple(make_prior_claim(f"{number} {LONG_TEXT}") for number in range(20))


def long_findings(count: int) -> list[AlertFinding]:
    return [make_alert_finding(f"{n} {LONG_TEXT}", nearest=make_prior_claim(LONG_TEXT)) for n in range(count)]


def test_a_post_has_at_most_200_alerts() -> None:
    alerts = [make_alert(make_alert_finding(f"Ship {n} sank."), id=f"a{n}") for n in range(450)]
    groups = split_into_posts(alerts)

    assert [len(group) for group in groups] == [200, 200, 50]
    assert ids(chain(*groups)) == ids(alerts)
    assert split_into_posts(alerts[:200]) == [alerts[:200]]


def test_a_post_is_below_a_megabyte_without_omitting_an_alert_or_a_finding() -> None:
    findings = long_findings(3000)
    alerts = [make_alert(*findings[n * 10 : n * 10 + 10], id=f"a{n}") for n in range(300)]
    groups = split_into_posts(alerts)
    payloads = [webhook_payload(make_message(*group)) for group in groups]

    assert len(groups) > 20
    assert max(payload_bytes(data) for data in payloads) < 1_000_000
    assert [alert["id"] for data in payloads for alert in data["alerts"]] == ids(alerts)
    assert {data["left_out"] for data in payloads} == {0}
    assert [finding["claim"] for data in payloads for finding in data["findings"]] == [f.claim for f in findings]


def test_addresses_and_titles_count_as_well() -> None:
    address, title = f"https://wire.example/{'x' * 1800}", "ж" * 190
    alerts = [
        make_alert(make_alert_finding("A ship sank."), id=f"a{n}", url=address, title=title) for n in range(900)
    ]
    groups = split_into_posts(alerts)

    assert len(groups) > 5
    assert max(payload_bytes(webhook_payload(make_message(*group))) for group in groups) < 1_000_000


def test_a_post_names_how_many_alerts_follow() -> None:
    assert webhook_payload(make_message())["more"] == 0
    assert webhook_payload(replace(make_message(), following_alerts=7))["more"] == 7


def test_the_most_severe_alerts_are_in_the_first_post() -> None:
    alerts = [make_alert(id=f"a{n}", severity=Severity.HIGH if n >= 400 else Severity.LOW) for n in range(500)]
    groups = split_into_posts(alerts)

    assert ids(groups[0]) == ids([*alerts[400:], *alerts[:100]])
    assert ids(chain(*groups[1:])) == ids(alerts[100:400])


def test_an_alert_with_more_findings_than_fit_has_a_post_of_its_own_that_counts_them() -> None:
    large, small = make_alert(*long_findings(3000), id="large"), make_alert(id="small")
    data = webhook_payload(make_message(large))

    assert split_into_posts([small, large, small]) == [[small], [large], [small]]
    assert payload_bytes(data) < 1_000_000
    assert data["left_out"] == 3000 - len(data["findings"]) > 0
    assert webhook_payload(make_message(make_alert(make_alert_finding("x" * 600_000))))["left_out"] == 0


def test_other_sources_that_were_found_since_do_not_change_the_posts_and_only_fill_them() -> None:
    alerts = [make_alert(*long_findings(5), id=f"a{n}") for n in range(60)]
    with_sources = [
        replace(alert, findings=tuple(replace(finding, also_said_by=PRIOR_CLAIMS) for finding in alert.findings))
        for alert in alerts
    ]
    groups = split_into_posts(with_sources)

    assert [ids(group) for group in groups] == [ids(group) for group in split_into_posts(alerts)]
    for group in groups:
        data = webhook_payload(make_message(*group))
        sources = [len(finding["also_said_by"]) for alert in data["alerts"] for finding in alert["findings"]]
        assert payload_bytes(data) < 1_000_000
        assert (len(data["alerts"]), data["left_out"]) == (len(group), 0)
        assert set(sources) == {20, 0}
        assert sources[0] == 20
    few = webhook_payload(make_message(*with_sources[:1]))
    assert [len(finding["also_said_by"]) for finding in few["findings"]] == [20] * 5


@given(
    st.lists(st.tuples(st.sampled_from(Severity), st.integers(0, 3), st.sampled_from([0, 60_000, 399_000, 500_000])))
)
def test_every_alert_is_in_one_group_and_a_group_is_not_split_again(shapes: list[tuple[Severity, int, int]]) -> None:
    alerts = [
        make_alert(*[make_alert_finding("x" * size)] * count, id=f"a{number}", severity=severity)
        for number, (severity, count, size) in enumerate(shapes)
    ]
    groups = split_into_posts(alerts)

    assert sorted(ids(chain(*groups))) == sorted(ids(alerts))
    if alerts:
        assert all(split_into_posts(group[::-1]) == [sorted_by_severity(group[::-1])] for group in groups)


def sorted_by_severity(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: -alert.severity.rank)


def test_an_alert_has_its_headline_and_the_address_of_its_page() -> None:
    finding = replace(make_alert_finding("The ferry sank off Selby."), entry_title="Harbor news", heading="Ferries")
    message = make_message(make_alert(finding))
    data = webhook_payload(message, "https://monitor.example/base/")

    assert data["headline"] == data["alerts"][0]["headline"] == "The ferry sank off Selby"
    assert data["web_url"] == f"https://monitor.example/base/alerts/{message.alerts[0].id}"
    assert (data["findings"][0]["entry_title"], data["findings"][0]["heading"]) == ("Harbor news", "Ferries")
    assert webhook_payload(message)["web_url"] is None
