"""Finding the sources of a claim in these or other words."""

from __future__ import annotations

from kit.builders import (
    add_sources,
    commit_texts,
    drain_channel,
    example_alert,
    example_finding,
    example_message,
    example_prior,
    sent_decision,
)

from monitor.model import Novelty
from monitor.store.base import Store
from monitor.store.commit import enqueue_notices
from monitor.store.corroboration import claim_clusters, prior_claims
from monitor.store.outbox import MAX_ALERTS_WITH_SOURCES, load_alerts
from monitor.store.reports.alerts import load_alert_page

BRIDGES = "Three bridges are closed."
LONG_CLAIM = (
    BRIDGES.rstrip(".")
    + " to lorries and buses until the engineers of the county have looked at each of their piers,"
    " which were under water for most of a week, the road office of Halvik said."
)
BRIDGES_REWORDED = "The bridges, three of them, are shut."


def commit_repeat(
    store: Store, source: str, text: str, at: float = 100.0, of: str = BRIDGES, **options: object
) -> None:
    """Commit an update of `source` that repeats a claim of the wire in other words."""
    findings = [example_finding(text, Novelty.REPEATED, nearest=example_prior("wire", of))]
    commit_texts(store, [text], at, source=source, entry=source, findings=findings, **options)


def sources(store: Store, *texts: str) -> list[str]:
    with store.read() as conn:
        return [prior.source for prior in prior_claims(conn, texts)]


def test_the_sources_of_a_claim_in_these_or_other_words_are_found(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."])
    commit_repeat(store, "press", BRIDGES_REWORDED)

    assert sources(store, BRIDGES) == sources(store, BRIDGES_REWORDED) == ["wire", "press"]
    assert sources(store, "Schools stay open.") == ["wire"]
    assert sources(store, "Nobody said this.") == sources(store) == []


def test_a_changed_claim_does_not_confirm_the_earlier_one(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    changed = example_finding("Four bridges are closed.", Novelty.CHANGED, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, ["Four bridges are closed."], source="press", entry="p1", findings=[changed])

    assert sources(store, BRIDGES) == ["wire"]


def test_only_the_first_sayings_of_a_common_claim_are_read(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    papers = [f"paper{number}" for number in range(40)]
    add_sources(store, "press", *papers)
    for paper in papers:
        commit_repeat(store, paper, BRIDGES)
    commit_repeat(store, "press", BRIDGES_REWORDED)

    names = sources(store, BRIDGES)
    assert (len(names), names[0], names[-1]) == (33, "wire", "press")


def test_each_text_gets_its_own_cluster(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."])
    with store.read() as conn:
        clusters = claim_clusters(conn, [BRIDGES, "THREE BRIDGES ARE CLOSED", "Schools stay open."])
    assert {text: [prior.text for prior in cluster] for text, cluster in clusters.items()} == {
        BRIDGES: [BRIDGES],
        "THREE BRIDGES ARE CLOSED": [BRIDGES],
        "Schools stay open.": ["Schools stay open."],
    }


def test_a_message_names_the_other_sources_known_when_it_is_sent(store: Store) -> None:
    add_sources(store, "press", "copy")
    alert = example_alert(text=LONG_CLAIM)
    commit_texts(store, [LONG_CLAIM], decisions=[sent_decision(alert)], messages=[example_message("m1", alert)])
    commit_repeat(store, "press", BRIDGES_REWORDED, at=150.0, of=LONG_CLAIM)
    commit_repeat(store, "copy", LONG_CLAIM, at=160.0)

    [sent] = drain_channel(store, "desk", 200.0)
    [other_source] = sent.alerts[0].findings[0].also_said_by
    assert (other_source.source, other_source.at, other_source.url) == ("press", 150.0, "https://press.example/press")
    with store.read() as conn:
        assert [row.alert for row in load_alert_page(conn)] == list(sent.alerts)


def test_other_sources_are_looked_up_for_a_limited_number_of_alerts(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    commit_repeat(store, "press", BRIDGES_REWORDED)
    alerts = [example_alert(f"al-{n}", BRIDGES) for n in range(MAX_ALERTS_WITH_SOURCES + 2)]
    with store.write() as conn:
        enqueue_notices(conn, [example_message("m1", *alerts)])
        loaded = load_alerts(conn, "m1")
    has_other_source = [bool(alert.findings[0].also_said_by) for alert in loaded]
    assert has_other_source == [True] * MAX_ALERTS_WITH_SOURCES + [False] * 2
