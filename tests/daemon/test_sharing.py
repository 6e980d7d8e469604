from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from monitor.config.models import SourceConfig
from monitor.daemon.sharing import SHARDS, Roster, owned_shards, owner, shard_of_source

KEYS = [f"channel {number}" for number in range(1000)]


@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_shares_are_complete_disjoint_and_balanced(count: int) -> None:
    workers = [f"worker-{number}" for number in range(count)]
    shares = [owned_shards(worker, workers) for worker in workers]

    assert sorted(shard for share in shares for shard in share) == list(range(SHARDS))
    assert max(map(len, shares)) < 1.6 * SHARDS / count
    assert max(Counter(owner(key, workers) for key in KEYS).values()) < 1.3 * len(KEYS) / count


def test_when_a_worker_dies_only_its_share_moves_and_the_others_divide_it() -> None:
    before = {key: owner(key, ["a", "b", "c", "d"]) for key in KEYS}
    after = {key: owner(key, ["a", "b", "d"]) for key in KEYS}
    moved = [key for key in KEYS if before[key] != after[key]]

    assert {before[key] for key in moved} == {"c"}
    assert len(moved) == sum(worker == "c" for worker in before.values())
    assert {after[key] for key in moved} == {"a", "b", "d"}


def test_a_single_worker_serves_everything_and_the_order_of_the_list_does_not_matter() -> None:
    assert owned_shards("a", ["a"]) == tuple(range(SHARDS))
    assert [owner(key, ["a", "b"]) for key in KEYS] == [owner(key, ["b", "a"]) for key in KEYS]


def test_every_process_computes_the_same_share() -> None:
    code = "from monitor.daemon.sharing import owned_shards; print(owned_shards('a', ['a', 'b', 'c']))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == str(owned_shards("a", ["a", "b", "c"]))


def test_sources_of_one_host_have_one_shard_unless_the_host_needs_no_politeness() -> None:
    sources = [
        SourceConfig(name=f"s{number}", url=f"https://News.example:{8000 + number}/{number}") for number in range(50)
    ]

    assert len({shard_of_source(source, lambda host: host == "news.example") for source in sources}) == 1
    assert len({shard_of_source(source, lambda host: False) for source in sources}) > 30


def test_a_worker_is_dead_once_its_beat_has_not_changed_for_long_enough() -> None:
    roster = Roster(20.0, 5.0)
    assert roster.dead_workers({"a": 100.0, "b": 100.0}, now=100.0, elapsed_s=5.0) == set()
    assert roster.dead_workers({"a": 105.0, "b": 101.0}, now=105.0, elapsed_s=10.0) == set()
    assert roster.dead_workers({"a": 120.0, "b": 101.0}, now=120.0, elapsed_s=25.0) == set()
    assert roster.dead_workers({"a": 121.0, "b": 101.0}, now=121.0, elapsed_s=26.0) == {"b"}
    assert roster.dead_workers({"a": 122.0, "b": 122.0}, now=122.0, elapsed_s=27.0) == set()


def test_a_beat_that_is_old_at_first_sight_is_that_of_a_dead_worker() -> None:
    assert Roster(20.0, 5.0).dead_workers({"a": 100.0, "b": 79.0, "c": 81.0}, now=100.0, elapsed_s=0.0) == {"b"}


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_step_of_the_clock_makes_no_worker_look_dead(step: float) -> None:
    roster = Roster(20.0, 5.0)
    roster.dead_workers({"a": 100.0, "b": 100.0}, now=100.0, elapsed_s=0.0)

    assert roster.dead_workers({"a": 105.0 + step, "b": 100.0}, now=105.0 + step, elapsed_s=5.0) == set()
    assert roster.dead_workers({"a": 110.0 + step, "b": 104.0}, now=110.0 + step, elapsed_s=10.0) == set()
    assert roster.dead_workers({"a": 115.0 + step, "b": 114.0 + step}, now=115.0 + step, elapsed_s=15.0) == set()
    assert roster.dead_workers({"a": 130.0 + step, "b": 114.0 + step}, now=130.0 + step, elapsed_s=30.0) == set()
    assert roster.dead_workers({"a": 135.0 + step, "b": 114.0 + step}, now=135.0 + step, elapsed_s=35.0) == {"b"}
