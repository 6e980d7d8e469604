"""Fixtures: a daemon of the harness, on SQLite and on PostgreSQL, and a feed and a receiver of posts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer, PostSink
from kit.daemon_harness import DaemonHarness
from kit.followed_source import FollowedSource, follow_source
from kit.polled_site import PolledSite
from kit.site_server import SiteServer


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.sqlite), "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/monitor.db"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def harness(tmp_path: Path, database: str) -> Iterator[DaemonHarness]:
    """A daemon with an empty feed."""
    with FeedServer() as feed:
        yield DaemonHarness(tmp_path, feed, database=database)


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    """A feed with one entry, about a ferry."""
    with FeedServer(Bulletin("1", "The Halvik ferry has run aground")) as server:
        yield server


@pytest.fixture
async def polled_site(tmp_path: Path) -> AsyncIterator[PolledSite]:
    async with SiteServer({}) as site:
        polled_site = PolledSite(tmp_path, site)
        await polled_site.configure()
        yield polled_site
        await polled_site.exit_stack.aclose()


@pytest.fixture
def followed_source(tmp_path: Path) -> Iterator[FollowedSource]:
    with follow_source(tmp_path) as source:
        yield source


@pytest.fixture
def hook() -> Iterator[PostSink]:
    with PostSink() as sink:
        yield sink
