"""The newsroom's store, made once, and what asks its pages without a network between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from kit.newsroom import newsroom, reader_of

from monitor.store import Store, open_store


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newsroom")


@pytest.fixture(scope="session")
def news(folder: Path) -> Iterator[Store]:
    with closing(newsroom(folder)) as store:
        yield store


@pytest.fixture
def bare() -> Iterator[Store]:
    """A store with nothing in it."""
    with closing(open_store("sqlite:///:memory:")) as store:
        yield store


@pytest.fixture
async def reader(news: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with reader_of(news) as client:
        yield client


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Store]:
    """A newsroom that this test alone may change."""
    with closing(newsroom(tmp_path)) as store:
        yield store


@pytest.fixture
async def editor(own: Store) -> AsyncIterator[httpx.AsyncClient]:
    """Who asks the pages of that newsroom."""
    async with reader_of(own) as client:
        yield client
