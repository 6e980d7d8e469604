"""Who says a claim, in these or other words."""

from __future__ import annotations

from kit.saying import alert, commit, configured, finding, message, said_by, sends, taken_by

from monitor.model import Novelty
from monitor.store import Store, reports
from monitor.store.families import families, sayings_of
from monitor.store.outbox import HEARD_OF, carried
from monitor.store.record import tell

BRIDGES = "Three bridges are closed."
CLOSED = (
    BRIDGES.rstrip(".")
    + " to lorries and buses until the engineers of the county have looked at each of their piers,"
    " which were under water for most of a week, the road office of Halvik said."
)
OTHERWISE = "The bridges, three of them, are shut."


def repeats(store: Store, source: str, text: str, at: float = 100.0, of: str = BRIDGES, **given: object) -> None:
    """A source says what the wire said."""
    found = [finding(text, Novelty.REPEATED, nearest=said_by("wire", of))]
    commit(store, [text], at, source=source, entry=source, findings=found, **given)


def sources(store: Store, *texts: str) -> list[str]:
    with store.read() as conn:
        return [said.source for said in sayings_of(conn, texts)]


def test_who_says_a_claim_in_these_or_other_words_is_found(store: Store) -> None:
    commit(store, [BRIDGES, "Schools stay open."])
    repeats(store, "press", OTHERWISE)

    assert sources(store, BRIDGES) == sources(store, OTHERWISE) == ["wire", "press"]
    assert sources(store, "Schools stay open.") == ["wire"]
    assert sources(store, "Nobody said this.") == sources(store) == []


def test_a_changed_claim_is_no_evidence_for_the_one_before(store: Store) -> None:
    commit(store, [BRIDGES])
    changed = finding("Four bridges are closed.", Novelty.CHANGED, nearest=said_by("wire", BRIDGES))
    commit(store, ["Four bridges are closed."], source="press", entry="p1", findings=[changed])

    assert sources(store, BRIDGES) == ["wire"]


def test_of_what_thousands_say_the_first_are_read(store: Store) -> None:
    commit(store, [BRIDGES])
    papers = [f"paper{number}" for number in range(40)]
    configured(store, "press", *papers)
    for paper in papers:
        repeats(store, paper, BRIDGES)
    repeats(store, "press", OTHERWISE)

    found = sources(store, BRIDGES)
    assert (len(found), found[0], found[-1]) == (33, "wire", "press")


def test_each_text_has_its_own_family(store: Store) -> None:
    commit(store, [BRIDGES, "Schools stay open."])
    with store.read() as conn:
        found = families(conn, [BRIDGES, "THREE BRIDGES ARE CLOSED", "Schools stay open."])
    assert {text: [said.text for said in family] for text, family in found.items()} == {
        BRIDGES: [BRIDGES],
        "THREE BRIDGES ARE CLOSED": [BRIDGES],
        "Schools stay open.": ["Schools stay open."],
    }


def test_a_message_says_who_else_says_so_when_it_is_sent(store: Store) -> None:
    configured(store, "press", "copy")
    told = alert(text=CLOSED)
    commit(store, [CLOSED], decisions=[sends(told)], messages=[message("m1", told)])
    repeats(store, "press", OTHERWISE, at=150.0, of=CLOSED)
    repeats(store, "copy", CLOSED, at=160.0)

    [sent] = taken_by(store, "desk", 200.0)
    [also] = sent.alerts[0].findings[0].also_said_by
    assert (also.source, also.at, also.url) == ("press", 150.0, "https://press.example/press")
    with store.read() as conn:
        assert [row.alert for row in reports.alerts(conn)] == list(sent.alerts)


def test_of_very_many_alerts_the_first_are_looked_up(store: Store) -> None:
    commit(store, [BRIDGES])
    repeats(store, "press", OTHERWISE)
    many = [alert(f"al-{n}", BRIDGES) for n in range(HEARD_OF + 2)]
    with store.write() as conn:
        tell(conn, [message("m1", *many)])
        told = carried(conn, "m1")
    assert [bool(one.findings[0].also_said_by) for one in told] == [True] * HEARD_OF + [False] * 2
