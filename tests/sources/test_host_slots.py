"""Slots are shared among hosts."""

from __future__ import annotations

from monitor.sources.host_slots import HostSlots

HOSTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "b3": "b"}


def test_a_host_is_admitted_up_to_its_share() -> None:
    crowd = HostSlots(HOSTS, [], 2)

    assert [crowd.try_acquire(name) for name in ("a1", "a2", "a3", "b1")] == [True, True, False, True]
    assert crowd.sources_without_slot() == ["a1", "a2", "a3"]


def test_what_is_under_way_counts_and_some_hosts_have_shares_of_their_own() -> None:
    crowd = HostSlots(HOSTS, ["a1", "b1", "a source of before"], 1, {"b": 2})

    assert not crowd.try_acquire("a2")
    assert crowd.try_acquire("b2")
    assert set(crowd.sources_without_slot()) == set(HOSTS)


def test_a_source_of_no_known_host_stands_alone() -> None:
    assert all(HostSlots({}, [], 1).try_acquire(name) for name in ("x", "y"))
