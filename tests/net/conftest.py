"""Fixture: a server that no request may reach."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from kit.raw_server import RawServer, http_response


@pytest.fixture
async def canary() -> AsyncIterator[RawServer]:
    """A server that must never be dialed."""
    async with RawServer(http_response(b"secret"), host="0.0.0.0") as server:
        yield server
