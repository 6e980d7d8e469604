"""Decodes a body by its byte order mark, its Content-Type, its `<meta>` tag, else as UTF-8. Pure."""

from __future__ import annotations

import codecs
import re

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
# Some Python codecs are not charsets, and some are very slow.
_SUPPORTED_CHARSETS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|iso8859-\d+|cp\d+|koi8-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|mac-\w+|ascii|tis-620"
)
_BROWSER_CHARSETS = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}


def decode_body(body: bytes, content_type: str) -> str:
    """Return the text of a body. Never raises: undecodable bytes become U+FFFD."""
    for bom, name in _BYTE_ORDER_MARKS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    charset = _declared_charset(_HEADER_CHARSET, content_type) or _declared_charset(_META_CHARSET, body[:4096])
    if charset:
        return body.decode(charset, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _declared_charset(pattern: re.Pattern[str] | re.Pattern[bytes], text: str | bytes) -> str | None:
    """Return Python's name of the declared charset; None if there is none or it is unknown."""
    match = pattern.search(text)  # type: ignore[arg-type]
    if not match:
        return None
    label = match[1] if isinstance(match[1], str) else match[1].decode("ascii")
    try:
        codec_name = codecs.lookup(label).name
    except (LookupError, UnicodeError):
        return None
    if not _SUPPORTED_CHARSETS.fullmatch(codec_name):
        return None
    # A declaration that is readable as ASCII cannot be in UTF-16.
    if isinstance(text, bytes) and codec_name.startswith("utf-16"):
        return "utf-8"
    return _BROWSER_CHARSETS.get(codec_name, codec_name)
