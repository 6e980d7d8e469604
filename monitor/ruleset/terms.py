"""What a single term of a query says: words, stems, phrases, edits, regexes; each mistake has its own sentence."""

from __future__ import annotations

import re

import re2

from monitor.ruleset import edges
from monitor.ruleset.faults import Fault
from monitor.ruleset.leaves import Alike, Regex, Step, Words
from monitor.ruleset.query import Term
from monitor.ruleset.words import spans, unaccented, unspaced, words

MOST_SLOP = 100
MOST_EDITS = 3
LONGEST_REGEX = 1_000
OPEN_QUOTE = 'this quote is not closed: a phrase ends with `"`'
OPEN_REGEX = "this regex is not closed: it ends with `/`, and a `/` inside it is written `\\/`"
PROBES = ("zq", "lorem", "hitherto")  # what meets all of these says nothing


def word(text: str) -> Term:
    """`troops`, `deploy*`, `kursk~1`, `covid-19`. Raises Fault."""
    bare, tilde, edits = text.partition("~")
    if tilde:
        return alike(bare, edits, text)
    if found := re.fullmatch(r"[-+!](\w.*)", text):
        raise Fault(f"`{text[0]}` before a word means nothing here: write `NOT {found[1]}` or `{found[1]}`")
    if text in ("&&", "&", "||", "|", "!"):
        raise Fault(f"`{text}` means nothing here: write {'AND' if '&' in text else 'OR' if '|' in text else 'NOT'}")
    if text.startswith("/"):
        raise Fault(f"`{text}`: a regex ends with `/` alone (case never matters); a `/` inside it is written `\\/`")
    if "*" in text.removesuffix("*") or "?" in text.removesuffix("?"):
        raise Fault(f"`{text}`: a `*` may only end a word, as in `deploy*`; for more use a /regex/")
    return Words(text, steps=steps(text, text))


def phrase(text: str) -> Term:
    """A phrase as it stands, with its quotes and `~n`. Raises Fault."""
    if not re.match(r'"[^"]*"', text):
        raise Fault(OPEN_QUOTE)
    inner, _, slop = text[1:].partition('"')
    if not inner.strip():
        raise Fault('this phrase is empty: expected words between the quotes, as in `"north korea*"`')
    return Words(text, steps=steps(inner, text), slop=number(slop.removeprefix("~"), text, MOST_SLOP) if slop else 0)


def entry(text: str) -> Term:
    """One entry of a list in aliases.yaml: any term, and a phrase needs no quotes. Raises Fault."""
    if text.startswith("/"):
        return regex(text)
    if text.startswith('"'):
        return phrase(text)
    if "~" in text:
        return word(text)
    found = steps(text, text)
    return Words(text if len(found) == 1 and " " not in text else f'"{text}"', steps=found)


def steps(text: str, written: str) -> tuple[Step, ...]:
    """The words of a term or phrase, in order; each may end in `*`. Raises Fault."""
    found: list[Step] = []
    for part in text.split():
        bare = part.removesuffix("*")
        if "*" in bare:
            raise Fault(f"`{part}`: a `*` may only end a word, as in `deploy*`")
        parts = words(bare)
        if part != bare and not parts:
            raise Fault(f"`{written}`: the `*` stands alone; expected letters before it, as in `deploy*`")
        for at, folded in enumerate(parts):
            glued = at > 0 and unspaced(folded) and unspaced(parts[at - 1]) and touching(bare, at)
            last = at == len(parts) - 1 and part != bare
            found.append(Step(folded, last and not unspaced(folded), glued))
    if not found:
        raise Fault(f"`{written}` can never be met: it holds no letter or digit")
    if any(step.stem and len(step.word) < 2 for step in found):
        raise Fault(f"`{written}` is too short: expected at least two letters before `*`")
    return tuple(found)


def touching(text: str, at: int) -> bool:
    """Does word number `at` of the text stand directly after the one before it?"""
    places = spans(text)
    return places[at - 1][1] == places[at][0]


def alike(bare: str, edits: str, written: str) -> Term:
    """`kursk~1`. Raises Fault."""
    found = words(bare)
    if len(found) != 1 or unspaced(found[0]):
        raise Fault(f"`{written}`: `~n` goes with one word of an alphabet, as in `kursk~1`")
    count = number(edits, written, MOST_EDITS)
    if len(found[0]) < 2 * count + 1:
        raise Fault(f"`{written}` would meet almost any word: {count} edits need at least {2 * count + 1} letters")
    return Alike(written, word=found[0], edits=count)


def number(digits: str, written: str, most: int) -> int:
    """The n of `~n`. Raises Fault."""
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits[:9]) <= most:
        raise Fault(f"`{written}`: expected a number from 1 to {most} after `~`, found `{digits}`")
    return int(digits)


def regex(text: str) -> Term:
    """`/cve-[0-9]+/`. Raises Fault."""
    inner = text[1:-1]
    if len(text) < 2 or not text.endswith("/") or re.search(r"(?<!\\)(\\\\)*\\$", inner):
        raise Fault(OPEN_REGEX)
    if not inner.strip():
        raise Fault("this regex is empty: expected something between the slashes")
    if len(inner) > LONGEST_REGEX:
        raise Fault(f"this regex is longer than {LONGEST_REGEX:,} characters")
    if inner.startswith("(i?)"):
        raise Fault("`(i?)` means an optional letter i; case is always ignored here: leave it out")
    source = unicode_classes(unaccented(inner))
    found = compiled(source)
    if found.fullmatch("") or all(map(found.fullmatch, PROBES)):
        raise Fault(f"`{text}` matches any word: expected letters that must stand there")
    return Regex(text, source=source)


def compiled(source: str) -> re2._Regexp:
    """The pattern, to be looked over. Raises Fault."""
    try:
        if r"\Q" in source:
            edges.pattern(f"({source})")  # what it quotes must end before what stands around it begins
        return edges.pattern(source)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise Fault(f"this is no RE2 regex: {reason}{no_backtracking(reason)}") from None


def no_backtracking(reason: str) -> str:
    """A hint for what other engines have and RE2 has not."""
    if "invalid perl operator" in reason or "invalid escape sequence" in reason:
        return " (look-around and back-references do not exist in RE2)"
    return ""


def unicode_classes(source: str) -> str:
    """RE2's \\w and \\d know ASCII alone, and \\b at the ends is what we do anyway."""
    source = re.sub(r"^\\b|\\b$", "", source)
    inside, result = False, []
    for part in re.findall(r"\\.|.", source, re.DOTALL):
        inside = part == "[" or (inside and part != "]")
        result.append(classes(part, inside))
    return "".join(result)


def classes(part: str, inside: bool) -> str:
    """One escape of a regex with Unicode's meaning."""
    if part == r"\w":
        return r"\pL\pN_" if inside else r"[\pL\pN_]"
    if part == r"\W" and not inside:
        return r"[^\pL\pN_]"
    return r"\p{Nd}" if part == r"\d" else part
