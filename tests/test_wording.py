"""Docs, help, errors, log messages, templates, docstrings and comments use the ordinary terms of the field."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Left: a pattern that reads as translated or archaic. Right: what to write instead.
NON_STANDARD_TERMS = {
    r"told|tells?|telling|untold": "alerted, notified, sent, reports, returns",
    r"hears?|heard|unheard": "is notified, received",
    r"mend(s|ed|ing)?": "fix, repair",
    r"who(m)?ever|whichever": "anyone who, any",
    r"bears?|bearing": "carries, has",
    r"grave(ly)?|graver": "severe, severity",
    r"lies? in|lying in": "is in",
    r"(by|of) itself|of its own accord|of one's own": "automatically, alone, custom",
    r"meets|met": "matches, matched",
    r"laid (together|over)": "merged",
    r"asks? for patience": "sends Retry-After",
    r"what (came|becomes?|became) of": "the result of",
    r"in peace|left alone|leaves? alone": "is not sent, is skipped",
    r"leans? on|leaning on": "depends on",
    r"anew|lately|beforehand|thereby|therein|whereupon|henceforth|hitherto|forthwith": "again, recently, in advance",
    r"voices|wishes": "sources, preferences",
    r"in the stead of|in its stead": "instead of",
    r"lets? (go|out)( of)?|let go": "release, drop",
    r"gives? back|given back|gave back": "release, return",
    r"stood|stands? (here|there|in|at|on|under|beside|above|below|still)": "is, appears",
    r"goes on|went on|go on|carry on|carries on": "continues",
    r"no more than": "at most",
    r"of (no )?use|in vain": "useful, useless",
    r"comes? to (nothing|be)|came to be": "fails, is created",
    r"the like of|as it were": "similar",
    r"is (no|none) (feed|page|rule|list|number|date|text|file|JSON|YAML|TOML|XML)": "is not a …",
    r"(this|it) is no (feed|page|rule|list|number|date|file|JSON|YAML|TOML|XML)": "invalid …",
}
PATTERN = re.compile("|".join(rf"\b(?:{term})\b" for term in NON_STANDARD_TERMS), re.IGNORECASE)

# Data: words that news texts use, and sentences made up as examples of news.
DATA = {
    "monitor/text/lexicon/antonyms.py",
    "monitor/demo/script.py",
    "monitor/text/noise_patterns.py",
    "monitor/text/noise_words.py",
    "monitor/deliver/sample_message.py",
}
TEXT_FILES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "config.example.toml", "Makefile")
QUOTED = re.compile(r"```.*?```|`[^`\n]*`|“[^”]*”|\"[^\"\n]*\"|'[^'\n]{2,}'", re.DOTALL)


def files() -> list[Path]:
    code = [path for path in (ROOT / "monitor").rglob("*.py") if "lexicon" not in path.parts]
    texts = [ROOT / name for name in TEXT_FILES if (ROOT / name).exists()]
    for folder in ("docs", "templates"):
        texts += [path for path in (ROOT / folder).rglob("*") if path.suffix in (".md", ".j2")]
    texts += [*(ROOT / "monitor").rglob("*.html"), ROOT / "monitor/cli/starter.toml"]
    return sorted(path for path in (*code, *texts) if path.relative_to(ROOT).as_posix() not in DATA)


def passages(path: Path) -> Iterator[tuple[int, str]]:
    """The parts of a file that people read, each with its line: for code, its strings and comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield 1, text
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT) and " " in token.string:  # else a key or a name
            yield token.start[0], token.string


def non_standard_terms(path: Path) -> Iterator[str]:
    for first_line, text in passages(path):
        prose = text
        if path.suffix != ".py":
            prose = QUOTED.sub(lambda quote: re.sub(r"[^\n]", " ", quote[0]), text)
        elif text.startswith(('"""', "#")):
            prose = re.sub(r"`[^`\n]*`|“[^”]*”|\"[^\"\n]+\"(?!\")", lambda quote: " " * len(quote[0]), text)
        for match in PATTERN.finditer(prose):
            line = first_line + prose.count("\n", 0, match.start())
            yield f"{path.relative_to(ROOT)}:{line}: {match[0]}"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_uses_standard_terms(path: Path) -> None:
    assert list(non_standard_terms(path)) == []


def test_a_non_standard_term_is_found_in_strings_comments_and_docs(tmp_path: Path) -> None:
    code = 'def f():\n    """Says who is told of it."""\n    return "Whoever asks"  # mended\n'

    found = [PATTERN.findall(text) and PATTERN.search(text)[0] for _, text in _of(tmp_path / "a.py", code)]
    assert [term for term in found if term] == ["told", "Whoever", "mended"]


def _of(path: Path, text: str) -> list[tuple[int, str]]:
    path.write_text(text, encoding="utf-8")
    return list(passages(path))
