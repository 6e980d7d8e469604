"""The other pages of an announcement, and the evidence of findings, as stored."""

from __future__ import annotations

from dataclasses import replace

from kit.builders import add_sources, commit_texts, example_alert, example_finding

from monitor.evidence import Basis, Evidence
from monitor.model import Novelty
from monitor.store.base import Store
from monitor.store.bundles import with_other_pages
from monitor.store.history import findings_of_updates

BRIDGES = "Three bridges are closed."


def commit_page(store: Store, entry: str, text: str = BRIDGES, *, bundle: str = "", **options: str) -> None:
    """Commit an update of a page with one claim."""
    finding = replace(example_finding(text, story=options.get("story", "st-1")), bundle=bundle)
    commit_texts(store, [text], entry=entry, title=f"Roads of {entry}", findings=[finding], **options)


def pages(store: Store, *, bundle: str = "", story: str = "st-1") -> list[str]:
    """The titles of the other pages of an alert about BRIDGES on page e1."""
    alert = example_alert(text=BRIDGES, story=story)
    finding = replace(alert.findings[0], bundle=bundle, story=story)
    with store.read() as conn:
        (shown,) = with_other_pages(conn, [replace(alert, findings=(finding,))])
    return [page.title for page in shown.findings[0].also_on]


def test_pages_of_one_bundle_are_named_whatever_their_story(store: Store) -> None:
    add_sources(store, "wire")
    commit_page(store, "e1", bundle="bu-1", story="st-1")
    commit_page(store, "ostra", bundle="bu-1", story="st-2")
    commit_page(store, "velden", bundle="bu-2", story="st-3")
    assert pages(store, bundle="bu-1") == ["Roads of ostra"]


def test_pages_with_the_same_words_in_one_story_are_named(store: Store) -> None:
    add_sources(store, "wire")
    for entry in ("e1", "ostra", "velden"):
        commit_page(store, entry)
    commit_page(store, "korsby", "Two bridges are closed.")
    commit_page(store, "lindal", story="st-2")
    assert pages(store) == ["Roads of ostra", "Roads of velden"]


def test_a_page_that_repeats_or_is_of_another_source_is_not_named(store: Store) -> None:
    add_sources(store, "wire", "desk")
    commit_page(store, "e1")
    repeated = [example_finding(BRIDGES, Novelty.REPEATED)]
    commit_texts(store, [BRIDGES], entry="ostra", findings=repeated)
    commit_texts(store, [BRIDGES], entry="velden", source="desk")
    assert pages(store) == []


def test_evidence_and_bundle_are_stored(store: Store) -> None:
    add_sources(store, "wire")
    evidence = Evidence(Basis.NOT_ALL_SAID, ("annulled",), "Bridges were closed.", ("Roads are open.",))
    finding = replace(example_finding(BRIDGES), evidence=evidence, bundle="bu-1")
    commit_texts(store, [BRIDGES], findings=[finding])
    with store.read() as conn:
        assert findings_of_updates(conn, [1], list(Novelty))[1] == [finding]


def test_many_alerts_are_completed_together_each_with_its_own_pages(store: Store) -> None:
    add_sources(store, "wire")
    commit_page(store, "e1", bundle="bu-1", story="st-1")
    commit_page(store, "ostra", bundle="bu-1", story="st-2")
    commit_page(store, "velden", "Two piers are closed.", story="st-1")
    commit_page(store, "korsby", "Two piers are closed.", story="st-1")
    alert = example_alert(text=BRIDGES, story="st-1")
    bundled = replace(alert.findings[0], bundle="bu-1", story="st-1")
    piers = replace(alert.findings[0], claim="Two piers are closed.", entry="velden", story="st-1")
    alone = replace(alert.findings[0], claim="One pier is closed.", story="st-1")
    with store.read() as conn:
        shown = with_other_pages(conn, [replace(alert, findings=(found,)) for found in (bundled, piers, alone)])
    assert [[page.title for page in found.findings[0].also_on] for found in shown] == [
        ["Roads of ostra"],
        ["Roads of korsby"],
        [],
    ]
