"""Compares how libraries read the dates of tests/sources/test_dates.py.

    python benchmarks/date_forms.py

Prints for each reader how many of the dates it reads right, wrong and not at all, and how many of the texts without
one certain meaning it takes for a date.
"""

from __future__ import annotations

import calendar
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from dateutil.parser import parse as dateutil_parse
from feedparser.datetimes import _parse_date as feedparser_parse

from monitor.sources.parse.dates import parse_date

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.sources import test_dates

Reader = Callable[[str], float | None]


def _feedparser(text: str) -> float | None:
    parsed = feedparser_parse(text)
    return None if parsed is None else float(calendar.timegm(parsed))


def _dateutil(text: str) -> float | None:
    moment = dateutil_parse(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _email_utils(text: str) -> float | None:
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


READERS: dict[str, Reader] = {
    "dates.py": parse_date,
    "feedparser": _feedparser,
    "dateutil": _dateutil,
    "email.utils": _email_utils,
}


def _read(reader: Reader, text: str) -> float | None:
    try:
        return reader(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _expected_moments() -> dict[str, float]:
    zones = {f"Thu, 21 Mar 2024 21:10:00 {name}": hours for name, hours in test_dates.ZONES.items()}
    return {
        text: (test_dates.TEN_PAST_NINE - timedelta(hours=hours)).timestamp()
        for text, hours in (test_dates.FORMS | zones).items()
    }


def main() -> None:
    warnings.simplefilter("ignore")
    expected = _expected_moments()
    for name, reader in READERS.items():
        found = {text: _read(reader, text) for text in expected}
        counts = Counter(
            "not read" if found[text] is None else "right" if found[text] == at else "wrong"
            for text, at in expected.items()
        )
        taken = sum(_read(reader, text) is not None for text in test_dates.UNCERTAIN)
        print(
            f"{name:<12} of {len(expected)}: right {counts['right']}, wrong {counts['wrong']}, not read "
            f"{counts['not read']}; of {len(test_dates.UNCERTAIN)} uncertain texts taken for a date: {taken}"
        )


if __name__ == "__main__":
    main()
