"""By what texts are known again word for word."""

from __future__ import annotations

import unicodedata

SAME_MARK = str.maketrans("‘’‚‛′“”„‟″«»‐‑‒–—―−", "'" * 5 + '"' * 7 + "-" * 7)


def text_key(text: str) -> str:
    """What is equal for texts that are the same word for word: letter case, quote marks, dashes and ends aside."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(SAME_MARK).casefold().split()).rstrip(" .:;,")
