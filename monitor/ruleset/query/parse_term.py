"""Parses a single term of a query: word, stem, phrase, fuzzy word or regex; each mistake has its own message."""

from __future__ import annotations

import re
from dataclasses import replace

import re2

from monitor.ruleset.query import word_boundaries
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.nodes import Term
from monitor.ruleset.query.normalize import fold_cased_word, folded_words, is_unspaced, strip_accents, word_spans
from monitor.ruleset.query.terms import ANY_TEXT, AnyText, FuzzyTerm, PhraseTerm, PhraseWord, RegexTerm

MAX_SLOP = 100
MAX_EDITS = 3
MAX_REGEX_CHARS = 1_000
FOREIGN_OPERATORS = {"&&": "AND", "&": "AND", "||": "OR", "|": "OR", "!": "NOT"}
UNCLOSED_QUOTE = 'unclosed quote: a phrase ends with `"`'
UNCLOSED_REGEX = "unclosed regex: it ends with `/`; write `\\/` for a `/` inside it"
CATCH_ALL_PROBES = ("zq", "lorem", "hitherto")  # a regex that matches all of these matches any word


def parse_word(text: str) -> Term:
    """Parse `troops`, `deploy*`, `kursk~1`, `covid-19` or `*`. Raises SyntaxFault."""
    if text == ANY_TEXT:
        return AnyText(text)
    base, tilde, edits = text.partition("~")
    if tilde:
        return parse_fuzzy_word(base, edits, text)
    if signed_word := re.fullmatch(r"[-+!](\w.*)", text):
        raise SyntaxFault(f"`{text[0]}` is not an operator: write `NOT {signed_word[1]}` or `{signed_word[1]}`")
    if text in FOREIGN_OPERATORS:
        raise SyntaxFault(f"`{text}` is not an operator: write {FOREIGN_OPERATORS[text]}")
    if text.startswith("/"):
        raise SyntaxFault(f"`{text}`: a regex ends with `/`, without flags; write `\\/` for a `/` inside it")
    if "*" in text.removesuffix("*") or "?" in text.removesuffix("?"):
        raise SyntaxFault(
            f"`{text}`: the only wildcard is `*` at the end of a word, as in `deploy*`; else use a /regex/"
        )
    return PhraseTerm(text, words=parse_phrase_words(text, text))


def parse_phrase(text: str) -> Term:
    """Parse a phrase with its quotes and `~n`. Raises SyntaxFault."""
    if not re.match(r'"[^"]*"', text):
        raise SyntaxFault(UNCLOSED_QUOTE)
    inner, _, slop = text[1:].partition('"')
    if not inner.strip():
        raise SyntaxFault('empty phrase: expected words between the quotes, as in `"north korea*"`')
    return PhraseTerm(
        text,
        words=parse_phrase_words(inner, text),
        slop=parse_tilde_number(slop.removeprefix("~"), text, MAX_SLOP) if slop else 0,
    )


def parse_exact(text: str) -> Term:
    """Parse `=WHO`, `=Apple*` or `="The Times"`. Raises SyntaxFault."""
    plain = text[1:]
    term = parse_phrase(plain) if plain.startswith('"') else parse_word(plain)
    if not isinstance(term, PhraseTerm):
        raise SyntaxFault(f"`{text}`: `~` matches other spellings, so it cannot be combined with exact case")
    cased = [fold_cased_word(plain[start:end]) for start, end in word_spans(plain.partition("~")[0])]
    words = tuple(replace(word, cased=spelling) for word, spelling in zip(term.words, cased, strict=True))
    return replace(term, text=text, words=words)


def parse_alias_term(text: str) -> Term:
    """Parse one entry of a list in aliases.yaml: a term, or a phrase without quotes. Raises SyntaxFault."""
    if text.startswith("/"):
        return parse_regex(text)
    if text.startswith("="):
        return parse_exact(text if " " not in text or text[1:2] == '"' else f'="{text[1:]}"')
    if text.startswith('"'):
        return parse_phrase(text)
    if "~" in text:
        return parse_word(text)
    phrase = parse_phrase_words(text, text)
    return PhraseTerm(text if len(phrase) == 1 and " " not in text else f'"{text}"', words=phrase)


def parse_phrase_words(text: str, source: str) -> tuple[PhraseWord, ...]:
    """Return the words of a term or phrase, in order; each may end in `*`. Raises SyntaxFault."""
    result: list[PhraseWord] = []
    for part in text.split():
        base = part.removesuffix("*")
        if "*" in base:
            raise SyntaxFault(f"`{part}`: the only wildcard is `*` at the end of a word, as in `deploy*`")
        folded = folded_words(base)
        if part != base and not folded:
            raise SyntaxFault(f"`{source}`: expected letters before `*`, as in `deploy*`")
        for number, folded_word in enumerate(folded):
            is_glued = (
                number > 0
                and is_unspaced(folded_word)
                and is_unspaced(folded[number - 1])
                and is_adjacent(base, number)
            )
            is_stem_end = number == len(folded) - 1 and part != base
            result.append(PhraseWord(folded_word, is_stem_end and not is_unspaced(folded_word), is_glued))
    if not result and source == "#":
        raise SyntaxFault("`#` begins no comment inside a query: write comments above `match:`")
    if not result:
        raise SyntaxFault(f"`{source}` never matches: it has no letter or digit")
    if any(phrase_word.is_stem and len(phrase_word.word) < 2 for phrase_word in result):
        raise SyntaxFault(f"`{source}` is too short: expected at least two letters before `*`")
    return tuple(result)


def is_adjacent(text: str, number: int) -> bool:
    """Return whether word `number` of the text directly follows the one before it."""
    word_offsets = word_spans(text)
    return word_offsets[number - 1][1] == word_offsets[number][0]


def parse_fuzzy_word(base: str, digits: str, source: str) -> Term:
    """Parse `kursk~1`. Raises SyntaxFault."""
    folded = folded_words(base)
    if len(folded) != 1 or is_unspaced(folded[0]):
        raise SyntaxFault(f"`{source}`: `~n` needs a single word of an alphabetic script, as in `kursk~1`")
    max_edits = parse_tilde_number(digits, source, MAX_EDITS)
    if len(folded[0]) < 2 * max_edits + 1:
        raise SyntaxFault(
            f"`{source}` would match almost any word: {max_edits} edits need at least {2 * max_edits + 1} letters"
        )
    return FuzzyTerm(source, word=folded[0], max_edits=max_edits)


def parse_tilde_number(digits: str, source: str, maximum: int) -> int:
    """Parse the n of `~n`. Raises SyntaxFault."""
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits[:9]) <= maximum:
        raise SyntaxFault(f"`{source}`: expected a number from 1 to {maximum} after `~`, found `{digits}`")
    return int(digits)


def parse_regex(text: str) -> Term:
    """Parse `/cve-[0-9]+/`. Raises SyntaxFault."""
    inner = text[1:-1]
    if len(text) < 2 or not text.endswith("/") or re.search(r"(?<!\\)(\\\\)*\\$", inner):
        raise SyntaxFault(UNCLOSED_REGEX)
    if not inner.strip():
        raise SyntaxFault("empty regex: expected a pattern between the slashes")
    if len(inner) > MAX_REGEX_CHARS:
        raise SyntaxFault(f"the regex is longer than {MAX_REGEX_CHARS:,} characters")
    if inner.startswith("(i?)"):
        raise SyntaxFault("`(i?)` is an optional letter i; case is always ignored, so remove it")
    source = with_unicode_classes(strip_accents(inner))
    pattern = compile_regex(source)
    if pattern.fullmatch("") or all(map(pattern.fullmatch, CATCH_ALL_PROBES)):
        raise SyntaxFault(f"`{text}` matches any word: expected a more specific pattern; for all news write `*`")
    return RegexTerm(text, pattern=source)


def compile_regex(source: str) -> re2._Regexp:
    """Compile the pattern without word boundaries. Raises SyntaxFault."""
    try:
        if r"\Q" in source:
            word_boundaries.compile_re2(f"({source})")  # an unclosed \Q would quote the group around it
        return word_boundaries.compile_re2(source)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise SyntaxFault(f"invalid RE2 regex: {reason}{backtracking_hint(reason)}") from None


def backtracking_hint(reason: str) -> str:
    """Return a hint for features of other regex engines, else ""."""
    if "invalid perl operator" in reason or "invalid escape sequence" in reason:
        return " (RE2 has no look-around and no back-references)"
    return ""


def with_unicode_classes(source: str) -> str:
    """Let \\w and \\d match every script, as RE2's match only ASCII; drop \\b at the ends, where it is implied."""
    source = re.sub(r"^\\b|\\b$", "", source)
    in_brackets, result = False, []
    for part in re.findall(r"\\.|.", source, re.DOTALL):
        in_brackets = part == "[" or (in_brackets and part != "]")
        result.append(unicode_class(part, in_brackets))
    return "".join(result)


def unicode_class(part: str, in_brackets: bool) -> str:
    """Replace a class such as \\w by its Unicode equivalent."""
    if part == r"\w":
        return r"\pL\pN_" if in_brackets else r"[\pL\pN_]"
    if part == r"\W" and not in_brackets:
        return r"[^\pL\pN_]"
    return r"\p{Nd}" if part == r"\d" else part
