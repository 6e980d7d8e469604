"""From the bytes of a page to text: by its byte order mark, its headers, its own word, else UTF-8. Pure."""

from __future__ import annotations

import codecs
import re

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta\b[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
# Python has codecs that are no charsets, and some that take for ever.
_CHARSETS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|iso8859-\d+|cp\d+|koi8-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|mac-\w+|ascii|tis-620"
)
_AS_BROWSERS_DO = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}


def decoded(body: bytes, content_type: str) -> str:
    """The text of a body. Never raises: what cannot be read becomes U+FFFD."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    said = _known(_IN_HEADER, content_type) or _known(_IN_PAGE, body[:4096])
    if said:
        return body.decode(said, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _known(pattern: re.Pattern[str] | re.Pattern[bytes], text: str | bytes) -> str | None:
    """The charset that is named, as Python calls it; None if none is, or none that there is."""
    found = pattern.search(text)  # type: ignore[arg-type]
    if not found:
        return None
    named = found[1] if isinstance(found[1], str) else found[1].decode("ascii")
    try:
        name = codecs.lookup(named).name
    except (LookupError, UnicodeError):
        return None
    if not _CHARSETS.fullmatch(name):
        return None
    # A page that says so in letters of one byte is not in letters of two.
    if isinstance(text, bytes) and name.startswith("utf-16"):
        return "utf-8"
    return _AS_BROWSERS_DO.get(name, name)
