"""Records in streams: which earlier record a value is compared with, and what an edit means."""

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim


def bulletin(day: int, *rows: str) -> dict[str, str]:
    return {"entry": f"2026-03-{day:02}", "title": f"Harbor traffic of {day} March", "text": "\n".join(rows)}


def daily_table(*days: tuple[str, ...]) -> ReplayStream:
    """A source with one entry a day, each with the rows of that day."""
    stream = ReplayStream()
    for day, rows in enumerate(days, 1):
        stream.say("port", hours_later=DAY_HOURS, **bulletin(day, *rows))
    return stream


def advisory(name: str, *lines: str) -> dict[str, str]:
    return {"entry": name.lower(), "title": f"{name}: security advisory", "text": "\n".join(lines)}


def test_a_daily_row_is_compared_with_the_latest_day_and_not_with_an_equal_growth() -> None:
    findings = daily_table(
        ("Freighters – 1,200 (+10)",), ("Freighters – 1,207 (+7)",), ("Freighters – 1,217 (+10)",)
    ).last_findings()

    finding = findings["Freighters – 1,217 (+10)"]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", "Freighters – 1,207 (+7)")


def test_an_equal_total_is_repeated_although_its_growth_and_unit_differ() -> None:
    findings = daily_table(("Tugs – 15 (+1) vessels",), ("Tugs – 15 (+0)",)).last_findings()

    assert novelty_by_claim(findings)["Tugs – 15 (+0)"] == "repeated"


def test_a_value_that_returns_to_an_earlier_one_is_changed() -> None:
    findings = daily_table(("Beds free: 40",), ("Beds free: 25",), ("Beds free: 40",)).last_findings()

    finding = findings["Beds free: 40"]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", "Beds free: 25")


def test_another_entry_with_the_same_value_does_not_make_a_record_repeated() -> None:
    stream = ReplayStream()
    stream.say("vendor", **advisory("Alpine Router", "Severity: High", "Due date: 2026-04-01"))
    stream.say("vendor", **advisory("Borealis Camera", "Severity: High", "Due date: 2026-04-01"))

    novelty = novelty_by_claim(stream.last_findings())
    assert (novelty["Severity: High"], novelty["Due date: 2026-04-01"]) == ("new", "new")


def test_an_edited_value_is_changed_although_another_entry_has_that_value() -> None:
    stream = ReplayStream()
    stream.say("vendor", **advisory("Alpine Router", "Exploited in the wild: Yes"))
    stream.say("vendor", **advisory("Borealis Camera", "Exploited in the wild: No"))
    stream.say("vendor", **advisory("Borealis Camera", "Exploited in the wild: Yes"), hours_later=DAY_HOURS)

    finding = stream.last_findings()["Exploited in the wild: Yes"]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", "Exploited in the wild: No")


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("Product: Borealis web distribution and update service.", "Product: Camera."),
        ("Workaround: Block port 8080 at the firewall until the fix is out.", "Workaround: Install release 4.1."),
    ],
)
def test_an_edited_record_follows_the_same_label_whatever_its_value(before: str, now: str) -> None:
    stream = ReplayStream().say("vendor", **advisory("Borealis Camera", before, "Severity: High"))
    stream.say("vendor", **advisory("Borealis Camera", now, "Severity: High"))

    findings = stream.last_findings()
    assert novelty_by_claim(findings) == {now: "changed"}
    assert findings[now]["nearest"]["text"] == before


def test_a_record_of_another_source_is_another_record() -> None:
    stream = ReplayStream().say("port", "2026-03-01", "Beds free: 40", title="Hospital beds on 1 March")
    stream.say("city", "2026-03-02", "Beds free: 25", title="Hospital beds on 2 March")

    assert novelty_by_claim(stream.last_findings())["Beds free: 25"] == "new"


def test_an_edit_is_not_silenced_by_the_same_sentence_of_another_entry() -> None:
    outage, fixed = "Uploads to the Oslo region are failing.", "Uploads to the Oslo region work again."
    stream = ReplayStream().say("status", "a", fixed, title="Uploads in Oslo")
    stream.say("status", "b", outage, title="Uploads in Oslo", hours_later=5 * DAY_HOURS)
    stream.say("status", "b", fixed, title="Uploads in Oslo")

    finding = stream.last_findings()[fixed]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", outage)


@pytest.mark.parametrize(
    ("removed", "added"),
    [
        (
            "Everyone south of the Amber River must leave before nightfall.",
            "The road over Quill Pass is closed between the quarry and the lake.",
        ),
        ("Trams do not run on the Harbor Line.", "A shelter is open in the school gym."),
    ],
)
def test_an_unrelated_sentence_is_not_the_successor_of_a_removed_one(removed: str, added: str) -> None:
    notice = "The flood warning for Lower Marrow stays in force."
    findings = (
        ReplayStream().say("county", "flood", f"{notice}\n{removed}").say("county", "flood", f"{notice}\n{added}")
    ).last_findings()

    assert novelty_by_claim(findings) == {added: "new", removed: "withdrawn"}
