"""Extracts the article from a web page, without navigation and other page furniture. Runs in a worker process.

Needs the extra `claimwatch[fulltext]`.
"""

from __future__ import annotations

import logging
import re

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.interstitial import interstitial_error
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import reject_non_text
from monitor.sources.parse.sanitize import clean_text

ARTICLE_START, ARTICLE_END = "<article>", "</article>"  # mark the article in a stored text
_WRAPPER_TAGS = re.compile(r"</?(?:html|head|body|article)\b[^<>]*>", re.IGNORECASE)


def parse_article(body: bytes, content_type: str, url: str, _: ParseOptions) -> Feed:
    """Return the article as the only entry, its body in HTML. Raises ParseError with code `empty_body`, or
    `not_the_page` if there is no article or an interstitial was served."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    reject_non_text(body)
    page = clean_text(decode_body(body, content_type))
    extracted = trafilatura.extract(page, output_format="html", include_comments=False, deduplicate=False) or ""
    if not extracted.strip():
        raise ParseError("not_the_page", "the page contains no article")
    if error := interstitial_error(page, extracted):
        raise error
    article = f"{ARTICLE_START}{_WRAPPER_TAGS.sub('', extracted).strip()}{ARTICLE_END}"
    return Feed("", (Entry(key=url, title="", url=url, body=article),), None, ())


def stored_article(text: str) -> str:
    """Return the article at the start of a stored text, or ""."""
    end = text.find(ARTICLE_END)
    return text[: end + len(ARTICLE_END)] if text.startswith(ARTICLE_START) and end >= 0 else ""
