"""The article behind a feed's short item: its text without what frames it. Runs in a worker process (`worker.py`).

Needs the extra `claimwatch[fulltext]`.
"""

from __future__ import annotations

import logging
import re

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import is_interstitial, reject_non_text
from monitor.sources.parse.sanitize import clean_text

ARTICLE_START, ARTICLE_END = "<article>", "</article>"  # by which it is known again in what was stored
_WRAPPER_TAGS = re.compile(r"</?(?:html|head|body|article)\b[^<>]*>", re.IGNORECASE)


def parse_article(body: bytes, content_type: str, url: str, _: ParseOptions) -> Feed:
    """The article as the one entry, its body in HTML. ParseError `empty_body`, or `not_the_page` for what is no
    text, holds no article, or is a login, captcha or error page."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    reject_non_text(body)
    page = clean_text(decode_body(body, content_type))
    extracted = trafilatura.extract(page, output_format="html", include_comments=False, deduplicate=False) or ""
    if not extracted.strip():
        raise ParseError("not_the_page", "no article is found on the page")
    if is_interstitial(page, extracted):
        raise ParseError("not_the_page", "a login, captcha or error page came instead of the article")
    article = f"{ARTICLE_START}{_WRAPPER_TAGS.sub('', extracted).strip()}{ARTICLE_END}"
    return Feed("", (Entry(key=url, title="", url=url, body=article),), None, ())


def stored_article(text: str) -> str:
    """The article that a stored text begins with, "" if it begins with none."""
    return (
        text[: text.index(ARTICLE_END) + len(ARTICLE_END)]
        if text.startswith(ARTICLE_START) and ARTICLE_END in text
        else ""
    )
