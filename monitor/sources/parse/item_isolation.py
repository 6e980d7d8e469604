"""feedparser, watched for what it carries over from one item of a feed to the next. Imported in workers alone.

Its reader is one big state: a tag that it does not expect can change how the following items are read. A feed in
which no item leaves a trace may be parsed in parts.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from xml.sax import SAXException

from feedparser import api

# What decides how the next item is read, but for what an item sets when it begins.
_PARSER_STATE = attrgetter(
    *("version", "infeed", "inentry", "incontent", "intextinput", "inimage", "inauthor", "incontributor"),
    *("inpublisher", "insource", "sourcedata", "contentparams", "svgOK", "depth", "hasContent", "_summaryKey"),
)
_LEAK_KEY = "left_a_trace"  # in what is said of the feed: no other way leads out of feedparser


class _LeakDetectingParser(api.StrictFeedParser):  # type: ignore[misc]
    def _start_item(self, attributes: Any) -> None:
        self._state_at_start = _parser_state(self)
        if not any(self.basestack[-2:-1]):  # an address that the last item was relative to would stay
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
    """feedparser's own, with its arguments."""
    return api.parse(*args, **kwargs)


def is_separable(parsed: Any) -> bool:
    """Whether each item of a feed that was parsed would read the same without the others before it."""
    well_formed = parsed.get("encoding") and not isinstance(parsed.get("bozo_exception"), SAXException)
    return bool(well_formed) and _LEAK_KEY not in parsed.feed


api.StrictFeedParser = _LeakDetectingParser
api.PREFERRED_XML_PARSERS = []  # looking for another one than Python's takes a tenth of a small feed's time
