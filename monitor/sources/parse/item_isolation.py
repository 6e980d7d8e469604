"""Patches feedparser to detect state that leaks from one item of a feed to the next. Imported only in workers.

An unexpected tag in one item can change how feedparser parses the following ones. Only a feed without such leaks may
be parsed in parts.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from xml.sax import SAXException

from feedparser import api, datetimes

# The attributes that affect how the next item is parsed, except those that are reset at the start of an item.
_PARSER_STATE = attrgetter(
    *("version", "infeed", "inentry", "incontent", "intextinput", "inimage", "inauthor", "incontributor"),
    *("inpublisher", "insource", "sourcedata", "contentparams", "svgOK", "depth", "hasContent", "_summaryKey"),
)
_LEAK_KEY = "left_a_trace"  # in the feed's own fields: feedparser returns nothing else of its parser


class _LeakDetectingParser(api.StrictFeedParser):  # type: ignore[misc]
    def _start_item(self, attributes: Any) -> None:
        self._state_at_start = _parser_state(self)
        if not any(self.basestack[-2:-1]):  # otherwise the base URL of the previous item would stay
            self.baseuri = self.basestack[-1] = attributes.get("xml:base", attributes.get("base")) or ""
        super()._start_item(attributes)

    def _end_item(self) -> None:
        super()._end_item()
        if self._state_at_start != _parser_state(self):
            self.feeddata[_LEAK_KEY] = True

    _start_entry, _end_entry = _start_item, _end_item


def _parser_state(parser: Any) -> tuple[object, ...]:
    return tuple(dict(value) if isinstance(value, dict) else value for value in _PARSER_STATE(parser))


def run_feedparser(*args: Any, **kwargs: Any) -> Any:
    """`feedparser.parse` with the patched parser."""
    return api.parse(*args, **kwargs)


def is_separable(parsed: Any) -> bool:
    """Return whether each item of a parsed feed parses the same without the items before it."""
    well_formed = parsed.get("encoding") and not isinstance(parsed.get("bozo_exception"), SAXException)
    return bool(well_formed) and _LEAK_KEY not in parsed.feed


api.StrictFeedParser = _LeakDetectingParser
datetimes._date_handlers.clear()  # dates are parsed by `dates`
api.PREFERRED_XML_PARSERS = []  # searching for other XML parsers takes 10% of the time of a small feed
