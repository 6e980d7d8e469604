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
        self._where = where
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or any(name not in ("gzip", "x-gzip", "deflate") for name in names):
            raise FetchError("unsupported_encoding", f"{where} sends a compression that was not asked for")
        self._limit = limit
        self._body = bytearray()
        self._deflate = names == ["deflate"]
        self._stream = zlib.decompressobj(15 if self._deflate else 31) if names else None
        self._members = 1
        self._begun = False

    def feed(self, piece: bytes) -> None:
        """Adds the next piece as it came over the wire."""
        while piece:
            piece = self._step(piece)
            if len(self._body) > self._limit:
                size = f"{self._limit / 2**20:.3g} MiB"
                raise FetchError("body_too_large", f"{self._where} sends more than {size}")

    def finish(self) -> bytes:
        """The whole body, once the last piece was fed."""
        if self._stream is not None and self._begun and not self._stream.eof:
            raise FetchError("truncated", f"{self._where} sends a compressed body that ends in the middle")
        return bytes(self._body)

    def _step(self, piece: bytes) -> bytes:
        """Adds what comes of a piece and returns what is still to be taken."""
        if self._stream is None:
            self._body += piece
            return b""
        room = self._limit + 1 - len(self._body)
        if self._stream.eof:
            return self._next_member(piece)
        try:
            self._body += self._stream.decompress(piece, room)
        except zlib.error:
            return self._without_header(piece)
        self._begun = True
        return self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _next_member(self, piece: bytes) -> bytes:
        """Another gzip stream may follow; anything else after the end is padding, as every browser has it."""
        if self._deflate or not piece.startswith(b"\x1f\x8b") or self._members >= _MEMBERS:
            return b""
        self._members += 1
        self._stream = zlib.decompressobj(31)
        return piece

    def _without_header(self, piece: bytes) -> bytes:
        """Many servers send deflate without the zlib header that the standard asks for."""
        if not self._deflate or self._begun:
            raise FetchError("bad_compression", f"{self._where} sends a body that does not decompress")
        self._begun = True
        self._stream = zlib.decompressobj(-15)
        return piece
