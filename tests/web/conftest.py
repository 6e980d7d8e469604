"""Fixtures: the sample store, and HTTP clients that call its pages in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from kit.databases import new_database_url
from kit.sample_store import build_sample_store, page_client
from kit.tryout_workers import ThreadWorkers

from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.web import tryout_runner


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample_store")


@pytest.fixture(scope="session")
def sample_news_store(sample_folder: Path) -> Iterator[Store]:
    with closing(build_sample_store(sample_folder)) as store:
        yield store


@pytest.fixture
def empty_store() -> Iterator[Store]:
    with closing(open_store(new_database_url())) as store:
        yield store


@pytest.fixture
async def page_reader(sample_news_store: Store, sample_folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with page_client(sample_news_store, folder=sample_folder) as client:
        yield client


@pytest.fixture
def editable_store(tmp_path: Path) -> Iterator[Store]:
    """A copy of the sample store that the test may change."""
    with closing(build_sample_store(tmp_path)) as store:
        yield store


@pytest.fixture
async def page_editor(editable_store: Store, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the editable store's pages."""
    async with page_client(editable_store, folder=tmp_path) as client:
        yield client


@pytest.fixture
def in_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try-outs run in a thread, which starts faster than a process."""
    monkeypatch.setattr(tryout_runner, "WorkerPool", ThreadWorkers)
