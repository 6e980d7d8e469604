"""Decompression that cannot be made to swell: gzip and deflate, never more than a given number of bytes.

Every other encoding is refused, because the libraries for them have no bound on what one step puts out.
"""

from __future__ import annotations

import zlib

from monitor.errors import FetchError

_MEMBERS = 100  # gzip streams may be joined end to end; nobody joins more than a few


class Inflater:
    """Takes a body in pieces. FetchError `unsupported_encoding`, `body_too_large` past `limit` bytes,
    `truncated` or `bad_compression`; `where` begins the sentence."""

    def __init__(self, encoding: str, limit: int, where: str) -> None:
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or any(name not in ("gzip", "x-gzip", "deflate") for name in names):
            raise FetchError("unsupported_encoding", f"{where} sends a compression that was not asked for")
        self._where = where
        self._limit = limit
        self._body = bytearray()
        self._squeezed = bool(names)
        self._deflate = names == ["deflate"]
        self._stream: zlib._Decompress | None = None
        self._members = 0
        self._held = b""  # the first byte of a stream whose second is still to come

    def feed(self, piece: bytes) -> None:
        """Adds the next piece as it came over the wire."""
        while piece:
            piece = self._step(piece)
            if len(self._body) > self._limit:
                raise FetchError("body_too_large", f"{self._where} sends more than {self._limit / 2**20:.3g} MiB")

    def finish(self) -> bytes:
        """The whole body, once the last piece was fed."""
        if self._stream or (self._held and not self._members):
            raise FetchError("truncated", f"{self._where} sends a compressed body that ends in the middle")
        return bytes(self._body)

    def _step(self, piece: bytes) -> bytes:
        """Adds what comes of a piece and returns what is still to be taken."""
        if not self._squeezed:
            self._body += piece
            return b""
        if self._stream is None:
            return self._open(self._held + piece)
        try:
            self._body += self._stream.decompress(piece, self._limit + 1 - len(self._body))
        except zlib.error:
            raise self._bad() from None
        if not self._stream.eof:
            return self._stream.unconsumed_tail
        piece, self._stream = self._stream.unused_data, None
        return piece

    def _open(self, piece: bytes) -> bytes:
        """Begins a stream. After the first, what is no gzip stream is padding, as every browser has it."""
        self._held = piece if len(piece) < 2 else b""
        if self._held or self._members >= (1 if self._deflate else _MEMBERS):
            return b""
        self._members += 1
        if self._deflate:
            # Many servers leave out the header that the standard asks for.
            self._stream = zlib.decompressobj(15 if _has_zlib_header(piece) else -15)
        elif piece.startswith(b"\x1f\x8b"):
            self._stream = zlib.decompressobj(31)
        elif self._members == 1:
            raise self._bad()
        else:
            self._members = _MEMBERS
            return b""
        return piece

    def _bad(self) -> FetchError:
        return FetchError("bad_compression", f"{self._where} sends a body that does not decompress")


def _has_zlib_header(piece: bytes) -> bool:
    return piece[0] & 0x0F == 8 and int.from_bytes(piece[:2], "big") % 31 == 0
