"""By what texts are known again word for word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

PUNCTUATION_MAP = str.maketrans("‘’‚‛′“”„‟″«»‐‑‒–—―−", "'" * 5 + '"' * 7 + "-" * 7)
KEY_CACHE_SIZE = 2_048  # keys: a claim is looked up by its own many times while its update is taken in


@lru_cache(maxsize=KEY_CACHE_SIZE)
def normalized_key(text: str) -> str:
    """What is equal for texts that are the same word for word: letter case, quote marks, dashes and ends aside."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(PUNCTUATION_MAP)
    return " ".join(text.casefold().split()).rstrip(" .:;,")


@lru_cache(maxsize=8192)
def hash64(text: str) -> int:
    """A signed 64-bit hash, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


# Soft hyphens, zero-width and direction marks, controls, halves of a surrogate pair. The joiners U+200C and
# U+200D go only after Latin, Greek and Cyrillic: Persian and the Indic scripts spell words with them.
INVISIBLE_PATTERN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
    "|(?<=[\x00-\u05ff])[\u200c\u200d]"
)


def single_line(text: str) -> str:
    """`text` on one line: unseen characters gone, each run of white space (also no-break) one space."""
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(INVISIBLE_PATTERN.sub("", text).split())
