"""Small texts of the pages: URLs without secrets, and relative times."""

from __future__ import annotations

import pytest

from monitor.listings import public_url
from monitor.web.page_context import relative_time


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://a.example/feed.xml", "https://a.example/feed.xml"),
        ("https://me:hidden@a.example:8443/feed", "https://a.example:8443/feed"),
        ("https://a.example/feed?key=hidden#hidden", "https://a.example/feed?…"),
        ("https://me@hidden@a.example/feed", "https://a.example/feed"),
        ("https://[a.example/feed?key=hidden", ""),
        ("", ""),
    ],
)
def test_public_url_omits_what_may_be_secret(address: str, shown: str) -> None:
    assert public_url(address) == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "now"), (-59, "now"), (60, "in 1 min"), (-240, "4 min ago"), (-9 * 3600, "9 h ago"), (3 * 86400, "in 3 d")],
)
def test_relative_time_has_one_unit(seconds: float, text: str) -> None:
    assert relative_time(seconds) == text
