"""The key of answer links: created once for a database, and the same for every process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import delete

from monitor.store.answer_key import META_KEY, ensure_answer_key, load_answer_key
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.schema import meta


def test_a_new_database_has_no_key_until_a_daemon_asks_for_it(store: Store) -> None:
    with store.read() as conn:
        assert load_answer_key(conn) is None
    key = ensure_answer_key(store)
    with store.read() as conn:
        assert load_answer_key(conn) == key
    assert len(key) >= 32


def test_the_key_is_created_once(store: Store) -> None:
    assert ensure_answer_key(store) == ensure_answer_key(store)


def test_the_key_survives_a_restart_and_is_the_same_in_every_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db"
    with closing(open_store(url)) as first, closing(open_store(url)) as second:
        key = ensure_answer_key(first)
        assert ensure_answer_key(second) == key
    with closing(open_store(url)) as third:
        assert ensure_answer_key(third) == key


def test_two_databases_have_different_keys(tmp_path: Path) -> None:
    with (
        closing(open_store(f"sqlite:///{tmp_path}/a.db")) as first,
        closing(open_store(f"sqlite:///{tmp_path}/b.db")) as second,
    ):
        assert ensure_answer_key(first) != ensure_answer_key(second)


def test_the_key_is_replaced_after_its_row_was_deleted(store: Store) -> None:
    key = ensure_answer_key(store)
    with store.write() as conn:
        conn.execute(delete(meta).where(meta.c.key == META_KEY))

    assert ensure_answer_key(store) != key
