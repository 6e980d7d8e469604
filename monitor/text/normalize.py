"""Normalizes text: onto one line, and to the key under which equal wording is found again."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from hashlib import blake2b

from monitor.characters import (
    BYTE_ORDER_MARK,
    C0_CONTROLS,
    DIRECTION_CONTROLS,
    INTERLINEAR_CONTROLS,
    SURROGATES,
)

# Soft hyphens, zero-width and direction marks, controls, lone surrogates. The joiners U+200C and U+200D are removed
# only after Latin, Greek and Cyrillic: Persian and the Indic scripts spell words with them.
INVISIBLE_PATTERN = re.compile(
    f"[{C0_CONTROLS}\u00ad\u200b\u200e\u200f{DIRECTION_CONTROLS}\u2060-\u2065{BYTE_ORDER_MARK}{INTERLINEAR_CONTROLS}{SURROGATES}]"
    "|(?<=[\x00-\u05ff])[\u200c\u200d]"
)
PUNCTUATION_MAP = str.maketrans("‘’‚‛′“”„‟″«»‐‑‒–—―−", "'" * 5 + '"' * 7 + "-" * 7)
KEY_CACHE_SIZE = 2_048  # a claim's key is needed many times while its update is processed


@lru_cache(maxsize=KEY_CACHE_SIZE)
def normalized_key(text: str) -> str:
    """Return a key that ignores letter case, the style of quotes and dashes, spacing and final punctuation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(PUNCTUATION_MAP)
    return " ".join(text.casefold().split()).rstrip(" .:;,")


@lru_cache(maxsize=8192)
def hash64(text: str) -> int:
    """Return a signed 64-bit hash that is the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def single_line(text: str) -> str:
    """Return `text` on one line: no invisible characters, each run of white space (also no-break) one space."""
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(INVISIBLE_PATTERN.sub("", text).split())
