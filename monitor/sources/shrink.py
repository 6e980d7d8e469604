"""Whether a source that suddenly says next to nothing is believed: a site in trouble answers with status 200, too.

Pure. What is not believed is an error, and what was known stays; when it is all that came for three polls running,
the fourth takes it for true.
"""

from __future__ import annotations

from monitor.errors import ParseError

SUSPICIOUS_SHRINK = "suspicious_shrink"
MAX_SHRINK_REJECTIONS = 3  # times running that it is not believed
MIN_COUNT_BEFORE = 3  # fewer than these may well be gone
MIN_SHARE_LEFT = 0.2  # of the claims of a page


def is_shrinkage_accepted(code: str | None, failures: int) -> bool:
    """Whether it has been refused often enough: `code` and `failures` are those of the polls before."""
    return code == SUSPICIOUS_SHRINK and failures >= MAX_SHRINK_REJECTIONS


def page_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """What is wrong with a page of so many claims, before and now."""
    if count_before < MIN_COUNT_BEFORE or count_now >= MIN_SHARE_LEFT * count_before:
        return None
    return ParseError(
        SUSPICIOUS_SHRINK,
        f"the page has {count_now} of its {count_before} claims left; what stood there is kept for now",
    )


def list_shrinkage_error(count_before: int, count_now: int) -> ParseError | None:
    """What is wrong with a source of so many entries, before and now."""
    if count_before < MIN_COUNT_BEFORE or count_now:
        return None
    return ParseError(
        SUSPICIOUS_SHRINK, f"all {count_before} entries are gone at once; what stood there is kept for now"
    )
