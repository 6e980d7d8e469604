"""Decodes bodies. Pure.

A byte order mark decides, then valid UTF-8, then a declared charset if the text makes sense in it, else detection.
Many servers declare a charset that they do not send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from encodings.aliases import aliases
from functools import cache

from monitor.sources.parse.charset_detection import detect_charset, makes_sense

DECLARATION_BYTES = 4096  # declarations count at the start of a body only
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_UTF32_STARTS = {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be"}
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\A\s*<\?xml\b[^>]{0,400}?\bencoding\s*=\s*[\"']\s*([\w:.-]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
# Some Python codecs are not charsets, and some are very slow.
_SUPPORTED_CHARSETS = re.compile(
    r"utf_8|utf_16(_[lb]e)?|iso8859_\d+|latin_1|cp\d+|koi8_\w|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_jp|mac_\w+|ascii"
    r"|tis_620"
)
# What browsers use instead: the charset that includes all characters of the declared one.
_BROWSER_CHARSETS = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_OTHER_LABELS = {
    "koi8u": "koi8_u",
    "unicode": "utf_16",
    "ucs2": "utf_16",
    "windows31j": "cp932",
    "windows949": "cp949",
    "windows874": "cp874",
}
_MULTIBYTE_CHARSETS = re.compile(r"gb\w+|big5\w*|euc_\w+|cp9\d\d|shift_jis\w*|iso2022_jp")
_FEW_LETTERS = 6  # a text of fewer letters in an East Asian charset may also be valid UTF-8


def decode_body(body: bytes, content_type: str) -> str:
    """Return the text of a page or a JSON document. Never raises: undecodable bytes become U+FFFD."""
    start = body[:DECLARATION_BYTES]
    return _decode(
        body, [*_header_labels(content_type), *_labels(_XML_CHARSET, start), *_labels(_META_CHARSET, start)]
    )


def xml_as_utf8(body: bytes, content_type: str) -> bytes:
    """Return a feed in UTF-8, without byte order mark. Its declaration may be wrong now.

    Unlike in a page, a `<meta>` tag says nothing: it is in the text of an item.
    """
    labels = [*_header_labels(content_type), *_labels(_XML_CHARSET, body[:DECLARATION_BYTES])]
    return _decode(body, labels).encode()


def may_be_read_otherwise_in_part(content_type: str, body: bytes) -> bool:
    """Whether a few items of a feed that is in UTF-8 by now could be taken for text in a declared charset."""
    labels = [*_header_labels(content_type), *_labels(_XML_CHARSET, body[:DECLARATION_BYTES])]
    declared = filter(None, map(python_charset, labels))
    return any(_MULTIBYTE_CHARSETS.fullmatch(charset) for charset in declared)


def python_charset(label: str) -> str | None:
    """Return Python's name for a charset label in any spelling (`UTF8`, `win-1251`, `x-sjis`); None if unknown."""
    compact = re.sub(r"[^a-z0-9]", "", label.lower())
    names = (compact, compact.removeprefix("x"), compact.replace("win", "windows", 1), f"windows{compact}")
    codec = next((known for name in names if (known := _codec_names().get(name))), None)
    if codec is None or not _SUPPORTED_CHARSETS.fullmatch(codec):
        return None
    return _BROWSER_CHARSETS.get(codec, codec)


@cache
def _codec_names() -> dict[str, str]:
    names = {alias.replace("_", ""): codec for alias, codec in aliases.items()}
    return names | {codec.replace("_", ""): codec for codec in aliases.values()} | _OTHER_LABELS


def _header_labels(content_type: str) -> list[str]:
    return _HEADER_CHARSET.findall(content_type)[:1]


def _labels(pattern: re.Pattern[bytes], start: bytes) -> list[str]:
    return [label.decode("ascii", "replace") for label in pattern.findall(start)[:1]]


def _decode(body: bytes, labels: list[str]) -> str:
    for mark, charset in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    if wide_charset := _wide_charset(body):
        return body.decode(wide_charset, "replace")
    # A declaration of UTF-16 is wrong by now, and one of UTF-8 needs no look.
    known = dict.fromkeys(filter(None, map(python_charset, labels)))
    declared = [charset for charset in known if not charset.startswith("utf")]
    text = _decode_strictly(body, "utf-8")
    if text is not None and not _is_declared_instead(body, text, declared):
        return text
    return next(_sensible_texts(body, declared), None) or _best_text(body, declared)


def _wide_charset(body: bytes) -> str:
    """Return the kind of UTF-16 or UTF-32 of a body without byte order mark, or "": most bytes of markup are zero."""
    if charset := _UTF32_STARTS.get(body[:4]):
        return charset
    start = body[:256]
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if max(odd, even) < max(1, len(start) // 8) or min(odd, even) > 2:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_declared_instead(body: bytes, text: str, declared: list[str]) -> bool:
    """Whether a body that happens to be valid UTF-8 is in a declared charset."""
    if "iso2022_jp" in declared and b"\x1b$" in body:
        return True
    multibyte = [charset for charset in declared if _MULTIBYTE_CHARSETS.fullmatch(charset)]
    if not multibyte or _foreign_letter_count(text) >= _FEW_LETTERS:
        return False
    return any(_decode_strictly(body, charset) is not None for charset in multibyte)


def _foreign_letter_count(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _decode_strictly(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def _sensible_texts(body: bytes, declared: list[str]) -> Iterator[str]:
    for charset in declared:
        text = _decode_strictly(body, charset)
        if text is not None and makes_sense(body, charset):
            yield text


def _best_text(body: bytes, declared: list[str]) -> str:
    """Return the text in UTF-8 if only few bytes are wrong, else in the detected charset, else as declared."""
    text = body.decode("utf-8", "replace")
    if 2 * text.count("\ufffd") < _foreign_letter_count(text):
        return text
    charset = detect_charset(body) or next(iter(declared), "cp1252")
    return body.decode(charset, "replace")
