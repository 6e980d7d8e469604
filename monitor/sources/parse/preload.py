"""Imported once, in the server process that worker processes are forked from: they share its memory.

A worker gets a copy of each page that it writes to. So what every worker would import or compile is there before.
"""

from __future__ import annotations

import gc
import importlib

from monitor.heap import trim_heap, use_one_heap
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import parse_as_feed

MODULES = ("monitor.sources.parse.item_isolation", "multiprocessing.popen_forkserver", "runpy", "xml.sax.expatreader")
FEED = b"""<rss version="2.0"><channel><title>News</title><item><title>Report</title><guid>1</guid>
<pubDate>Thu, 01 Jan 2026 10:00:00 GMT</pubDate><description>&lt;p&gt;Text.&lt;/p&gt;</description></item>
</channel></rss>"""

use_one_heap()
for module in MODULES:
    importlib.import_module(module)
parse_as_feed(FEED, "application/rss+xml", "https://news.example/feed", ParseOptions("feed"))
trim_heap()
gc.freeze()  # a collection in a worker would write to all objects
