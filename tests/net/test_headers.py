from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.net.headers import max_age_seconds, parse_http_date, retry_after_seconds

NOW = datetime(2025, 12, 15, 12, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("0", 0.0),
        ("1000000000", 1e9),
        ("99999999999999999999", 1e9),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("١٢", None),
        ("Mon, 15 Dec 2025 13:00:00 GMT", 3600.0),
        ("Monday, 15-Dec-25 13:00:00 GMT", 3600.0),
        ("Mon Dec 15 13:00:00 2025", 3600.0),
        ("Mon, 15 Dec 2025 11:00:00 GMT", 0.0),
        ("Mon, 15 Dec 99999 13:00:00 GMT", None),
        ("Mon, 99 Dec 2025 13:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600.0),
        ({"cache-control": 'public, MAX-AGE = "600"'}, 600.0),
        ({"cache-control": "max-age=600", "age": "100"}, 500.0),
        ({"cache-control": "max-age=600", "age": "700"}, 0.0),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "max-age=never"}, None),
        ({"expires": "Mon, 15 Dec 2025 12:10:00 GMT"}, 600.0),
        ({"expires": "Mon, 15 Dec 2025 12:10:00 GMT", "date": "Mon, 15 Dec 2025 12:05:00 GMT"}, 300.0),
        ({"expires": "-1"}, None),
        ({"expires": "Mon, 15 Dec 2025 12:10:00 GMT", "cache-control": "max-age=60"}, 60.0),
    ],
)
def test_max_age_comes_from_cache_control_else_expires(headers: dict[str, str], seconds: float | None) -> None:
    assert max_age_seconds(headers, NOW) == seconds


def test_a_date_without_a_time_zone_is_utc() -> None:
    assert parse_http_date("Mon, 15 Dec 2025 12:00:00 -0000") == NOW
