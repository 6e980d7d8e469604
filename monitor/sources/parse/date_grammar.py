"""Reads the text of one date into its parts, in the many ways in which feeds write dates. Pure.

Every character must have a meaning: a text with a word or number left over is not a date. A text that can be read in
several ways has several `days`; `dates` decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from monitor.sources.parse.date_zones import Zone, is_zone_name, read_zone
from monitor.text.lexicon.cldr import calendar_names, names_starting_with
from monitor.units import DAY

MAX_DATE_CHARS = 120
FIRST_TWO_DIGIT_YEAR = 90  # 90 is 1990, 89 is 2089
# What CLDR's table lacks: short forms that are also English words, and spellings without accents.
MONTH_WORDS = {"gen": 1, "fevrier": 2, "mars": 3, "maerz": 3, "mag": 5, "ago": 8, "aout": 8, "set": 9, "out": 10}
MONTH_WORDS |= {"ott": 10, "dez": 12, "decembre": 12}
WEEKDAY_WORDS = {
    "mon": 0,
    "tue": 1,
    "tues": 1,
    "wed": 2,
    "thu": 3,
    "thur": 3,
    "thurs": 3,
    "fri": 4,
    "sat": 5,
    "sun": 6,
}
FILLERS = frozenset(
    "at on of the um uhr den der à le la las às as de del di do h kl klo godz г года год в р року".split()
)  # no letter that is a zone of the military, such as A
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|e|o|a|-?го)\b")
_SPANISH_AT = re.compile(r"\ba(?= las? \d)")
_COMPACT = re.compile(r"(\d{8})(\d{4}(?:\d\d)?)")
_PUNCTUATION = re.compile(r"[\s.,;:/'’|·•@-]*")

_ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:(?:t| (?=\d\d:))(\d\d)(?::?(\d\d)(?::?(\d\d(?:[.,]\d{1,9})?))?)?)?"
    r"\s*(z|[+-]\d\d(?::?\d\d)?)?"
)
_TIME = re.compile(r"(?<![\d:.+-])(\d{1,2}):(\d\d)(?::(\d\d(?:[.,]\d{1,9})?))?(?![\d:])")
_HALF_DAY_BEFORE = re.compile(r"(?:(午前|上午|오전)|(午後|下午|오후))\s*(?=\d)")
_HALF_DAY_AFTER = re.compile(r"\s*(?:(a)|p)\.?\s?m\b\.?")
_HOUR_ONLY = re.compile(r"(?<![\d:.])(\d{1,2})(?=\s*[ap]\.?\s?m\b)")
_CJK_DAY = re.compile(r"(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]")
_CJK_TIME = re.compile(r"(\d{1,2})\s*[时時點点시](?:\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?)?")
_LETTER_TIME = re.compile(r"(?<![\d.])(\d{1,2})\s?(?:h\s?(\d\d)(?:\s?min)?|\.(\d\d)(?=\s*uhr))\b")
_DOTTED_TIME = re.compile(r"(?<![\d.])(?<!\d\. )(\d{1,2})\.(\d\d)(?![\d.]|\s*[./-]?\s*\d)")
_LOG_TIME = re.compile(r"(?<=/\d{4}):(?=\d\d:)")  # as in the log of a web server: 28/Nov/2026:14:30:00 +0300
_COMMENT = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_ZONE = re.compile(
    r"[\s,]*(?P<name>[a-z_]+/[a-z_/]+|[^\W\d_]{1,5}(?![^\W_]))?"
    r"(?P<offset>(?:(?<=[a-z]) )?[+-]\d{1,2}(?::?\d\d)?(?![\d:./-]))?"
)
_NAME_AFTER_OFFSET = re.compile(r"\s*([^\W\d_]{2,5})(?!\w)")
_NUMERIC_DAY = re.compile(r"(?<!\d)(\d{1,4})(\s*[./-]\s*| )(\d{1,2})(\s*[./-]\s*| )(\d{1,4})(?!\d)")
_LEADING_WORD = re.compile(
    r"\A\s*([^\W\d_]+)\.?,\s*(?=\d|[^\W\d_])"
)  # the place of the weekday in "Sa., 28 Nov 2026"
_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:-[^\W\d_]+)*|[ºª]")


@dataclass(frozen=True, slots=True)
class DateParts:
    """A date as written. `days` has each possible day by its order ("dmy", "mdy", "ymd"; "" if there is no doubt).

    `seconds` counts from the start of the day; it may be 86400. `weekday` is 0 for Monday.
    """

    days: tuple[tuple[str, date], ...]
    seconds: float
    zone: Zone | None
    weekday: int | None = None


def read_date_parts(text: str) -> DateParts | None:
    """Return the parts of a date; None if the text is not one, or only in part."""
    folded = unicodedata.normalize("NFKC", text[: MAX_DATE_CHARS + 1]).casefold().replace("\N{MINUS SIGN}", "-")
    folded = " ".join(folded.split())
    return _read_folded(folded) if len(folded) <= MAX_DATE_CHARS else None


@lru_cache(maxsize=256)
def _read_folded(text: str) -> DateParts | None:
    if compact := _COMPACT.fullmatch(text):
        text = f"{compact[1]}t{compact[2]}"
    try:
        iso = _ISO.fullmatch(text)
        return _read_iso(iso) if iso else _read_written(text)
    except ValueError:  # a day, time or zone that does not exist
        return None


def _read_iso(match: re.Match[str]) -> DateParts | None:
    year, _, month, day, hour, minute, second, zone = match.groups()
    if zone and not hour and zone.startswith("-"):  # "2026-11-28-05" may also mean five o'clock
        return None
    day_parts = (("", date(int(year), int(month), int(day))),)
    return DateParts(day_parts, _seconds(hour or "0", minute, second), read_zone(zone) if zone else None)


def _read_written(text: str) -> DateParts | None:
    text, comments = _without_comments(_unified(text))
    seconds, zone, rest = _take_time(text)
    for comment in comments:
        if zone is None and is_zone_name(comment):
            zone = read_zone(comment)
        elif zone is None and _weekday(comment) is None and len(comment) != 1:  # "(土)" is a weekday
            return None
    days, words = _take_day(_ORDINAL.sub("", _LEADING_WORD.sub(_drop_unknown_word, rest)))
    weekday = None
    for word in words:
        if (number := _weekday(word)) is not None:
            weekday = number
        elif zone is None and is_zone_name(word):
            zone = read_zone(word)
        elif word not in FILLERS:
            return None
    return DateParts(days, seconds, zone, weekday) if days else None


def _unified(text: str) -> str:
    """Write days and times of East Asia, log files and "14h30" with the signs of all others."""
    if not text.isascii():
        text = _CJK_DAY.sub(r" \1-\2-\3 ", text)
        text = _CJK_TIME.sub(lambda match: f" {match[1]}:{int(match[2] or 0):02}:{int(match[3] or 0):02} ", text)
    text = _SPANISH_AT.sub("", _LOG_TIME.sub(" ", text))
    if ":" not in text:
        text = _LETTER_TIME.sub(lambda match: f"{match[1]}:{match[2] or match[3]}", text)
        text = _HOUR_ONLY.sub(r"\1:00", text)
    return text if ":" in text else _DOTTED_TIME.sub(r"\1:\2", text)


def _without_comments(text: str) -> tuple[str, list[str]]:
    comments = [(match[1] or match[2] or "").strip() for match in _COMMENT.finditer(text)]
    return _COMMENT.sub(" ", text), [comment for comment in comments if comment]


def _take_time(text: str) -> tuple[float, Zone | None, str]:
    """Return the time in seconds, its zone, and the text without both."""
    match = _TIME.search(text)
    if not match:
        return 0, None, text
    before, after = text[: match.start()].removesuffix("t"), text[match.end() :]
    hour = int(match[1])
    if half := _HALF_DAY_BEFORE.search(before + "0"):
        before, hour = before[: half.start()], _hour_of_half_day(hour, is_morning=bool(half[1]))
    elif half := _HALF_DAY_AFTER.match(after):
        after, hour = after[half.end() :], _hour_of_half_day(hour, is_morning=bool(half[1]))
    zone, after = _take_zone(after)
    return _seconds(str(hour), match[2], match[3]), zone, f"{before} {after}"


def _hour_of_half_day(hour: int, *, is_morning: bool) -> int:
    """Raises ValueError for 14 AM; 14 PM is 14."""
    if is_morning:
        if hour > 12:
            raise ValueError(hour)
        return hour % 12
    return hour if hour > 12 else hour % 12 + 12


def _take_zone(text: str) -> tuple[Zone | None, str]:
    """Return the zone at the start of the text, and what follows it."""
    match = _ZONE.match(text)
    if not match or not (match["name"] or match["offset"]):
        return None, text
    name, offset = match["name"] or "", (match["offset"] or "").replace(" ", "")
    if name and not is_zone_name(name):
        return None, text
    rest = text[match.end() :]
    if offset and not name and (named := _NAME_AFTER_OFFSET.match(rest)) and is_zone_name(named[1]):
        rest = rest[named.end() :]
    return read_zone(name, offset), rest


def _seconds(hour: str, minute: str | None, second: str | None) -> float:
    """Raises ValueError for a time that does not exist. 24:00 is the end of the day; a minute may have 61 seconds."""
    seconds = float((second or "0").replace(",", "."))
    if int(hour) > 24 or int(minute or 0) > 59 or seconds >= 61:
        raise ValueError(hour)
    total = int(hour) * 3600 + int(minute or 0) * 60 + seconds
    if total > DAY and int(hour) == 24:
        raise ValueError(hour)
    return total


def _take_day(text: str) -> tuple[tuple[tuple[str, date], ...], list[str]]:
    """Return the possible days, and the words that are no part of them."""
    match = _NUMERIC_DAY.search(text)
    if match and match[2].strip() == match[4].strip():
        days = tuple(_numeric_days(match[1], match[3], match[5], separator=match[2].strip()))
        return days, list(_words(f"{text[: match.start()]} {text[match.end() :]}"))
    return _take_named_day(text)


def _numeric_days(first: str, second: str, third: str, *, separator: str) -> Iterator[tuple[str, date]]:
    """Yield the days that the numbers can mean. Dots: day, month and year, in that order if such a day exists."""
    if len(first) == 4:
        orders = {"": (first, second, third)} if len(third) <= 2 else {}
    else:
        orders = {"dmy": (third, second, first), "mdy": (third, first, second)}
        if len(third) <= 2:
            orders["ymd"] = (first, second, third)
    if len(first) == 3 or len(third) == 3:
        return
    for order, parts in orders.items():
        if (day := _existing_day(*parts)) is not None:
            yield order, day
            if separator == "." and len(third) == 4:
                return


def _existing_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(_full_year(year), int(month), int(day))
    except ValueError:
        return None


def _full_year(year: str) -> int:
    number = int(year)
    return number if len(year) > 2 else number + (1900 if number >= FIRST_TWO_DIGIT_YEAR else 2000)


def _take_named_day(text: str) -> tuple[tuple[tuple[str, date], ...], list[str]]:
    """The same for a day whose month is a word."""
    tokens = list(_words(text))
    months = [index for index, token in enumerate(tokens) if _month(token)]
    numbers = [index for index, token in enumerate(tokens) if token.isdecimal()]
    if len(months) != 1 or len(numbers) != 2:
        return (), []
    month = months[0]
    day, year = reversed(numbers) if len(tokens[numbers[0]]) == 4 else numbers
    has_order_of_rfc822 = day < month < year
    if len(tokens[day]) > 2 or len(tokens[year]) != (2 if has_order_of_rfc822 and len(tokens[year]) < 4 else 4):
        return (), []
    named_day = date(_full_year(tokens[year]), _month(tokens[month]) or 0, int(tokens[day]))
    return (("", named_day),), [token for index, token in enumerate(tokens) if index not in (month, day, year)]


def _words(text: str) -> Iterator[str]:
    """Yield numbers and words. Raises ValueError for any character that is neither, nor usual punctuation."""
    end = 0
    for match in _TOKEN.finditer(text):
        if not _PUNCTUATION.fullmatch(text, end, match.start()):
            raise ValueError(text)
        end = match.end()
        yield match[0]
    if not _PUNCTUATION.fullmatch(text, end):
        raise ValueError(text)


def _drop_unknown_word(match: re.Match[str]) -> str:
    word = match[1]
    is_known = _month(word) or _weekday(word) is not None or is_zone_name(word)
    return match[0] if is_known else ""


def _month(word: str) -> int | None:
    return MONTH_WORDS.get(word) or _calendar_number(word, "m")


def _weekday(word: str) -> int | None:
    return WEEKDAY_WORDS[word] if word in WEEKDAY_WORDS else _calendar_number(word, "d")


@lru_cache(maxsize=256)
def _calendar_number(word: str, kind: str) -> int | None:
    """Return the month or weekday with this name in any language; None if languages differ."""
    is_han = any("\u4e00" <= letter <= "\u9fff" for letter in word)
    first, *following = (" ".join(word) if is_han else word.replace("-", " - ")).split()
    names = () if first.isdecimal() else calendar_names(names_starting_with(first))
    numbers = {name.number for name in names if name.kind == kind and name.following == tuple(following)}
    return numbers.pop() if len(numbers) == 1 else None
