"""The key of answer links: created once for a database, and the same for every process."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import delete

from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.schema import meta
from monitor.store.secret_keys import ANSWER_KEY, ensure_secret_key, load_secret_key


def test_a_new_database_has_no_key_until_a_daemon_asks_for_it(store: Store) -> None:
    with store.read() as conn:
        assert load_secret_key(conn, ANSWER_KEY) is None
    key = ensure_secret_key(store, ANSWER_KEY)
    with store.read() as conn:
        assert load_secret_key(conn, ANSWER_KEY) == key
    assert len(key) >= 32


def test_the_key_is_created_once(store: Store) -> None:
    assert ensure_secret_key(store, ANSWER_KEY) == ensure_secret_key(store, ANSWER_KEY)


def test_the_key_survives_a_restart_and_is_the_same_in_every_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/monitor.db"
    with closing(open_store(url)) as first, closing(open_store(url)) as second:
        key = ensure_secret_key(first, ANSWER_KEY)
        assert ensure_secret_key(second, ANSWER_KEY) == key
    with closing(open_store(url)) as third:
        assert ensure_secret_key(third, ANSWER_KEY) == key


def test_two_databases_have_different_keys(tmp_path: Path) -> None:
    with (
        closing(open_store(f"sqlite:///{tmp_path}/a.db")) as first,
        closing(open_store(f"sqlite:///{tmp_path}/b.db")) as second,
    ):
        assert ensure_secret_key(first, ANSWER_KEY) != ensure_secret_key(second, ANSWER_KEY)


def test_the_key_is_replaced_after_its_row_was_deleted(store: Store) -> None:
    key = ensure_secret_key(store, ANSWER_KEY)
    with store.write() as conn:
        conn.execute(delete(meta).where(meta.c.key == ANSWER_KEY))

    assert ensure_secret_key(store, ANSWER_KEY) != key
