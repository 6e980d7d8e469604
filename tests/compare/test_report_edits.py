"""Edits of an entry, rows of a series, and the stages of an incident."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim

from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules


def revised(before: str, after: str, title: str = "Notes") -> dict[str, dict[str, Any]]:
    """Return the findings of an edit of a page."""
    return ReplayStream().say("page", "a", before, title=title).say("page", "a", after, title=title).last_findings()


@pytest.mark.parametrize(
    ("titles", "shared", "old", "new", "change"),
    [
        pytest.param(
            ("Lumo mail gateway", "Vintra camera"),
            "Severity: High",
            "Known ransomware use: Unknown",
            "Known ransomware use: Yes",
            ("Unknown", "Yes"),
            id="vulnerability",
        ),
        pytest.param(
            ("Vintra syrup", "Hill Farm cheese"),
            "Hazard: Glass",
            "Remedy: Pending",
            "Remedy: Refund",
            ("Pending", "Refund"),
            id="recall",
        ),
        pytest.param(
            ("Halvik line", "Marnholm line"),
            "",
            "The evening ferry is cancelled because of ice.",
            "The evening ferry sails on schedule.",
            ("cancelled because of ice", "sails on schedule"),
            id="shipping",
        ),
        pytest.param(
            ("Ward 3", "Ward 5"),
            "",
            "Visitors are not admitted to the ward.",
            "Visitors are admitted to the ward.",
            ("not", ""),
            id="health",
        ),
    ],
)
def test_an_edit_is_changed_although_another_entry_has_the_new_words(
    titles: tuple[str, str], shared: str, old: str, new: str, change: tuple[str, str]
) -> None:
    stream = ReplayStream().say("source", "a", f"{shared}\n{new}", title=titles[0])
    stream.say("source", "b", f"{shared}\n{old}", title=titles[1], hours_later=2 * DAY_HOURS)
    stream.say("source", "b", f"{shared}\n{new}", title=titles[1], hours_later=DAY_HOURS)

    finding = stream.last_findings()[new]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", old)
    assert [(one["before"], one["after"]) for one in finding["changes"]] == [change]


@pytest.mark.parametrize(
    ("title", "days", "nearest"),
    [
        pytest.param(
            "Flu figures of {} March",
            ("Hospital admissions – 310 (+12)", "Hospital admissions – 318 (+8)", "Hospital admissions – 330 (+12)"),
            "Hospital admissions – 318 (+8)",
            id="health",
        ),
        pytest.param(
            "Losses by {} March",
            ("Trucks: 410 (+5)", "Trucks: 412 (+2)", "Trucks: 417 (+5)"),
            "Trucks: 412 (+2)",
            id="war",
        ),
        pytest.param(
            "Reservoir levels on {} March",
            tuple(
                f"<table><tr><td>Orre</td><td>{level}</td></tr><tr><td>Lindal</td><td>415</td></tr></table>"
                for level in (415, 412, 415)
            ),
            "Orre | 412",
            id="table, weather",
        ),
    ],
)
def test_a_row_is_changed_after_the_latest_row_with_its_label(
    title: str, days: tuple[str, ...], nearest: str
) -> None:
    stream = ReplayStream()
    for day, row in enumerate(days, 1):
        stream.say("series", f"2026-03-{day:02}", row, title=title.format(day), hours_later=DAY_HOURS)

    (finding,) = [
        one for one in stream.last_findings().values() if one["nearest"] and one["nearest"]["text"] == nearest
    ]
    assert finding["novelty"] == "changed"


@pytest.mark.parametrize("row", ["Deaths – 9 (+0)", "Boats: 12", "Gate 4: open"])
def test_a_row_with_an_unmoved_value_is_repeated(row: str) -> None:
    stream = ReplayStream().say("series", "2026-03-01", row, title="Figures of 1 March")
    stream.say("series", "2026-03-02", row, title="Figures of 2 March", hours_later=DAY_HOURS)
    assert stream.last_findings()[row]["novelty"] == "repeated"


@pytest.mark.parametrize(
    ("kept", "removed", "added"),
    [
        pytest.param(
            "The flood warning for Lower Velden remains in force.",
            "Residents of Lindal must leave their homes before nightfall.",
            "The coast road is closed between Halvik and the quarry.",
            id="flood",
        ),
        pytest.param(
            "Brennhof AG employs another auditor.",
            "The warehouse in Ostra will be sold to a rival in spring.",
            "A lawsuit by former drivers was settled out of court.",
            id="company",
        ),
        pytest.param(
            "Korsby hosts the winter games.",
            "Tickets for the slalom are sold out.",
            "The figure skaters train in the old hall.",
            id="sport",
        ),
        pytest.param(
            "Boil tap water in Velden.",
            "The clinic in Sarna has no vaccine against rabies.",
            "A mobile laboratory is parked at the town hall.",
            id="health",
        ),
    ],
)
def test_an_edit_pairs_no_unlike_sentences(kept: str, removed: str, added: str) -> None:
    assert novelty_by_claim(revised(f"{kept}\n{removed}", f"{kept}\n{added}")) == {added: "new", removed: "withdrawn"}
    assert novelty_by_claim(revised(f"{kept}\n{removed}", kept)) == {removed: "withdrawn"}


def test_a_revision_may_change_add_and_withdraw_at_once() -> None:
    beds, dogs = "The shelter in the school gym has 80 beds.", "Dogs are not allowed in the shelter."
    more, trains = beds.replace("80", "120"), "Trains to Ostra leave every hour."
    findings = revised(f"{beds}\n{dogs}", f"{more}\n{trains}")

    assert novelty_by_claim(findings) == {more: "changed", trains: "new", dogs: "withdrawn"}
    assert findings[more]["changes"] == [{"kind": "number", "before": "80", "after": "120"}]


@pytest.mark.parametrize(
    ("title", "before", "after"),
    [
        pytest.param("Slow uploads", "We are monitoring the results.", "This incident was resolved.", id="resolved"),
        pytest.param(
            "Login errors",
            "We are investigating failed logins.",
            "The problem has been identified and a fix is being prepared.",
            id="identified",
        ),
        pytest.param(
            "Marnholm lock",
            "Repair of the lock gate is scheduled.",
            "Repair of the lock gate is completed.",
            id="shipping",
        ),
        pytest.param(
            "Velden fire", "The wildfire has not been contained.", "The wildfire has been contained.", id="fire"
        ),
        pytest.param("Korsby – Tarnsund", "The match has been postponed.", "The match has resumed.", id="sport"),
    ],
)
def test_the_next_stage_of_an_entry_is_changed(title: str, before: str, after: str) -> None:
    findings = revised(before, after, title)
    assert novelty_by_claim(findings) == {after: "changed"}
    assert findings[after]["nearest"]["text"] == before


@pytest.mark.parametrize(
    ("counted", "sentence"),
    [
        pytest.param("bed*", "The clinic in Velden has {} free beds.", id="health"),
        pytest.param("berth*", "The harbour of Halvik has {} free berths.", id="shipping"),
    ],
)
def test_a_return_below_the_limit_of_a_figure_two_days_later_raises_an_alert(
    tmp_path: Path, counted: str, sentence: str
) -> None:
    (tmp_path / "free.yaml").write_text(
        f'name: free\ntitle: Free\nmatch: "free"\nfigures:\n  free: {{of: "{counted}", alert: below 30}}\n'
    )
    rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert problems == ()
    stream = ReplayStream()
    for value, hours_later in ((40, 1), (25, 1), (34, 1), (25, 2 * DAY_HOURS)):
        stream.say("page", "a", sentence.format(value), title="Capacity", hours_later=hours_later)

    alerts = [one for one in stream.results(rules) if one["type"] == "alert"]
    below = [sentence.format(25) in [finding["claim"] for finding in alert["findings"]] for alert in alerts]
    assert below.count(True) == 2
