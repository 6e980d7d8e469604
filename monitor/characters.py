"""Characters that texts from outside contain and that cannot be stored, encoded or shown: the only list of them."""

from __future__ import annotations

import re

# For character classes of regular expressions. Tab, line feed, vertical tab, form feed and carriage return are white
# space, so they are not among the controls.
C0_CONTROLS = "\x00-\x08\x0e-\x1f\x7f"
C1_CONTROLS = "\x80-\x9f"
DIRECTION_CONTROLS = "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates
INTERLINEAR_CONTROLS = "\ufff9-\ufffb"
BYTE_ORDER_MARK = "\ufeff"
SURROGATES = "\ud800-\udfff"

_SURROGATE = re.compile(f"[{SURROGATES}]")


def replace_surrogates(text: str) -> str:
    """Join surrogate pairs into one character, and replace lone surrogates, which cannot be encoded, by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
