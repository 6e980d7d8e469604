"""Recognizes the operators of other search tools in a query, and says how they are written here."""

from __future__ import annotations

import re

REMEDIES = (  # patterns of a whole word, and what to write instead; \1 is the number
    (r"(?i)(?:w|near|n|within|around)[/~:](\d+)|near(\d+)", "NEAR/{n}"),
    (r"(?i)(?:pre|onear|p|next|before)[/~:](\d+)|(?:pre|onear|next|before)(\d+)|\+(\d+)", "BEFORE/{n}"),
    (r"(?i)adj[/~:]?(\d+)", "BEFORE/{n} (this order) or NEAR/{n} (any order)"),
    (r"(?i)near(\d+):", 'NEAR/{n} between two words, or `"a b"~{n}`'),
    (r"WITHIN(\d+)", "NEAR/{n}"),
    (r"(?i)atleast-?(\d+)", "ATLEAST {n}"),
    (r"FIRST-?(\d+)|(?i:f/(\d+))", "FIRST {n}"),
    (r"(?i)(?:and|but)-?not", "AND NOT"),
    (r"EXCEPT|WITHOUT|UNLESS|MINUS", "AND NOT"),
    (r"BUT", "AND, or AND NOT to exclude"),
    (r"(?i)w/s(?:ent)?", "SAME SENTENCE"),
    (r"(?i)w/p(?:ara)?", "SAME PARAGRAPH"),
    (r"SAME", "SAME SENTENCE or SAME PARAGRAPH"),
    (r"ADJ", 'a phrase in quotes, as in `"central bank"`'),
    (r"XOR", "`(a OR b) AND NOT (a AND b)`"),
)
# operators with their number as the next word: `WITHIN 5`, `AROUND(5)`
SPACED = re.compile(r"\s*[(/]?\s*(\d+)")
SPACED_OPERATORS = {
    "WITHIN": "NEAR/{n}",
    "NEAR": "NEAR/{n}",
    "AROUND": "NEAR/{n}",
    "ONEAR": "BEFORE/{n}",
    "PRE": "BEFORE/{n}",
    "NEXT": "BEFORE/{n}",
    "ADJ": "BEFORE/{n} (this order) or NEAR/{n} (any order)",
}
BETWEEN_RANGE = re.compile(r"\s+(\S+)\s+(?:AND|TO|and|to)\s+(\S+)")
SCOPE_NAMES = {
    "title": ("headline", "hd", "hl", "hlead", "intitle", "allintitle", "subject"),
    "text": ("body", "content", "intext", "allintext", "lp", "lede"),
    "url": ("site", "inurl", "allinurl", "link", "domain"),
    "author": ("byline", "by", "from"),
    "tag": ("tags", "category", "topic", "keyword", "label"),
}


def foreign_operator(word: str, following: str) -> str:
    """Return an error message if the word is an operator of another tool, "" if not.

    `following` is the rest of the query, which has the number of `WITHIN 5`.
    """
    if remedy := remedy_for(word, following):
        return f"`{word}` is an operator of other tools: here, write {remedy}"
    return ""


def remedy_for(word: str, following: str) -> str:
    if word in SPACED_OPERATORS and (number := SPACED.match(following)):
        return SPACED_OPERATORS[word].format(n=number[1])
    if word == "BETWEEN":
        bounds = BETWEEN_RANGE.match(following)
        return f"`cases between {bounds[1]} and {bounds[2]}`" if bounds else "`cases between 3 and 5`"
    for pattern, remedy in REMEDIES:
        if match := re.fullmatch(pattern, word):
            return remedy.format(n=next(filter(None, match.groups()), "5"))
    return wildcard_remedy(word)


def wildcard_remedy(word: str) -> str:
    """Say what to write for `fed!` and `organi#ation`."""
    if stem := re.fullmatch(r"([\w-]*\w)!", word):
        return f"`{stem[1]}*` for every word that begins so, or `{stem[1]}` for the word"
    if parts := re.fullmatch(r"([^\W\d]+)#([^\W\d]+)", word):
        return f"each spelling, joined by OR, or a regex such as `/{parts[1]}.?{parts[2]}/`"
    return ""


def slash_operator(literal: str) -> str:
    """Return an error message if an unclosed regex is the operator `/5`, `/s` or `/p` of another tool, else ""."""
    match = re.match(r"/(\d+|s|p)(?=\s)", literal)
    if not match:
        return ""
    remedy = {"s": "SAME SENTENCE", "p": "SAME PARAGRAPH"}.get(match[1], f"NEAR/{match[1]}")
    return f"`{match[0]}` is an operator of other tools: here, write {remedy}"


def foreign_scope(scope: str) -> str:
    """Return the scope that another tool calls by this name, "" if there is none."""
    return next((name for name, others in SCOPE_NAMES.items() if scope in others), "")
