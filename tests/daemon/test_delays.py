"""A long entry delays no other poll. It is recorded whole, or cut with a notice."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from kit.builders import add_sources
from kit.databases import database_url
from kit.ingest import commit_chunk, ingest_poll
from sqlalchemy import Connection, select

from monitor.assess import Policy
from monitor.model import Entry, Novelty
from monitor.polling import overtaken
from monitor.polling.compared import LONG_CLAIMS, PolledEntries, Snapshot
from monitor.polling.entries import compare_chunk
from monitor.polling.ingest import prepare
from monitor.ruleset.load import load_rules
from monitor.sources.state import PollResult
from monitor.sources.turns import Lanes
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.schema import entries, findings, updates
from monitor.store.source_notices import load_notices
from monitor.store.sql import pad_ids
from monitor.text import split
from monitor.text.split import claims_left_out, split_claims, split_versions

NOW = 1_800_000_000.0
GOOD = PollResult(NOW, "ok", None, None, 0, NOW, None, None, None, True)
PLACES = ("Halvik", "Brevik", "Orsk", "Tolna", "Merrin", "Sund", "Kalla", "Vesby", "Norra", "Hult", "Aldor")
THINGS = ("bridge", "ferry", "tunnel", "school", "market", "station", "harbour", "mill", "tower", "dam")
EVENTS = ("burned down", "was flooded", "reopened early", "was sold cheaply", "collapsed", "lost its power")


def sentence(number: int) -> str:
    place, thing, event = PLACES[number % 11], THINGS[number % 10], EVENTS[number % 6]
    return (
        f"The {thing} number {number} of {place} {event} on the {number % 28 + 1}th day of inspection {number * 7}."
    )


def text(count: int, first: int = 0) -> str:
    return "".join(f"<p>{sentence(number)}</p>" for number in range(first, first + count))


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    (tmp_path / "rule.yaml").write_text('name: watch\ntitle: Watch\nmatch: "gale"\non: [new, changed]\n')
    rules, problems = load_rules(tmp_path, builtin_aliases=None)
    assert not problems
    return Policy(rules, channels_by_rule={"watch": ("desk",)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(database_url(tmp_path))
    add_sources(store, "wire", "press")
    yield store
    store.close()


def polled(source: str, policy: Policy, key: str, body: str, now: float = NOW) -> PolledEntries:
    entry = Entry(key, f"Report {key}", f"https://news.example/{key}", body, published=now - 60)
    return PolledEntries(source, (entry,), lambda: policy, lambda *_: GOOD, memory=9e6, now=now)


def novelties(store: Store, source: str) -> list[str]:
    query = (
        select(findings.c.novelty)
        .join(updates, updates.c.id == findings.c.update_id)
        .join(entries, entries.c.id == updates.c.entry_id)
        .where(entries.c.source == source)
        .order_by(findings.c.update_id, findings.c.position)
    )
    with store.read() as conn:
        return list(conn.scalars(query))


def test_other_polls_commit_while_a_long_entry_is_compared(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds = []
    write = type(store).write

    @contextmanager
    def timed_write(store: Store) -> Iterator[Connection]:
        with write(store) as conn:
            began = time.thread_time()
            yield conn
            holds.append(time.thread_time() - began)

    monkeypatch.setattr(type(store), "write", timed_write)
    long_poll = threading.Thread(target=ingest_poll, args=(store, polled("wire", policy, "long", text(2_000))))
    long_poll.start()
    during = 0
    while long_poll.is_alive():
        ingest_poll(store, polled("press", policy, f"p{during}", text(3, first=3 * during)))
        during += 1
        time.sleep(0.05)
    long_poll.join()
    assert during > 3
    assert max(holds) < 1.0  # comparing the entry takes some seconds
    assert len(novelties(store, "wire")) == 2_001  # with the title


def test_claims_that_others_commit_while_a_long_entry_is_compared_are_new_once(store: Store, policy: Policy) -> None:
    one = polled("wire", policy, "long", text(LONG_CLAIMS + 50))
    with store.read() as conn:
        waiting, context, _ = prepare(conn, one)
        chunk = compare_chunk(Snapshot(conn), context, iter(waiting), policy)
    ingest_poll(store, polled("press", policy, "before", text(2, first=5)))
    chunk = overtaken.catch_up(store, context, chunk)
    ingest_poll(store, polled("press", policy, "after", text(2, first=90)))
    with store.write() as conn:
        commit_chunk(conn, context, chunk, policy)
    repeated = [i for i, novelty in enumerate(novelties(store, "wire")) if novelty == Novelty.REPEATED]
    assert repeated == [6, 7, 91, 92]


def test_a_long_entry_is_not_compared_as_a_whole_again(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = polled("wire", policy, "long", text(LONG_CLAIMS + 50))
    with store.read() as conn:
        waiting, context, _ = prepare(conn, one)
        chunk = compare_chunk(Snapshot(conn), context, iter(waiting), policy)
    ingest_poll(store, polled("press", policy, "other", text(2, first=5)))
    monkeypatch.delattr("monitor.polling.entries.compare")
    with store.write() as conn:
        commit_chunk(conn, context, chunk, policy)
    assert len(novelties(store, "wire")) == LONG_CLAIMS + 51


def test_an_entry_that_is_too_long_is_cut_with_a_notice(
    store: Store, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(split, "MAX_CLAIMS", 50)
    for source, baseline in (("wire", False), ("press", True)):
        ingest_poll(store, polled(source, replace(policy, baseline=baseline), "long", text(120)))
        with store.read() as conn:
            notice = load_notices(conn, source)["long"].text
        assert "of the entry “Report long” were not read" in notice
        assert abs(int(notice.partition("About ")[2].split()[0]) - 71) <= 8
        assert len(novelties(store, source)) == 50


def test_an_edit_of_a_cut_entry_moves_no_claims_across_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "MAX_CLAIMS", 50)
    before, after = text(80), text(1, first=500) + text(80)
    claims, previous = ({claim.text for claim in one} for one in split_versions(("", after), ("", before)))
    assert claims - previous == {sentence(500)}
    assert not previous - claims


def test_an_entry_within_the_limit_is_read_whole() -> None:
    body = text(300)
    claims = split_claims("Title", body)
    assert len(claims) == 301
    assert claims_left_out(body, claims) == 0


def test_polls_with_short_entries_do_not_wait_for_those_with_long_ones() -> None:
    async def scenario() -> list[str]:
        lanes, ended = Lanes[str, str](), asyncio.Event()

        async def take_step(polls: list[str]) -> list[str | Exception | None]:
            if "long" in polls[0]:
                await ended.wait()
            return list(polls)

        long_polls = [
            asyncio.create_task(lanes.of_length(chars).next_step("long", 0.0, take_step))
            for chars in (5_000_000, 100_000)
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(1):
            short = [await lanes.of_length(chars).next_step("short", 50.0, take_step) for chars in (900, 0)]
        ended.set()
        return [*short, *await asyncio.gather(*long_polls)]

    assert asyncio.run(scenario()) == ["short", "short", "long", "long"]


def test_lookups_of_many_lengths_need_few_statements() -> None:
    assert {len(pad_ids(range(count))) for count in range(1, 200)} == {1, 2, 4, 8, 16, 32, 64, 128, 256}
    assert set(pad_ids([3, 9, 5])) == {3, 9, 5}
    assert pad_ids([]) == []
