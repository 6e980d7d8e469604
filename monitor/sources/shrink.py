"""Whether a source that suddenly says next to nothing is believed: a site in trouble answers with status 200, too.

Pure. What is not believed is an error, and what was known stays; when it is all that came for three polls running,
the fourth takes it for true.
"""

from __future__ import annotations

from monitor.errors import ParseError

SHRUNK = "suspicious_shrink"
REFUSED = 3  # times running that it is not believed
MANY = 3  # fewer than these may well be gone
LEFT = 0.2  # of the claims of a page


def believed(code: str | None, failures: int) -> bool:
    """Whether it has been refused often enough: `code` and `failures` are those of the polls before."""
    return code == SHRUNK and failures >= REFUSED


def page_shrunk(before: int, now: int) -> ParseError | None:
    """What is wrong with a page of so many claims, before and now."""
    if before < MANY or now >= LEFT * before:
        return None
    return ParseError(SHRUNK, f"the page has {now} of its {before} claims left; what stood there is kept for now")


def list_shrunk(before: int, now: int) -> ParseError | None:
    """What is wrong with a source of so many entries, before and now."""
    if before < MANY or now:
        return None
    return ParseError(SHRUNK, f"all {before} entries are gone at once; what stood there is kept for now")
