"""Copies between stores: complete, only to an empty database, and the work continues as on one store."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.builders import add_sources, commit_texts
from kit.counting import rule_policy
from kit.databases import all_rows
from kit.migrations import migrate_to
from sqlalchemy import delete, insert

from monitor.backtest.replay import DEFAULT_MEMORY_S, replay_batch
from monitor.cli.app import run_command_line
from monitor.errors import StoreBusy, StoreError
from monitor.store import inverted_index, schema, workers
from monitor.store.base import Store
from monitor.store.connect import open_any_schema, open_store
from monitor.store.copy import copy_store
from monitor.store.past import StoredHistory

DIRECTIONS = ["file to postgres", "postgres to file", pytest.param("file to file", marks=pytest.mark.sqlite)]
RULES = (
    "name: bridges\nmatch: bridge*\nthrottle: 1 per 6h",
    "name: closures\nmatch: closed\ncorroboration: 2",
    "name: schools\nmatch: school*\ncount: 3 per 2d",
)
TEXTS = (
    "Three bridges over the Arl are closed after the flood.",
    "Around 40 schools in Marrow stay shut on Monday.",
    "Five bridges over the Arl are closed after the flood.",
    "The mayor of Vesper Bay promises new pumps by spring.",
    "Around 60 schools in Marrow stay shut on Monday.",
    "The mayor of Vesper Bay promises new pumps by spring.",
    "Seven bridges over the Arl are closed after the flood.",
    "Schools in Marrow open again on Wednesday.",
)


@pytest.fixture(params=DIRECTIONS)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The URLs of a source and of a target without rows."""
    kinds = request.param.split(" to ")
    return tuple(  # type: ignore[return-value]
        request.getfixturevalue("empty_postgres_url") if kind == "postgres" else f"sqlite:///{tmp_path}/{number}.db"
        for number, kind in enumerate(kinds)
    )


def copy(source: Store, target: Store) -> dict[str, int]:
    return {step.table: step.total for step in copy_store(source, target, dead_after_s=20.0)}


def news_lines() -> Iterator[str]:
    for number, said in enumerate(TEXTS * 2):
        source, entry = ("wire", "press")[number % 2], f"e{number % 5}"
        at = f"2026-03-{1 + number // 4:02}T{8 + number % 4:02}:00:00Z"
        yield json.dumps({"at": at, "source": source, "entry": entry, "title": f"News {number % 5}", "text": said})


def ingest(store: Store, lines: list[str], policy: Any) -> list[dict[str, Any]]:
    return [
        record
        for number, line in enumerate(lines)
        for record in replay_batch(store, [(number, line)], policy, DEFAULT_MEMORY_S)
    ]


def test_work_continues_on_the_copy_as_on_one_store(urls: tuple[str, str], tmp_path: Path) -> None:
    policy, lines = rule_policy(tmp_path, *RULES), list(news_lines())
    with closing(open_store("sqlite:///:memory:")) as alone:
        expected = ingest(alone, lines, policy)

    with closing(open_store(urls[0])) as source:
        first = ingest(source, lines[:8], policy)
        with closing(open_any_schema(urls[1])) as target:
            copy(source, target)
        rows = all_rows(source)
    with closing(open_store(urls[1], create=False)) as target:
        assert all_rows(target) == rows
        rest = ingest(target, lines[8:], policy)

    assert [*first, *rest] == expected
    assert {record["type"] for record in rest} == {"update", "finding", "alert"}


def test_an_index_without_pending_rows_continues_its_numbers(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inverted_index, "FLUSH_THRESHOLD_TERMS", 1)
    with closing(open_store(urls[0])) as source, closing(open_any_schema(urls[1])) as target:
        add_sources(source, "wire")
        commit_texts(source, ["Three bridges are closed."])
        copy(source, target)
        commit_texts(target, ["Four bridges are closed."], entry="e2")
        with target.read() as conn:
            found = StoredHistory(conn, since=0.0).candidates([["bridges"]])[0]
    assert {prior.text for prior in found} == {"Three bridges are closed.", "Four bridges are closed."}


def test_odd_texts_are_copied_unchanged(urls: tuple[str, str]) -> None:
    odd = 'NUL \\u0000 "quoted" \\\\ 𝕏 لا \r\n' + "x" * 3_000_000
    with closing(open_store(urls[0])) as source, closing(open_any_schema(urls[1])) as target:
        add_sources(source, "wire")
        commit_texts(source, [odd, "a\0b \ud800"])
        with source.write() as conn:
            conn.execute(insert(schema.gist_letters), {"id": 1, "counts": bytes(range(256)) * 100})
            conn.execute(
                insert(schema.answers),
                {"alert_id": "al-1", "answer": "seen", "note": "\0", "by": "", "at": 0.1 + 0.2, "id": 2**40}
                | {"pairs": ["\0\ud800", {"a": [1e-300, None, True]}]},
            )
            conn.execute(insert(schema.told), {"rule": "r", "story": "s", "text_hash": -(2**63)})
        assert sum(copy(source, target).values()) > 5
        assert all_rows(target) == all_rows(source)
        with target.write() as conn:
            answer = {"alert_id": "al-2", "answer": "seen", "note": "", "by": "", "at": 1.0, "pairs": []}
            assert conn.execute(insert(schema.answers), answer).inserted_primary_key == (2**40 + 1,)


def test_a_target_with_rows_is_refused_and_left_alone(urls: tuple[str, str]) -> None:
    with closing(open_store(urls[0])) as source, closing(open_store(urls[1])) as target:
        add_sources(source, "wire")
        add_sources(target, "press")
        with pytest.raises(StoreError, match=r"has data already \(sources\)"):
            copy(source, target)
        assert [row[0] for row in all_rows(target)["sources"]] == ["press"]


def test_a_copy_that_fails_leaves_the_target_empty(urls: tuple[str, str]) -> None:
    with closing(open_store(urls[0])) as source, closing(open_store(urls[1])) as target:
        add_sources(source, "wire")
        commit_texts(source, ["Three bridges are closed."])
        with closing(copy_store(source, target, dead_after_s=20.0)) as steps:
            assert any(step.table == "updates" and step.copied for step in steps)
        assert not any(all_rows(target).values())
        copy(source, target)
        assert all_rows(target) == all_rows(source)


def copy_until_killed(urls: tuple[str, str]) -> None:
    with closing(open_store(urls[0])) as source, closing(open_store(urls[1])) as target:
        for step in copy_store(source, target, dead_after_s=20.0):
            if step.table == "updates" and step.copied:
                os._exit(9)


def test_a_copy_that_was_killed_is_refused_by_all_but_the_next_copy(urls: tuple[str, str]) -> None:
    with closing(open_store(urls[0])) as source:
        add_sources(source, "wire")
        commit_texts(source, ["Three bridges are closed."])
    if (child := os.fork()) == 0:
        copy_until_killed(urls)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

    with pytest.raises(StoreError, match=r"was not completed: run `monitor copy-store` again"):
        open_store(urls[1])
    with closing(open_store(urls[0])) as source, closing(open_any_schema(urls[1])) as target:
        copy(source, target)
        assert all_rows(target) == all_rows(source)


def test_a_copy_is_refused_while_a_daemon_runs_on_either_database(urls: tuple[str, str]) -> None:
    with closing(open_store(urls[0])) as source, closing(open_store(urls[1])) as target:
        for store in (source, target):
            with closing(open_any_schema(urls[0] if store is source else urls[1])) as daemon, daemon.hold_daemon():
                if store.is_shared:
                    with store.write() as conn:
                        workers.save_beat(conn, "w", "rules")
                with pytest.raises(StoreBusy, match="daemon is running"):
                    copy(source, target)
            with store.write() as conn:
                conn.execute(delete(schema.workers))


def test_the_command_shows_the_rows_of_each_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text("")
    with closing(open_store("sqlite:///monitor.db")) as store:
        add_sources(store, "wire", "press")

    assert run_command_line(["copy-store", "config", "sqlite:///other.db"]) == 0
    out = capsys.readouterr().out
    assert "\nsources: 2 of 2 rows\n" in f"\n{out}"
    assert out.endswith("tables from monitor.db to other.db; the counts agree\n")
    with closing(sqlite3.connect("other.db")) as connection:
        assert connection.execute("SELECT name FROM sources ORDER BY 1").fetchall() == [("press",), ("wire",)]
    for arguments, reason in (
        (("config", "sqlite:///other.db"), "has data already"),
        (("config", "config"), "are the same database"),
        (("sqlite:///none.db", "sqlite:///new.db"), "does not exist"),
        (("config", "mysql://me:hunter2@host/db"), "expected"),
    ):
        assert run_command_line(["copy-store", *arguments]) == 2
        err = capsys.readouterr().err
        assert reason in err
        assert "hunter2" not in err


def test_the_target_is_upgraded_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    migrate_to(url, "0015")
    with closing(open_store("sqlite:///:memory:")) as source, closing(open_any_schema(url)) as target:
        add_sources(source, "wire")
        copy(source, target)
    with closing(open_store(url)) as target:
        assert len(all_rows(target)["sources"]) == 1
