"""Rules with `count` and `absent` over sequences of texts, through the daemon's own assessment in an empty store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from kit.sequences import alerts_by_step, firing_times, timed_text

from monitor.alerts.absence import Absence, SourceReading, absence_alert
from monitor.assess import Policy
from monitor.model import Alert
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import Rule, SequenceItem
from monitor.units import DAY, HOUR, MINUTE

ALIASES = """
same:
  ini: [Initech, Ini Corp]
lists:
  makers: [Acme, globex*, "@ini"]
"""
MODELS = "Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Ivy Juniper Katsura Larch Maple Nutmeg Oak Pine".split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "aliases.yaml").write_text(ALIASES)
    return tmp_path


def load_rule(folder: Path, keys: str) -> tuple[Rule, Policy]:
    """Return a rule with these keys, and the policy that it is read with."""
    (folder / "rule.yaml").write_text(f"name: recalls\nid: r-1\ntitle: Recalls\n{keys}")
    rules, problems = load_rules(folder, builtin_aliases=None)
    assert problems == ()
    return rules.rules[0], Policy(rules)


def recall(number: int, minutes: float, maker: str = "Acme", source: str = "agency") -> SequenceItem:
    """Return the news of a recall, different for each number."""
    text = f"{maker} recalls {number * 137 + 50} heaters of model {MODELS[number]} after a fire"
    return timed_text(minutes * MINUTE, text, source=source)


def fired_after(folder: Path, keys: str, steps: Sequence[SequenceItem]) -> list[float]:
    """Return the minutes after which the rule fires."""
    rule, policy = load_rule(folder, keys)
    return [seconds / MINUTE for seconds in firing_times(rule, steps, policy)]


def sent_alerts(folder: Path, keys: str, steps: Sequence[SequenceItem]) -> list[Alert]:
    rule, policy = load_rule(folder, keys)
    return [alert for sent in alerts_by_step(rule, steps, policy) for alert in sent]


COUNT = "match: recall*\ncount: 3 per 1h\n"


def test_a_rule_fires_once_when_so_many_matches_fall_into_its_period(folder: Path) -> None:
    assert fired_after(folder, COUNT, [recall(n, 10 * n) for n in range(4)]) == [20]


def test_matches_that_are_too_far_apart_do_not_fire(folder: Path) -> None:
    assert fired_after(folder, COUNT, [recall(n, 31 * n) for n in range(8)]) == []
    assert fired_after(folder, COUNT, [recall(n, 30 * n) for n in range(3)]) == [60]


def test_a_count_starts_again_after_it_has_fired(folder: Path) -> None:
    assert fired_after(folder, COUNT, [recall(n, n) for n in range(8)]) == [2, 5]


def test_a_match_is_an_update_however_many_of_its_claims_match(folder: Path) -> None:
    bullets = "- Acme recalls 50 lamps.\n- Globex recalls 70 ovens.\n- Initech recalls 90 saws."
    assert fired_after(folder, COUNT, [timed_text(0, bullets), recall(1, 1)]) == []


def test_an_edit_that_brings_a_new_match_counts_again(folder: Path) -> None:
    texts = ["Acme recalls 50 lamps.", "Acme recalls 90 lamps.", "Acme recalls 900 lamps."]
    steps = [timed_text(n * MINUTE, text, entry="page") for n, text in enumerate(texts)]
    assert fired_after(folder, COUNT, steps) == [2]


def test_a_claim_repeated_by_other_sources_counts_once(folder: Path) -> None:
    steps = [replace(recall(1, minutes), source=f"paper {minutes}") for minutes in range(6)]
    assert fired_after(folder, COUNT, steps) == []


def test_the_alert_says_what_was_counted_and_since_when(folder: Path) -> None:
    (alert,) = sent_alerts(folder, COUNT, [recall(n, 602 + n) for n in range(3)])
    assert alert.counted == "3 matches since 10:02"
    assert alert.reason.startswith("3 matches since 10:02: Acme recalls 50 heaters of model Alder after a fire; Acme")
    assert [finding.claim.split()[-4] for finding in alert.findings] == ["Alder", "Birch", "Cedar"]
    assert all(finding.matched == ("recalls",) for finding in alert.findings)


def test_the_alerts_of_a_count_share_a_story_of_their_own(folder: Path) -> None:
    first, second = sent_alerts(folder, COUNT, [recall(n, n) for n in range(6)])
    assert first.story == second.story
    assert first.id != second.id
    assert first.story not in {finding.story for finding in first.findings + second.findings}


def test_each_source_is_counted_for_itself(folder: Path) -> None:
    steps = [recall(n, n, source="ab"[n % 2]) for n in range(6)]
    alerts = sent_alerts(folder, COUNT + "by: source\n", steps)
    assert [alert.counted for alert in alerts] == ["3 matches from a since 00:00", "3 matches from b since 00:01"]
    assert [{finding.source for finding in alert.findings} for alert in alerts] == [{"a"}, {"b"}]


def test_each_entry_is_counted_for_itself(folder: Path) -> None:
    texts = [f"Acme recalls {number} lamps." for number in (50, 90, 170)]
    edits = [timed_text(n * MINUTE, text, title="Lamps", entry="page") for n, text in enumerate(texts)]
    others = [recall(n, n) for n in range(1, 9)]
    (alert,) = sent_alerts(folder, COUNT + "by: entry\n", [*edits, *others])
    assert alert.counted == "3 matches in “Lamps” since 00:00"


def test_each_entry_of_a_list_is_counted_for_itself(folder: Path) -> None:
    keys = 'match: >-\n  @makers AND recall*\ncount: 2 per 1h\nby: "@makers"\n'
    steps = [
        recall(1, 0),
        timed_text(1 * MINUTE, "Globexian works and Initech recall 7 boats"),
        recall(3, 2, maker="Ini Corp"),
        recall(4, 3, maker="Globex"),
        recall(5, 4, maker="Hooli"),
    ]
    alerts = sent_alerts(folder, keys, steps)
    assert [alert.counted for alert in alerts] == [
        "2 matches of “Ini Corp” since 00:01",
        "2 matches of “Globex” since 00:01",
    ]


def test_one_match_can_complete_two_counts(folder: Path) -> None:
    keys = 'match: >-\n  @makers AND recall*\ncount: 2 per 1h\nby: "@makers"\n'
    steps = [recall(1, 0), recall(2, 1, maker="Globex"), timed_text(2 * MINUTE, "Acme and Globex recall 9 vans")]
    alerts = sent_alerts(folder, keys, steps)
    assert sorted(alert.counted for alert in alerts) == [
        "2 matches of “Acme” since 00:00",
        "2 matches of “Globex” since 00:01",
    ]


def test_a_throttle_limits_the_alerts_of_a_count_and_sums_them_up(folder: Path) -> None:
    steps = [recall(n, n) for n in range(12)]
    alerts = sent_alerts(folder, "match: recall*\ncount: 2 per 1h\nthrottle: 1 per 6h\n", [*steps, timed_text(DAY)])
    assert [alert.at - alerts[0].at for alert in alerts] == [0, 6 * HOUR]
    assert [len(alert.findings) for alert in alerts] == [2, 10]
    assert [alert.counted for alert in alerts] == [
        "2 matches since 00:00",
        "5 counts, the last of 2 matches since 00:10",
    ]


def test_a_count_of_many_matches_carries_some_findings_only(folder: Path) -> None:
    steps = [timed_text(n, f"Plant {n} recalls {n * 7 + 3} pumps of type {n}x{n}") for n in range(130)]
    (alert,) = sent_alerts(folder, "match: recall*\ncount: 130 per 1h\n", steps)
    assert alert.counted == "130 matches since 00:00"
    assert len(alert.findings) == 100


ABSENT = "match: backup finished\nabsent: 2d\n"
BACKUP = "Backup finished without errors"


def test_a_rule_fires_once_when_nothing_matched_for_long(folder: Path) -> None:
    assert fired_after(folder, ABSENT, [timed_text(DAY, BACKUP), timed_text(9 * DAY)]) == [3 * DAY / MINUTE]


def test_an_absence_counts_from_the_time_at_which_the_rule_was_added(folder: Path) -> None:
    assert fired_after(folder, ABSENT, [timed_text(DAY)]) == []
    assert fired_after(folder, ABSENT, [timed_text(3 * DAY)]) == [2 * DAY / MINUTE]


def test_the_same_words_every_day_are_no_absence(folder: Path) -> None:
    assert fired_after(folder, ABSENT, [timed_text(day * DAY, BACKUP) for day in range(8)]) == []


def test_other_news_does_not_end_an_absence(folder: Path) -> None:
    steps = [timed_text(day * DAY, f"Ship {day} left port") for day in range(4)]
    assert fired_after(folder, ABSENT, steps) == [2 * DAY / MINUTE]


def test_a_rule_waits_again_after_the_next_match(folder: Path) -> None:
    steps = [timed_text(4 * DAY, BACKUP), timed_text(10 * DAY)]
    alerts = sent_alerts(folder, ABSENT, steps)
    assert [alert.title for alert in alerts] == ["Recalls: nothing for 2d"] * 2
    assert alerts[0].reason == "nothing matched for 2d: the rule waits since 00:00 on 1 Jan; 1 source was read"
    assert alerts[1].reason == (
        "nothing matched for 2d: the last match was “Backup finished without errors” (agency) at 00:00 on 5 Jan; "
        "1 source was read"
    )


OVER_AT = 3 * DAY
READ = SourceReading("wire", OVER_AT + 5)
NOT_YET = SourceReading("press", OVER_AT - 5, next_poll=OVER_AT + 60)
FAILING = SourceReading("radio", DAY, failures=7, next_poll=OVER_AT + HOUR)
PAUSED = SourceReading("tv", None, failures=1, is_paused=True)


def absence(folder: Path, *readings: SourceReading, now: float = OVER_AT + 30) -> Alert | None:
    rule, policy = load_rule(folder, ABSENT)
    return absence_alert(rule, Absence("recalls", DAY), readings, now, policy.timezone)


def test_every_source_must_have_been_read_since_the_time_was_up(folder: Path) -> None:
    assert absence(folder, READ) is not None
    assert absence(folder, READ, NOT_YET) is None
    assert absence(folder, READ, now=OVER_AT - 1) is None
    assert absence(folder) is None


def test_a_source_that_cannot_be_read_is_named_and_not_taken_as_silent(folder: Path) -> None:
    alert = absence(folder, READ, FAILING, PAUSED)
    assert alert is not None
    assert alert.reason.endswith(
        "1 source was read; could not be read, so not known to be silent: "
        "radio (read at 00:00 on 2 Jan), tv (never read)"
    )
    assert absence(folder, FAILING, PAUSED) is None


def test_a_failing_source_that_is_about_to_be_tried_again_is_waited_for(folder: Path) -> None:
    assert absence(folder, READ, replace(FAILING, next_poll=OVER_AT)) is None
    assert absence(folder, READ, replace(FAILING, failures=2)) is None
