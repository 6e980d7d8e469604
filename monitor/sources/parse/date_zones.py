"""The time zones that dates name: offsets, abbreviations and names of the time zone database. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Hours east of UTC; those of North America as in RFC 822.
_OFFSETS = """
    z utc gmt ut wet azot 0; bst west cet mez wat 1; cest mesz eet cat sast 2; eest msk мск trt eat 3;
    msd gst samt 4; pkt yekt uzt 5; omst 6; ict wib krat novt 7; hkt sgt myt awst wita irkt pht 8; jst kst wit yakt 9;
    aest vlat 10; aedt 11; nzst 12; nzdt 13; npt 5.75; acst 9.5; acdt 10.5; ndt -2.5; adt art brt clst -3; nst -3.5;
    ast edt clt -4; est cdt cot pet -5; cst mdt -6; mst pdt -7; pst akdt -8; akst -9; hst -10
"""
# Abbreviations that mean something else in feeds of some languages. IST has no usual meaning.
_BY_LANGUAGE = {
    "ist": {
        **dict.fromkeys(("en-in", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "pa"), 5.5),
        **dict.fromkeys(("he", "iw", "en-il"), 2.0),
        **dict.fromkeys(("ga", "en-ie"), 1.0),
    },
    "cst": {"zh": 8.0},
    "bst": {"bn": 6.0},
    "ast": {"ar": 3.0},
    "est": {"en-au": 10.0},
    "edt": {"en-au": 11.0},
}
# Either standard or summer time, by the day.
_REGIONS = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}
_DATABASE_NAME = re.compile(r"[a-z_]+/[a-z_/+\-0-9]+")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?")
MAX_OFFSET_HOURS = 14


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as written.

    `usual` is what it means unless the language says otherwise, None if that is open. `offset` is a numeric offset in
    hours east of UTC.
    """

    usual: tzinfo | None
    by_language: tuple[tuple[str, float], ...] = ()
    offset: float | None = None

    def meaning(self, language: str, offsets: frozenset[float]) -> tzinfo | None:
        """Return what it means in a feed in `language` (such as "en-us"); None if unknown.

        `offsets` are those that other dates of the feed give as numbers, in hours.
        """
        for prefix, hours in self.by_language:
            if language == prefix or language.startswith(f"{prefix}-"):
                return timezone(timedelta(hours=hours))
        possible = offsets & {hours for _, hours in self.by_language}
        if self.usual is None and len(possible) == 1:
            return timezone(timedelta(hours=min(possible)))
        return self.usual


def is_zone_name(name: str) -> bool:
    """Whether a word in lower case names a zone."""
    return name in _abbreviations() or name in _BY_LANGUAGE or name in _REGIONS or _database_zone(name) is not None


def read_zone(name: str, offset: str = "") -> Zone:
    """Return the zone with this name or numeric offset, or with both ("GMT+3"). Raises ValueError if unknown."""
    if not offset and _OFFSET.fullmatch(name):
        name, offset = "", name
    if offset:
        if name not in ("", "gmt", "utc", "ut", "z"):
            raise ValueError(name)
        return Zone(timezone(timedelta(hours=_parse_offset(offset))), offset=_parse_offset(offset))
    if name in _REGIONS:
        return Zone(ZoneInfo(_REGIONS[name]))
    if (zone := _database_zone(name)) is not None:
        return Zone(zone)
    hours = _abbreviations().get(name)
    by_language = tuple(_BY_LANGUAGE.get(name, {}).items())
    if hours is None and not by_language:
        raise ValueError(name)
    return Zone(None if hours is None else timezone(timedelta(hours=hours)), by_language)


def _parse_offset(text: str) -> float:
    match = _OFFSET.fullmatch(text)
    if not match or int(match[3] or 0) > 59:
        raise ValueError(text)
    hours = int(match[2]) + int(match[3] or 0) / 60
    if hours > MAX_OFFSET_HOURS:
        raise ValueError(text)
    return -hours if match[1] == "-" else hours


@cache
def _abbreviations() -> dict[str, float]:
    groups = (group.split() for group in _OFFSETS.split(";"))
    return {name: float(hours) for *names, hours in groups for name in names} | {"met": 1.0, "mest": 2.0}


@lru_cache(maxsize=64)
def _database_zone(name: str) -> tzinfo | None:
    if not _DATABASE_NAME.fullmatch(name):
        return None
    parts = ("_".join(word.capitalize() for word in part.split("_")) for part in name.split("/"))
    try:
        return ZoneInfo("/".join(parts).replace("/Gmt", "/GMT").replace("/Utc", "/UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
