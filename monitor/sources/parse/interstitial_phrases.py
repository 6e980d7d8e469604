"""What pages say that are served instead of the expected one, by their kind, in some twenty languages.

The phrases are in `interstitial_phrases.txt`, as regular expressions for a text folded by `fold`. A title phrase
matches a whole title, or a part of it between dashes and bars; a sentence phrase anywhere in a sentence; the others a
whole sentence. They address the visitor or speak of the site itself, so a report about such things seldom matches.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

# The title of a page about cookies and data.
POLICY = re.compile(
    r"(?<!\w)(?:polic(?:y|ies)|(?:cookie-?|datenschutz)?(?:richtlinien?|erklärung|hinweise)|politique|charte|política|"
    r"politica|informativa|polityka|политика|політика|politikası|(?:cookie|privacy)?(?:beleid|verklaring))(?!\w)"
)
_COOKIE_WORD = re.compile(r"cookies?\b|куки\b|çerez|ciasteczk")


def fold(text: str) -> str:
    """Fold letter case, apostrophes, full-width letters and white space."""
    text = unicodedata.normalize("NFKC", text.replace("İ", "i")).casefold()
    return " ".join(text.replace("’", "'").replace("`", "'").split())


def _load_sections() -> dict[str, str]:
    """Return the alternatives of each section, joined."""
    sections: dict[str, list[str]] = {}
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            phrases = sections.setdefault(line[3:], [])
        elif line and not line.startswith("#"):
            phrases.append(line)
    return {name: "|".join(phrases) for name, phrases in sections.items()}


def _patterns(form: str, prefix: str = "") -> dict[str, re.Pattern[str]]:
    """Return the patterns of a form of section, by the kind of page."""
    return {
        name.partition(" ")[2]: re.compile(f"{prefix}(?:{phrases})")
        for name, phrases in _SECTIONS.items()
        if name.partition(" ")[0] == form
    }


_SECTIONS = _load_sections()
TITLES = _patterns("title")
SENTENCES = _patterns("sentence", r"(?<!\w)")
LOADING, TECHNICAL = re.compile(_SECTIONS["loading"]), re.compile(_SECTIONS["technical"])


def asks_for_consent(text: str) -> bool:
    """Whether a text asks the visitor to accept cookies."""
    folded = fold(text)
    return bool(_COOKIE_WORD.search(folded) and SENTENCES["consent"].search(folded))
