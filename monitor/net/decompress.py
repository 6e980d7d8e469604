"""Decompresses bodies up to a limit, so that a decompression bomb cannot fill the memory. Pure.

Servers mislabel their bodies, so the bytes count for more than the Content-Encoding: a body that is plain in spite of
its label is left as it is, and one that is gzip or zstd without a label, as of a `feed.xml.gz`, is decompressed.
"""

from __future__ import annotations

import re
import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress

import brotli
import zstandard

from monitor.errors import FetchError

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_MAX_GZIP_MEMBERS = 100  # gzip streams may be concatenated; real bodies have a few
_MAX_LAYERS = 3
_MAX_STEP_BYTES = 2**18  # of output, where the library can limit it
_ZSTD_INPUT_BYTES = 256  # zstandard cannot limit the output of a step; this much input gives 8 MiB at most
_ZSTD_WINDOW_BYTES = 2**23  # the most that RFC 9659 allows on the web
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
# Labels of bodies that are not compressed, among them mistakes such as a charset.
_PLAIN_LABEL = re.compile(r"|identity|none|null|plain|text|binary|[78]bit|utf-?8|iso-8859-\d+|aws-chunked|chunked")
_UNMARKED_CODECS = ("deflate", "br")  # tried for a body with a wrong label, as their bytes do not show them
_JUDGED_BYTES, _MIN_TEXT_BYTES = 4096, 24
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class _Corrupt(Exception):
    """The bytes are not in the format."""


class _Truncated(Exception):
    """The bytes end in the middle."""


def decompress(body: bytes, encoding: str, max_bytes: int, label: str) -> bytes:
    """Return a body without the compressions that its Content-Encoding or its own first bytes name.

    Raises FetchError with code `unsupported_encoding`, `body_too_large` (more than `max_bytes` after any step),
    `truncated` or `bad_compression`; its sentence starts with `label`.
    """
    for name in reversed(_named_encodings(body, encoding, label)):
        body = _remove_layer(body, name, max_bytes, label)
    for _ in range(_MAX_LAYERS):
        if not (name := _visible_encoding(body)):
            break
        body = _remove_layer(body, name, max_bytes, label)
    return body


def _named_encodings(body: bytes, encoding: str, label: str) -> list[str]:
    """The compressions that a Content-Encoding names. A name that is none of them, such as a charset, does not matter
    if the body can be read without it."""
    names = [name.strip(' "').partition(";")[0].removeprefix("x-") for name in encoding.lower().split(",")]
    names = [name for name in names if not _PLAIN_LABEL.fullmatch(name)]
    unknown = [name for name in names if name not in _CODECS]
    if (unknown and not (_visible_encoding(body) or _is_plain_text(body))) or len(names) > _MAX_LAYERS:
        shown = re.sub(r"[^a-z0-9,.+-]", "?", ",".join(unknown or names))[:40]
        raise FetchError("unsupported_encoding", f"{label} sent the unsupported Content-Encoding {shown}")
    return [name for name in names if name in _CODECS]


def _visible_encoding(body: bytes) -> str:
    """The compression that a body shows by its first bytes; "" for none."""
    if body.startswith(_GZIP_MAGIC):
        return "gzip"
    return "zstd" if body.startswith(_ZSTD_MAGIC) else ""


def _remove_layer(body: bytes, name: str, max_bytes: int, label: str) -> bytes:
    """Undo one compression, unless the bytes show that it was not applied."""
    if not body or (_visible_encoding(body) or name) != name:
        return body
    try:
        return _unpack(body, name, max_bytes, label)
    except (_Truncated, _Corrupt) as error:
        if _is_plain_text(body):
            return body
        if isinstance(error, _Truncated):
            raise FetchError("truncated", f"{label} sent an incomplete compressed body") from None
    for other in _UNMARKED_CODECS:
        with suppress(_Truncated, _Corrupt):
            unpacked = _unpack(body, other, max_bytes, label)
            if _is_plain_text(unpacked):
                return unpacked
    raise FetchError("bad_compression", f"{label} sent a body that does not fit its Content-Encoding {name}")


def _unpack(body: bytes, name: str, max_bytes: int, label: str) -> bytes:
    unpacked = bytearray()
    for chunk in _CODECS[name](body):
        unpacked += chunk
        if len(unpacked) > max_bytes:
            raise FetchError("body_too_large", f"{label} sent more than {max_bytes / 2**20:.3g} MiB")
    return bytes(unpacked)


def _is_plain_text(body: bytes) -> bool:
    """Whether a body is markup, JSON or other text: without control characters, and either its first sign is one of
    theirs, or it is UTF-8 and long enough for that not to be chance."""
    start = body[:_JUDGED_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if _CONTROL_BYTES.search(start):
        return False
    return start[:1] in (b"<", b"{", b"[") or (len(start) >= _MIN_TEXT_BYTES and _is_utf8(start))


def _is_utf8(start: bytes) -> bool:
    """Whether the beginning of a text is UTF-8. Its last character may be cut off."""
    try:
        getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _gunzip(body: bytes) -> Iterator[bytes]:
    """Decompress concatenated gzip streams. What follows the last one is padding, which browsers ignore too."""
    for _ in range(_MAX_GZIP_MEMBERS):
        body = yield from _inflate_stream(body, 31)
        if not body.startswith(b"\x1f\x8b"):
            return


def _inflate(body: bytes) -> Iterator[bytes]:
    """Decompress a deflate body, with or without the zlib header that the standard requires."""
    if len(body) < 2:
        raise _Truncated
    has_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _inflate_stream(body, 15 if has_header else -15)


def _inflate_stream(body: bytes, window_bits: int) -> Generator[bytes, None, bytes]:
    """Yield what one stream contains, and return the bytes after it."""
    stream = zlib.decompressobj(window_bits)
    while not stream.eof:
        try:
            piece = stream.decompress(body, _MAX_STEP_BYTES)
        except zlib.error:
            raise _Corrupt from None
        yield piece
        body = stream.unconsumed_tail
        if not (body or stream.eof) and len(piece) < _MAX_STEP_BYTES:
            raise _Truncated
    return stream.unused_data


def _unbrotli(body: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    rest = body
    try:
        while not decompressor.is_finished():
            piece = decompressor.process(rest, output_buffer_limit=_MAX_STEP_BYTES)
            yield piece
            rest = b""
            if not decompressor.is_finished() and len(piece) < _MAX_STEP_BYTES:
                raise _Truncated
    except brotli.error:
        raise _Corrupt from None


def _unzstd(body: bytes) -> Iterator[bytes]:
    """Decompress concatenated zstd frames."""
    position = 0
    while position < len(body):
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
        while not frame.eof:
            if position >= len(body):
                raise _Truncated
            try:
                yield frame.decompress(body[position : position + _ZSTD_INPUT_BYTES])
            except zstandard.ZstdError:
                raise _Corrupt from None
            position += _ZSTD_INPUT_BYTES
        position = min(position, len(body)) - len(frame.unused_data)


_CODECS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
