"""The article behind a feed's short item: its text without what frames it. Runs in a worker process (`worker.py`).

Needs the extra `claimwatch[fulltext]`.
"""

from __future__ import annotations

import logging
import re

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.charset import decoded
from monitor.sources.feed import Feed
from monitor.sources.page import is_gate, refuse_what_is_no_text
from monitor.sources.reading import Reading
from monitor.sources.tidy import clean

BEGIN, END = "<article>", "</article>"  # by which it is known again in what was stored
_AROUND = re.compile(r"</?(?:html|head|body|article)\b[^<>]*>", re.IGNORECASE)


def parse_article(body: bytes, content_type: str, url: str, _: Reading) -> Feed:
    """The article as the one entry, its body in HTML. ParseError `empty_body`, or `not_the_page` for what is no
    text, holds no article, or is a login, captcha or error page."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    refuse_what_is_no_text(body)
    page = clean(decoded(body, content_type))
    found = trafilatura.extract(page, output_format="html", include_comments=False, deduplicate=False) or ""
    if not found.strip():
        raise ParseError("not_the_page", "no article is found on the page")
    if is_gate(page, found):
        raise ParseError("not_the_page", "a login, captcha or error page came instead of the article")
    article = f"{BEGIN}{_AROUND.sub('', found).strip()}{END}"
    return Feed("", (Entry(key=url, title="", url=url, body=article),), None, ())


def article_in(text: str) -> str:
    """The article that a stored text begins with, "" if it begins with none."""
    return text[: text.index(END) + len(END)] if text.startswith(BEGIN) and END in text else ""
