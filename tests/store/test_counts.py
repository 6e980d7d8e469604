"""Counted matches and absences in the store: they survive restarts, renames, and a clock that is set back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from kit.builders import add_sources, drain_channel
from kit.counting import ingest_texts, ingest_texts_in, read_all_sources, rule_policy, stored_alerts
from sqlalchemy import func, select

from monitor.alerts.silences import Silence
from monitor.assess import Policy
from monitor.polling.absence import alert_absences
from monitor.store import clock_step, counts, rule_state, silences
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.reports.status import load_status
from monitor.store.schema import matches
from monitor.units import DAY, HOUR

NOW = 1_800_000_000.0
COUNT = "name: recalls\nid: r-1\nmatch: recall*\ncount: 3 per 1h\n"
ABSENT = "name: backups\nid: b-1\nmatch: backup\nabsent: 2d\n"
NEWS = [
    f"{maker} recalls {number * 37 + 11} {thing}"
    for number, (maker, thing) in enumerate(
        zip(
            "Acme Globex Initech Hooli Vandelay Umbra Stark Wonka".split(),
            "heaters ovens lamps saws boats vans drills toys".split(),
            strict=True,
        )
    )
]


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return rule_policy(tmp_path, COUNT)


def counted_rows(store: Store) -> int:
    with store.read() as conn:
        return conn.scalar(select(func.count()).where(matches.c.counts_for.is_not(None))) or 0


def test_each_match_is_stored_with_the_state_of_the_count(store: Store, policy: Policy) -> None:
    decided = [ingest_texts(store, policy, NOW + 60 * n, text) for n, text in enumerate(NEWS[:4])]
    assert decided[0] == [("counted", "1 of 3 in 1h")]
    assert decided[1] == [("counted", "2 of 3 in 1h")]
    [(reason, detail)] = decided[2]
    assert reason == "sent"
    assert detail.startswith("3 matches since 08:00: Acme recalls 11 heaters; Globex")
    assert decided[3] == [("counted", "1 of 3 in 1h")]


def test_a_count_is_one_alert_in_one_message_linked_to_all_its_matches(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, *NEWS[:3])
    (alert,) = stored_alerts(store)
    (message,) = drain_channel(store, "desk", NOW + 1)
    assert message.alerts == (alert,)
    assert message.thread == alert.story
    with store.read() as conn:
        assert set(conn.scalars(select(matches.c.alert_id))) == {alert.id}
        assert load_status(conn, NOW).pending_matches == 0
    assert counted_rows(store) == 0


def test_counted_matches_are_not_pending(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, *NEWS[:2])
    with store.read() as conn:
        assert load_status(conn, NOW).pending_matches == 0


def test_many_entries_of_one_poll_fire_for_each_full_count(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, *NEWS)
    assert [len(alert.findings) for alert in stored_alerts(store)] == [3, 3]
    assert counted_rows(store) == 2


def test_a_transaction_that_fails_counts_nothing(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, *NEWS[:2])
    with pytest.raises(KeyboardInterrupt), store.write() as conn:
        assert ingest_texts_in(conn, policy, NOW + 30, NEWS[2])[0][0] == "sent"
        raise KeyboardInterrupt
    assert stored_alerts(store) == []
    assert counted_rows(store) == 2
    assert ingest_texts(store, policy, NOW + 60, NEWS[2])[0][0] == "sent"
    assert len(stored_alerts(store)) == 1


def test_a_first_poll_counts_nothing(store: Store, policy: Policy) -> None:
    baseline = replace(policy, baseline=True)
    assert {reason for reason, _ in ingest_texts(store, baseline, NOW, *NEWS[:5])} == {"baseline"}
    assert ingest_texts(store, policy, NOW + 60, NEWS[5]) == [("counted", "1 of 3 in 1h")]


def test_a_count_survives_a_restart(tmp_path: Path, shared_store_url: str, policy: Policy) -> None:
    for n, text in enumerate(NEWS[:3]):
        store = open_store(shared_store_url)
        add_sources(store, "wire", "press")
        ingest_texts(store, policy, NOW + n, text)
        alerts = stored_alerts(store)
        store.close()
    assert [alert.counted for alert in alerts] == ["3 matches since 08:00"]


def test_a_renamed_rule_keeps_its_count(store: Store, policy: Policy, tmp_path: Path) -> None:
    with store.write() as conn:
        rule_state.apply_rule_renames(conn, policy.rules.rules)
    ingest_texts(store, policy, NOW, *NEWS[:2])
    renamed = rule_policy(tmp_path, COUNT.replace("name: recalls", "name: product-recalls"))
    with store.write() as conn:
        rule_state.apply_rule_renames(conn, renamed.rules.rules)
    ingest_texts(store, renamed, NOW + 60, NEWS[2])
    (alert,) = stored_alerts(store)
    assert (alert.rule, len(alert.findings)) == ("product-recalls", 3)


def test_an_edited_rule_goes_on_counting(store: Store, policy: Policy, tmp_path: Path) -> None:
    ingest_texts(store, policy, NOW, *NEWS[:3])
    ingest_texts(store, policy, NOW + 1, *NEWS[3:5])
    longer = rule_policy(tmp_path, COUNT.replace("1h", "6h"))
    assert ingest_texts(store, longer, NOW + 2 * HOUR, NEWS[5])[0][0] == "sent"


def test_silenced_matches_do_not_count(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, *NEWS[:3])
    story = stored_alerts(store)[0].story
    with store.write() as conn:
        for scope in ({"source": "press"}, {"story": story, "rule": "recalls"}):
            silences.insert_silence(conn, Silence(0, "not now", NOW, NOW + HOUR, **scope))
    assert ingest_texts(store, policy, NOW + 1, NEWS[3], source="press")[0][0] == "silenced"
    assert ingest_texts(store, policy, NOW + 2, NEWS[4])[0][0] == "silenced"
    assert ingest_texts(store, policy, NOW + HOUR + 1, NEWS[5]) == [("counted", "1 of 3 in 1h")]


def test_matches_counted_while_the_clock_was_ahead_count_as_just_seen(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW + 400 * DAY, NEWS[0])
    ingest_texts(store, policy, NOW + 400 * DAY + 2 * HOUR, NEWS[1])
    for _ in range(2):
        with store.write() as conn:
            clock_step.rebase_deadlines(conn, NOW)
    assert ingest_texts(store, policy, NOW + 60, NEWS[2]) == [("counted", "2 of 3 in 1h")]
    assert ingest_texts(store, policy, NOW + HOUR - 60, NEWS[3])[0][0] == "sent"
    assert stored_alerts(store)[0].counted == "3 matches since 08:00"


def test_counted_matches_of_past_periods_are_dropped(store: Store, policy: Policy) -> None:
    ingest_texts(store, policy, NOW, NEWS[0])
    ingest_texts(store, policy, NOW + HOUR + 60, NEWS[1])
    with store.write() as conn:
        counts.drop_old_counts(conn, {"recalls": HOUR}, NOW + 90 * DAY)
    assert counted_rows(store) == 1
    with store.write() as conn:
        counts.drop_old_counts(conn, {}, NOW + 2 * HOUR)
    assert counted_rows(store) == 1
    with store.write() as conn:
        counts.drop_old_counts(conn, {}, NOW + 2 * DAY)
    assert counted_rows(store) == 0


# Absence


@pytest.fixture
def waiting(tmp_path: Path) -> Policy:
    return rule_policy(tmp_path, ABSENT)


def test_an_absence_alerts_once_until_the_rule_matches_again(store: Store, waiting: Policy) -> None:
    assert read_all_sources(store, waiting, NOW) == []
    assert ingest_texts(store, waiting, NOW + DAY, "The backup of Monday is done") == [
        ("present", "the rule alerts after 2d without a match")
    ]
    assert read_all_sources(store, waiting, NOW + 3 * DAY - 1) == []
    (alert,) = read_all_sources(store, waiting, NOW + 3 * DAY)
    assert "the last match was “The backup of Monday is done” (wire) at 08:00 on 16 Jan" in alert.reason
    assert read_all_sources(store, waiting, NOW + 9 * DAY) == []
    ingest_texts(store, waiting, NOW + 9 * DAY, "The backup of Friday is done")
    assert len(read_all_sources(store, waiting, NOW + 12 * DAY)) == 1
    assert len(stored_alerts(store)) == 2
    assert [message.alerts[0].id for message in drain_channel(store, "desk", NOW + 13 * DAY)][:1] == [alert.id]


def test_an_absence_waits_until_every_source_was_read(store: Store, waiting: Policy) -> None:
    read_all_sources(store, waiting, NOW)
    assert alert_absences(store, waiting, NOW + 3 * DAY) == []
    assert len(read_all_sources(store, waiting, NOW + 3 * DAY)) == 1


def test_a_rule_without_channels_stores_its_alert_and_waits(store: Store, waiting: Policy) -> None:
    mute = replace(waiting, channels_by_rule={})
    read_all_sources(store, mute, NOW)
    assert len(read_all_sources(store, mute, NOW + 2 * DAY)) == 1
    assert read_all_sources(store, mute, NOW + 4 * DAY) == []
    assert len(stored_alerts(store)) == 1


def test_a_first_poll_does_not_restart_the_wait(store: Store, waiting: Policy) -> None:
    read_all_sources(store, waiting, NOW)
    ingest_texts(store, replace(waiting, baseline=True), NOW + DAY, "The backup of Monday is done")
    assert len(read_all_sources(store, waiting, NOW + 2 * DAY)) == 1


def test_a_silence_of_the_rule_holds_the_alert_back(store: Store, waiting: Policy) -> None:
    read_all_sources(store, waiting, NOW)
    with store.write() as conn:
        silences.insert_silence(conn, Silence(0, "holidays", NOW, NOW + 5 * DAY, rule="backups"))
    assert read_all_sources(store, waiting, NOW + 3 * DAY) == []
    assert len(read_all_sources(store, waiting, NOW + 5 * DAY)) == 1


def test_a_rule_that_returns_waits_again(store: Store, waiting: Policy, tmp_path: Path) -> None:
    read_all_sources(store, waiting, NOW)
    removed = replace(waiting, rules=replace(waiting.rules, rules=()))
    read_all_sources(store, removed, NOW + DAY)
    assert read_all_sources(store, waiting, NOW + 2 * DAY) == []
    assert read_all_sources(store, waiting, NOW + 3 * DAY) == []
    assert len(read_all_sources(store, waiting, NOW + 4 * DAY)) == 1


def test_a_renamed_rule_keeps_its_wait(store: Store, waiting: Policy, tmp_path: Path) -> None:
    with store.write() as conn:
        rule_state.apply_rule_renames(conn, waiting.rules.rules)
    read_all_sources(store, waiting, NOW)
    renamed = rule_policy(tmp_path, ABSENT.replace("name: backups", "name: nightly"))
    with store.write() as conn:
        rule_state.apply_rule_renames(conn, renamed.rules.rules)
    (alert,) = read_all_sources(store, renamed, NOW + 2 * DAY)
    assert alert.rule == "nightly"


def test_a_wait_that_began_while_the_clock_was_ahead_begins_now(store: Store, waiting: Policy) -> None:
    read_all_sources(store, waiting, NOW + 400 * DAY)
    with store.write() as conn:
        clock_step.rebase_deadlines(conn, NOW)
    assert read_all_sources(store, waiting, NOW + DAY) == []
    assert len(read_all_sources(store, waiting, NOW + 2 * DAY)) == 1


NEXT_HOURS = NOW - 8 * HOUR + 2 * DAY + 10 * HOUR  # NOW is at 08:00, so the wait of two days ends before ten


def test_an_absence_outside_the_hours_of_its_rule_waits_for_them(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, ABSENT + "active: 10:00-12:00\n")
    read_all_sources(store, policy, NOW)
    assert read_all_sources(store, policy, NEXT_HOURS - 60) == []
    assert alert_absences(store, policy, NEXT_HOURS) == []  # the sources may have had it since
    (alert,) = read_all_sources(store, policy, NEXT_HOURS + 60)
    assert alert.at == NEXT_HOURS + 60


def test_an_absence_that_ends_before_the_hours_of_its_rule_is_no_alert(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, ABSENT + "active: 10:00-12:00\n")
    read_all_sources(store, policy, NOW)
    assert ingest_texts(store, policy, NEXT_HOURS - 60, "The backup of Monday is done") == [
        ("present", "the rule alerts after 2d without a match; active only 10:00-12:00")
    ]
    assert read_all_sources(store, policy, NEXT_HOURS) == []
    assert len(read_all_sources(store, policy, NEXT_HOURS + 2 * DAY)) == 1


def test_an_expired_rule_raises_no_absence_in_the_store(store: Store, tmp_path: Path) -> None:
    policy = rule_policy(tmp_path, ABSENT + "expires: 2027-01-17\n")  # two days after NOW
    read_all_sources(store, policy, NOW)
    assert read_all_sources(store, policy, NOW + 2 * DAY) == []
    extended = rule_policy(tmp_path, ABSENT + "expires: 2027-01-18\n")
    assert len(read_all_sources(store, extended, NOW + 2 * DAY)) == 1
