"""Recognizes pages that are served instead of the expected one: captchas, consent walls, login pages, error messages,
placeholders of pages that are built by JavaScript.

What decides is how much else the page says. Its sentences are compared with phrases of such pages in many languages;
a clear title, a captcha or an empty application root allows more other text. A page with text of its own beside a
cookie banner or a quoted error message is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from monitor.errors import ParseError
from monitor.model import Role
from monitor.sources.parse.html_tree import FRAME_SELECTOR, lineage, node_text, outermost
from monitor.sources.parse.interstitial_phrases import LOADING, POLICY, SENTENCES, TECHNICAL, TITLES, fold
from monitor.text.blocks import parse_blocks
from monitor.text.noise_words import CALENDAR_WORDS
from monitor.text.sentences import split_sentences

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MAX_INTERSTITIAL_CHARS = 2_500
_MAX_DESCRIBED_CHARS = 2**18
# How much other text an interstitial may have: with a phrase alone, in proportion to its phrases; by a clear title, a
# widget or an empty application root, in characters.
_MIN_OTHER_CHARS, _MIN_OTHER_CHARS_CAPTCHA = 24, 80
_MAX_OTHER_SHARE, _MAX_OTHER_SHARE_CAPTCHA = 0.5, 1.0  # hardly a page of another kind asks whether one is a robot
_OTHER_CHARS_BY_BARE_TITLE = 60  # of a title of several words whose subject no sentence has
_OTHER_CHARS_BY_TITLE = {
    "captcha": 800, "consent": 1_200, "login": 250, "rate_limit": 120, "denied": 300, "not_found": 250,
    "error": 60, "maintenance": 60, "parked": 250,
}  # fmt: skip
_OTHER_CHARS_BY_CAPTCHA, _OTHER_CHARS_BY_LOGIN, _OTHER_CHARS_BY_REDIRECT = 200, 150, 100
_FIGURE_CHARS = 30  # a figure is worth so many characters of text
_MIN_PROSE_WORDS = 5  # of a sentence that a login page does not have

_OTHER_CHARS_BY_CHALLENGE = 1_200
_OTHER_CHARS_BY_ELLIPSIS = 60
_MAX_LOADING_WORDS = 2

_CHALLENGES = (
    "#challenge-form, #challenge-running, #challenge-error-text, #cf-wrapper, #cf-error-details, #px-captcha"
)
_CHALLENGE_SCRIPT = re.compile(r"_cf_chl_opt|captcha-delivery\.com|_Incapsula_Resource|gokuProps")
_CAPTCHAS = (
    "[data-sitekey], .cf-turnstile, iframe[src*=captcha i], img[src*=captcha i], input[name*=captcha i], "
    "[class*=captcha i], [id*=captcha i]"
)
_FIELDS = "textarea, input[type=email], input[type=tel], input[type=text]:not([name*=captcha i]), input:not([type])"
_MAX_CHALLENGE_FIELDS = 1  # the answer; a form with more fields is protected by its captcha
_COOKIE_BANNERS = (
    "dialog, [role=dialog], [aria-modal=true], [id*=cookie i], [class*=cookie i], [id*=consent i], "
    "[class*=consent i], [id*=gdpr i], [class*=gdpr i]"
)
_APPLICATION_ROOTS = "#root, #app, #__next, #__nuxt, #___gatsby, #svelte, app-root, [ng-app], [data-reactroot]"
_UNSEEN_TAGS = ["script", "style", "template", "noscript"]
_REFRESH = re.compile(r"\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*url\s*=", re.IGNORECASE)
_MAX_REFRESH_DELAY_S = 10
_KINDS_OF_THE_VISITOR = {"captcha", "consent", "login", "javascript", "redirect"}  # the others may be reports
_TITLE_SEPARATOR = re.compile(r"\s+[|–—·•»›:-]+\s+|\s*\|\s*|:\s+")
_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b")
_WORD = re.compile(r"[^\W\d_]+(?:['.-][^\W\d_]+)*")
_LABEL = re.compile(r"(?!error|warning|fehler|erreur|errore|erro|ошибка|помилка|hata|fout|błąd)[^:]{2,60}: ?$")

NEEDS_JAVASCRIPT = "needs_javascript"  # the code of the error for a page that its scripts have yet to fill
_JAVASCRIPT_SENTENCE = (
    "the page is built by JavaScript, and what is served without it has no text; set `render = true` to load it in a "
    'browser, or follow its JSON API with kind = "json"'
)
_SENTENCES_BY_KIND = {
    "javascript": _JAVASCRIPT_SENTENCE,
    "captcha": "a captcha was served instead of the page: the site suspects a robot; poll less often (`every`), or "
    "follow a feed or an API of the site",
    "consent": "a request to accept cookies was served instead of the page; add the cookie that the site sets on "
    "consent to `cookies`",
    "login": "a login page was served instead of the page; set `auth`, or a session cookie in `cookies`",
    "rate_limit": "a message about too many requests was served instead of the page; raise `every`",
    "denied": "a message that access is denied was served instead of the page; the site may need `auth` or `headers`",
    "not_found": "a message that the page was not found was served instead of it; check its `url`",
    "error": "an error message of the server was served instead of the page; it is tried again",
    "maintenance": "a maintenance notice was served instead of the page; it is tried again",
    "parked": "a placeholder of the domain or server was served instead of the page; check its `url`",
    "redirect": "a page that only leads to another address was served; set `url` to that address",
}


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence, folded, and the kinds of page that say such."""

    text: str
    kinds: frozenset[str]
    is_title: bool = False
    is_neutral: bool = False

    @property
    def length(self) -> int:
        """The number of characters; wide ones, as of Chinese and Japanese, say more and count twice."""
        return len(self.text) + (0 if self.text.isascii() else sum(map(_is_wide, self.text)))

    @property
    def other_chars(self) -> int:
        """How much it says that no interstitial does."""
        if self.kinds or self.is_neutral or not any(map(str.isalnum, self.text)):
            return 0
        return self.length + (_FIGURE_CHARS if any(map(str.isdigit, self.text)) else 0)

    @property
    def is_prose(self) -> bool:
        return self.other_chars > 0 and len(self.text.split()) >= _MIN_PROSE_WORDS


def interstitial_error(page: str, selected: str | None = None) -> ParseError | None:
    """Return an error if a page of HTML was served instead of the expected one, else None.

    `selected` is the HTML that the source's selectors found in it, "" for nothing; None without selectors.
    """
    from selectolax.lexbor import LexborHTMLParser

    kind = _Judgement(LexborHTMLParser(page), selected).kind()
    return _error(kind) if kind else None


def plain_interstitial_error(text: str) -> ParseError | None:
    """`interstitial_error` for a page of plain text."""
    if len(text) > MAX_INTERSTITIAL_CHARS:
        return None
    kind = _kind_by_sentences(_to_sentences(text))
    return _error(kind) if kind else None


def describe_page(page: str) -> str:
    """Return what a page of HTML is that was served instead of a feed or of JSON."""
    error = interstitial_error(page) if len(page) <= _MAX_DESCRIBED_CHARS else None
    return str(error) if error and error.code != NEEDS_JAVASCRIPT else "the response is an HTML page"


def empty_page_error(page: str) -> ParseError:
    """The error for a page without text."""
    if "<script" in page.lower():
        return _error("javascript")
    return ParseError("not_the_page", "the page contains no text")


def _error(kind: str) -> ParseError:
    return ParseError(NEEDS_JAVASCRIPT if kind == "javascript" else "not_the_page", _SENTENCES_BY_KIND[kind])


class _Judgement:
    """The signs of one page. Consumes the tree."""

    def __init__(self, tree: LexborHTMLParser, selected: str | None) -> None:
        from selectolax.lexbor import LexborHTMLParser

        self.has_scripts = tree.css_first("script") is not None
        self.is_challenge = tree.css_first(_CHALLENGES) is not None
        self.has_challenge_script = _has_challenge_script(tree)
        self.redirects = any(map(_is_redirect, tree.css("meta[http-equiv=refresh i]")))
        self.noscript = [sentence for node in tree.css("noscript") for sentence in _to_sentences(node_text(node))]
        titles = [fold(node_text(node)) for node in (tree.css_first("title"), tree.css_first("h1, h2"))]
        self.title_kinds = _title_kinds(titles)
        self.is_policy = any(map(POLICY.search, titles))
        tree.strip_tags(_UNSEEN_TAGS)
        _remove_frames(tree)
        self.has_captcha = any(_is_captcha(node) for node in tree.css(_CAPTCHAS))
        self.has_password = tree.css_first("input[type=password]") is not None
        self.has_empty_root = _has_empty_root(tree)
        if selected and self.has_empty_root and _has_empty_root(LexborHTMLParser(selected)):
            selected = None  # what the selector is to find is yet to be filled in
        self.is_selected = bool(selected)
        self.sentences = _selected_sentences(selected) if selected else _content_sentences(tree)

    @cached_property
    def other_chars(self) -> int:
        return sum(sentence.other_chars for sentence in self.sentences)

    def kind(self) -> str:
        """The kind of interstitial, "" if the page is none."""
        if sum(len(sentence.text) for sentence in self.sentences) > MAX_INTERSTITIAL_CHARS:
            return ""
        by_title = next((kind for kind in self.title_kinds if self.other_chars <= self._title_limit(kind)), "")
        kind = by_title or _kind_by_sentences(self.sentences)
        if kind in ("", "javascript"):  # a captcha may also say "please wait"
            kind = self._kind_by_shape() or kind
        return "" if kind == "consent" and self.is_policy else kind

    def _title_limit(self, kind: str) -> float:
        matched = sum(sentence.length for sentence in self.sentences if kind in sentence.kinds)
        says_more = any(kind in sentence.kinds and not sentence.is_title for sentence in self.sentences)
        says_more |= (kind == "login" and self.has_password) or (kind == "captcha" and self.has_captcha)
        bare = _OTHER_CHARS_BY_BARE_TITLE if self.title_kinds[kind] else _MIN_OTHER_CHARS
        return max(_OTHER_CHARS_BY_TITLE[kind] if says_more else bare, _MAX_OTHER_SHARE * matched)

    def _kind_by_shape(self) -> str:
        if self.is_selected and self.other_chars:
            return ""
        if self.is_challenge and self.other_chars <= _OTHER_CHARS_BY_CHALLENGE:
            return "captcha"
        if (self.has_captcha or self.has_challenge_script) and self.other_chars <= _OTHER_CHARS_BY_CAPTCHA:
            return "captcha"
        has_prose = any(sentence.is_prose for sentence in self.sentences)
        if self.has_password and self.other_chars <= _OTHER_CHARS_BY_LOGIN and not has_prose:
            return "login"
        if self.redirects and self.other_chars <= _OTHER_CHARS_BY_REDIRECT:
            return "redirect"
        return "javascript" if self._is_placeholder() else ""

    def _is_placeholder(self) -> bool:
        """Whether next to no text is served of a page that scripts fill in."""
        if not self.has_scripts or self.other_chars > _OTHER_CHARS_BY_ELLIPSIS:
            return False
        texts = [sentence.text for sentence in self.sentences]
        if len(texts) == 1 and (texts[0].endswith(("…", "...")) or _starts_loading(texts[0])):
            return True
        asks = any("javascript" in sentence.kinds for sentence in self.noscript)
        return (self.has_empty_root or asks) and self.other_chars <= _MIN_OTHER_CHARS


def _kind_by_sentences(sentences: Sequence[_Sentence]) -> str:
    """The kind of page that most of the text speaks of, "" if there is too much other text."""
    other = sum(sentence.other_chars for sentence in sentences)
    matched = sum(sentence.length for sentence in sentences if sentence.kinds)
    if not matched:
        return ""
    lengths = {kind: sum(s.length for s in sentences if kind in s.kinds) for kind in _SENTENCES_BY_KIND}
    kind = max(lengths, key=lambda kind: lengths[kind])  # the first of those with the same length
    if kind == "captcha":
        return kind if other <= max(_MIN_OTHER_CHARS_CAPTCHA, _MAX_OTHER_SHARE_CAPTCHA * matched) else ""
    return kind if other <= max(_MIN_OTHER_CHARS, _MAX_OTHER_SHARE * matched) else ""


def _starts_loading(text: str) -> bool:
    """Whether a text is `loading` or `loading timetable`."""
    words = text.split()
    return len(words) <= _MAX_LOADING_WORDS and not text.endswith(".") and LOADING.fullmatch(words[0]) is not None


def _selected_sentences(selected: str) -> list[_Sentence]:
    """The sentences of a selected part; without those of its headers and footers, if there are others."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(selected)
    _remove_frames(tree)
    return _content_sentences(tree) or _to_sentences(selected)


def _remove_frames(tree: LexborHTMLParser) -> None:
    for frame in outermost(tree.css(FRAME_SELECTOR)):
        if not frame.css_first("h1, main, article"):
            frame.decompose()


def _content_sentences(tree: LexborHTMLParser) -> list[_Sentence]:
    """The sentences of a page; without those of cookie banners and contact forms, if there are others. Removes these
    from the tree."""
    everything = _body_sentences(tree)
    for node in outermost((*tree.css(_COOKIE_BANNERS), *filter(_is_contact_form, tree.css("form")))):
        if node.tag not in ("html", "body"):
            node.decompose()
    rest = _body_sentences(tree)
    return rest if any(sentence.other_chars for sentence in rest) else everything


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"


def _to_sentences(markup: str) -> list[_Sentence]:
    """The sentences of a text, up to the one by which it is too long for an interstitial."""
    sentences: list[_Sentence] = []
    left = MAX_INTERSTITIAL_CHARS
    for block in parse_blocks(markup):
        is_row = block.role is Role.ROW
        for text in map(fold, (block.text,) if is_row else split_sentences(block.text)):
            left -= len(text)
            if left < 0:
                return [*sentences, _Sentence(text, frozenset())]
            sentences.append(_classify(text, is_row=is_row))
    return sentences


def _body_sentences(tree: LexborHTMLParser) -> list[_Sentence]:
    return _to_sentences(f"<div>{tree.body.html or ''}</div>") if tree.body else []


def _classify(text: str, *, is_row: bool) -> _Sentence:
    bare = text.strip(" .…!¡¿?:;,*-–—|»›")
    if LOADING.fullmatch(bare):
        return _Sentence(text, frozenset({"javascript"}))
    kinds = {kind for kind, pattern in SENTENCES.items() if not is_row and pattern.search(text)}
    title_kinds = {kind for kind, pattern in TITLES.items() if not is_row and pattern.fullmatch(bare)}
    if kinds.isdisjoint(_KINDS_OF_THE_VISITOR) and _is_report(text):
        kinds = set()
    is_title = bool(title_kinds)
    return _Sentence(text, frozenset(kinds | title_kinds), is_title, is_neutral=TECHNICAL.fullmatch(bare) is not None)


def _is_report(text: str) -> bool:
    """Whether a sentence about an error says of what, or when: `Booking: service unavailable`."""
    match = SENTENCES["error"].search(text) or SENTENCES["maintenance"].search(text)
    if match and _LABEL.match(text[: match.start()]):
        return True
    has_day = any(map(str.isdigit, text)) and not CALENDAR_WORDS.isdisjoint(_WORD.findall(text))
    return has_day or _CLOCK.search(text) is not None


def _title_kinds(titles: Sequence[str]) -> dict[str, bool]:
    """The kinds of interstitial that a title or heading names, each with whether in several words."""
    parts = [part.strip(" .…!¡¿?:-–—") for title in titles for part in (title, *_TITLE_SEPARATOR.split(title))]
    matching = {kind: [part for part in parts if pattern.fullmatch(part)] for kind, pattern in TITLES.items()}
    return {kind: any(" " in part for part in names) for kind, names in matching.items() if names}


def _has_challenge_script(tree: LexborHTMLParser) -> bool:
    """Whether the page has a script of a service that filters robots."""
    scripts = (f"{node.attributes.get('src') or ''} {node.text()}" for node in tree.css("script, iframe"))
    return any(map(_CHALLENGE_SCRIPT.search, scripts))


def _has_empty_root(tree: LexborHTMLParser) -> bool:
    """Whether the element that scripts fill with the page has no text."""
    return any(not node_text(root) for root in tree.css(_APPLICATION_ROOTS))


def _is_contact_form(form: Any) -> bool:
    return len(form.css(_FIELDS)) > _MAX_CHALLENGE_FIELDS and not form.css_first("input[type=password]")


def _is_captcha(node: Any) -> bool:
    """Whether a captcha is alone or in a form without other fields: not in a contact form."""
    form = next((above for above in lineage(node) if above.tag == "form"), None)
    return form is None or len(form.css(_FIELDS)) <= _MAX_CHALLENGE_FIELDS


def _is_redirect(meta: Any) -> bool:
    match = _REFRESH.match(meta.attributes.get("content") or "")
    return match is not None and int(match[1]) <= _MAX_REFRESH_DELAY_S
