"""Polling slots are limited per host."""

from __future__ import annotations

from monitor.sources.host_slots import HostSlots

HOSTS = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b", "b3": "b"}


def test_a_host_has_a_limited_number_of_slots() -> None:
    slots = HostSlots(HOSTS, [], 2)

    assert [slots.try_acquire(name) for name in ("a1", "a2", "a3", "b1")] == [True, True, False, True]
    assert slots.sources_without_slot() == ["a1", "a2", "a3"]


def test_running_polls_take_slots_and_a_host_may_have_its_own_limit() -> None:
    slots = HostSlots(HOSTS, ["a1", "b1", "a removed source"], 1, {"b": 2})

    assert not slots.try_acquire("a2")
    assert slots.try_acquire("b2")
    assert set(slots.sources_without_slot()) == set(HOSTS)


def test_sources_of_unknown_host_do_not_share_slots() -> None:
    assert all(HostSlots({}, [], 1).try_acquire(name) for name in ("x", "y"))
