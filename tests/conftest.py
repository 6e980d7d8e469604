"""Fixtures and markers of every test."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# The machine that runs the tests may be busy: an example that takes long is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SLOW_FOLDERS = {"daemon", "packaging"}  # the whole program, in real time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests of the whole program and tests on PostgreSQL as slow. Other slow tests carry the marker."""
    for item in items:
        if item.path.parent.name in SLOW_FOLDERS or "postgres" in item.name or is_on_postgres(item):
            item.add_marker(pytest.mark.slow)


def is_on_postgres(item: pytest.Item) -> bool:
    return "postgres_server_url" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies of the environment, which would be asked for the servers of the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo the logging setup of a test, whose stream is closed by the time the next one runs."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
