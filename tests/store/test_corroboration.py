"""Who says a claim, in these or other words."""

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
CLOSED = (
    BRIDGES.rstrip(".")
    + " to lorries and buses until the engineers of the county have looked at each of their piers,"
    " which were under water for most of a week, the road office of Halvik said."
)
OTHERWISE = "The bridges, three of them, are shut."


def repeats(store: Store, source: str, text: str, at: float = 100.0, of: str = BRIDGES, **given: object) -> None:
    """A source says what the wire said."""
    found = [example_finding(text, Novelty.REPEATED, nearest=example_prior("wire", of))]
    commit_texts(store, [text], at, source=source, entry=source, findings=found, **given)


def sources(store: Store, *texts: str) -> list[str]:
    with store.read() as conn:
        return [said.source for said in prior_claims(conn, texts)]


def test_who_says_a_claim_in_these_or_other_words_is_found(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."])
    repeats(store, "press", OTHERWISE)

    assert sources(store, BRIDGES) == sources(store, OTHERWISE) == ["wire", "press"]
    assert sources(store, "Schools stay open.") == ["wire"]
    assert sources(store, "Nobody said this.") == sources(store) == []


def test_a_changed_claim_is_no_evidence_for_the_one_before(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    changed = example_finding("Four bridges are closed.", Novelty.CHANGED, nearest=example_prior("wire", BRIDGES))
    commit_texts(store, ["Four bridges are closed."], source="press", entry="p1", findings=[changed])

    assert sources(store, BRIDGES) == ["wire"]


def test_of_what_thousands_say_the_first_are_read(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    papers = [f"paper{number}" for number in range(40)]
    add_sources(store, "press", *papers)
    for paper in papers:
        repeats(store, paper, BRIDGES)
    repeats(store, "press", OTHERWISE)

    found = sources(store, BRIDGES)
    assert (len(found), found[0], found[-1]) == (33, "wire", "press")


def test_each_text_has_its_own_family(store: Store) -> None:
    commit_texts(store, [BRIDGES, "Schools stay open."])
    with store.read() as conn:
        found = claim_clusters(conn, [BRIDGES, "THREE BRIDGES ARE CLOSED", "Schools stay open."])
    assert {text: [said.text for said in family] for text, family in found.items()} == {
        BRIDGES: [BRIDGES],
        "THREE BRIDGES ARE CLOSED": [BRIDGES],
        "Schools stay open.": ["Schools stay open."],
    }


def test_a_message_says_who_else_says_so_when_it_is_sent(store: Store) -> None:
    add_sources(store, "press", "copy")
    told = example_alert(text=CLOSED)
    commit_texts(store, [CLOSED], decisions=[sent_decision(told)], messages=[example_message("m1", told)])
    repeats(store, "press", OTHERWISE, at=150.0, of=CLOSED)
    repeats(store, "copy", CLOSED, at=160.0)

    [sent] = drain_channel(store, "desk", 200.0)
    [also] = sent.alerts[0].findings[0].also_said_by
    assert (also.source, also.at, also.url) == ("press", 150.0, "https://press.example/press")
    with store.read() as conn:
        assert [row.alert for row in load_alert_page(conn)] == list(sent.alerts)


def test_of_very_many_alerts_the_first_are_looked_up(store: Store) -> None:
    commit_texts(store, [BRIDGES])
    repeats(store, "press", OTHERWISE)
    many = [example_alert(f"al-{n}", BRIDGES) for n in range(MAX_ALERTS_WITH_SOURCES + 2)]
    with store.write() as conn:
        enqueue_notices(conn, [example_message("m1", *many)])
        told = load_alerts(conn, "m1")
    assert [bool(one.findings[0].also_said_by) for one in told] == [True] * MAX_ALERTS_WITH_SOURCES + [False] * 2
