"""Characters: what a reader cannot see goes, and every kind of space becomes one plain space."""

from __future__ import annotations

import re

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
