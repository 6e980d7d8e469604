"""The one-line notice that a page shows after a change.

The redirect carries a code and a number, no text: a link cannot put words of its own on a page.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from monitor.web.endpoint import Site
from monitor.web.params import page_url, parse_choice, parse_row_number

DONE_PARAMS = ("done", "count")
NOTHING_KEPT: Mapping[str, object] = {}


def done_redirect(
    site: Site, path: str, code: str, count: int = 1, kept: Mapping[str, object] = NOTHING_KEPT
) -> Response:
    """Return the redirect to a page that says what was done. `kept` are its other parameters."""
    number = None if count == 1 else count
    return RedirectResponse(site.base + page_url(path, {**kept, "done": code, "count": number}), 303)


def done_notice(params: Mapping[str, str], sentences: Mapping[str, tuple[str, str]]) -> str:
    """Return the sentence of a code, the first one for a count of 1; "" without a code.

    Raise HTTPException 400 for an unknown code.
    """
    code = parse_choice(params, "done", sentences)
    if code is None:
        return ""
    count = parse_row_number(params, "count")
    one, several = sentences[code]
    return one if count in (None, 1) else several.format(count=count)
