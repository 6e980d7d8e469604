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
_STATE = attrgetter(
    *("version", "infeed", "inentry", "incontent", "intextinput", "inimage", "inauthor", "incontributor"),
    *("inpublisher", "insource", "sourcedata", "contentparams", "svgOK", "depth", "hasContent", "_summaryKey"),
)
_TRACE = "left_a_trace"  # in what is said of the feed: no other way leads out of feedparser


class _Watched(api.StrictFeedParser):  # type: ignore[misc]
    def _start_item(self, attributes: Any) -> None:
        self.before = _state(self)
        if not any(self.basestack[-2:-1]):  # an address that the last item was relative to would stay
            self.baseuri = self.basestack[-1] = attributes.get("xml:base", attributes.get("base")) or ""
        super()._start_item(attributes)

    def _end_item(self) -> None:
        super()._end_item()
        if self.before != _state(self):
            self.feeddata[_TRACE] = True

    _start_entry, _end_entry = _start_item, _end_item


def _state(parser: Any) -> tuple[object, ...]:
    return tuple(dict(one) if isinstance(one, dict) else one for one in _STATE(parser))


def parse(*args: Any, **kwargs: Any) -> Any:
    """feedparser's own, with its arguments."""
    return api.parse(*args, **kwargs)


def is_separable(found: Any) -> bool:
    """Whether each item of a feed that was parsed would read the same without the others before it."""
    well_formed = found.get("encoding") and not isinstance(found.get("bozo_exception"), SAXException)
    return bool(well_formed) and _TRACE not in found.feed


api.StrictFeedParser = _Watched
api.PREFERRED_XML_PARSERS = []  # looking for another one than Python's takes a tenth of a small feed's time
