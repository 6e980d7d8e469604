"""Durations and times as people write them."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from monitor.units import parse_time


def test_a_time_without_an_offset_is_in_the_given_time_zone():
    assert parse_time("2026-06-01T12:00", UTC) == parse_time("2026-06-01T15:00", ZoneInfo("Europe/Kyiv"))
    assert parse_time("2026-06-01T12:00Z", ZoneInfo("Europe/Kyiv")) == parse_time("2026-06-01T14:00+02:00", UTC)


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "0001-01-01T00:00+23:00", "9999-12-31T23:59-23:00"])
def test_anything_else_is_a_value_error(text):
    with pytest.raises(ValueError):
        parse_time(text, ZoneInfo("Pacific/Kiritimati"))
