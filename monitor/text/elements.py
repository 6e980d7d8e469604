"""Which words in angle brackets are HTML elements, and which are text that somebody wrote: `<OPEN>`, `List<String>`.

A browser hides both. Text about a changed state or type would lose exactly the word that changed.
"""

from __future__ import annotations

import re

VOID_ELEMENTS = frozenset("area base br col embed hr img input link meta param source track wbr".split())
WITHOUT_END_TAG = VOID_ELEMENTS | frozenset(
    "basefont bgsound body colgroup dd dt frame head html image isindex keygen li nextid option optgroup p plaintext "
    "rb rp rt rtc tbody td tfoot th thead tr".split()
)
NEVER_TEXT = WITHOUT_END_TAG | {"script", "style"}
# Cut HTML often ends within these; the others are also ordinary words, so a space after an unclosed one counts.
WRAPPERS = frozenset("a b big center div em font i s small span strike strong u ul ol".split())
ELEMENTS = (
    WITHOUT_END_TAG
    | WRAPPERS
    | frozenset(
        "abbr acronym address applet article aside audio bdi bdo blink blockquote button canvas caption cite code "
        "data datalist del details dfn dialog dir dl fieldset figcaption figure footer form frameset h1 h2 h3 h4 "
        "h5 h6 header hgroup iframe ins kbd label legend listing main map mark marquee math menu meter multicol "
        "nav nobr noembed noframes noscript object output picture pre progress q ruby samp script search section "
        "select slot spacer style sub summary sup svg table template textarea time title tt var video xmp".split()
    )
)
CUSTOM_NAME_PATTERN = re.compile(r"[a-z][\w.]*-[\w.-]*|[a-z][\w-]*:[a-z][\w-]*")  # <my-widget>, <o:p>
NAME_PATTERN = re.compile(r"<(/?[a-zA-Z][^\s<>/]*+)")
START_TAG_PATTERN = re.compile(r"<(?P<name>[a-zA-Z][^\s<>/]*+)(?P<rest>[^<>]*+)(?P<end>>?)")
ATTRIBUTE_PATTERN = re.compile(r"\s[a-zA-Z_:@][\w:.-]*=[\"'\w]")
# What follows `<word>` in a sentence, if the word is not the start of something marked up.
SENTENCE_AFTER_PATTERN = re.compile(r" ?[.,;:!?)\]\"'»”]| \w|\s*\Z")
NO_MARKUP_AFTER_PATTERN = re.compile(r"(?!\w|\s*[<&])|\s*\Z")


def escape_non_elements(html: str) -> str:
    """Escape the `<` of each start tag that cannot be an element, so that it is read as text.

    That is a tag without attributes and without an end tag anywhere in `html`, whose name is neither an element's nor
    a custom element's; or is an element's that must be closed, but stands after a word (`List<Object>`) or in a
    sentence (`the branch <main> is shut`).
    """
    if "<" not in html:
        return html
    names = {name.lower() for name in set(NAME_PATTERN.findall(html))}
    suspects = {name for name in names if name[0] != "/" and f"/{name}" not in names} - NEVER_TEXT
    suspects = {name for name in suspects if not CUSTOM_NAME_PATTERN.fullmatch(name)}
    if not suspects:
        return html
    return START_TAG_PATTERN.sub(lambda tag: _escape_tag(tag) if tag["name"].lower() in suspects else tag[0], html)


def _escape_tag(tag: re.Match[str]) -> str:
    return "&lt;" + tag[0][1:] if _is_text(tag) else tag[0]


def _is_text(tag: re.Match[str]) -> bool:
    """Whether a start tag that is never closed is text."""
    if tag["rest"].endswith("/") or ATTRIBUTE_PATTERN.search(tag["rest"]):
        return False
    name, html = tag["name"].lower(), tag.string
    if name not in ELEMENTS:
        return True
    if not tag["end"]:
        return False
    if tag.start() and html[tag.start() - 1].isalnum():
        return bool(NO_MARKUP_AFTER_PATTERN.match(html, tag.end()))
    return name not in WRAPPERS and bool(SENTENCE_AFTER_PATTERN.match(html, tag.end()))
