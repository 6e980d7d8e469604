"""Fixture that runs the tests of a `DaemonHarness` on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.sqlite), "postgres"])
def harness_database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; "" for a SQLite file in the folder of the test."""
    if request.param == "sqlite":
        return ""
    url: str = request.getfixturevalue("empty_postgres_url")
    return url
