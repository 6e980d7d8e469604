"""Decompression that cannot be made to swell: gzip and deflate, never more than a given number of bytes.

Every other encoding is refused, because the libraries for them have no bound on what one step puts out.
"""

from __future__ import annotations

import zlib

from monitor.errors import FetchError

_MAX_GZIP_MEMBERS = 100  # gzip streams may be joined end to end; nobody joins more than a few


class Decompressor:
    """Takes a body in pieces. FetchError `unsupported_encoding`, `body_too_large` past `limit` bytes,
    `truncated` or `bad_compression`; `where` begins the sentence."""

    def __init__(self, encoding: str, max_bytes: int, label: str) -> None:
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or any(name not in ("gzip", "x-gzip", "deflate") for name in names):
            raise FetchError("unsupported_encoding", f"{label} sends a compression that was not asked for")
        self._label = label
        self._max_bytes = max_bytes
        self._body = bytearray()
        self._is_compressed = bool(names)
        self._is_deflate = names == ["deflate"]
        self._stream: zlib._Decompress | None = None
        self._members = 0
        self._pending_byte = b""  # the first byte of a stream whose second is still to come

    def add_chunk(self, chunk: bytes) -> None:
        """Adds the next piece as it came over the wire."""
        while chunk:
            chunk = self._consume(chunk)
            if len(self._body) > self._max_bytes:
                raise FetchError("body_too_large", f"{self._label} sends more than {self._max_bytes / 2**20:.3g} MiB")

    def finish(self) -> bytes:
        """The whole body, once the last piece was fed."""
        if self._stream or (self._pending_byte and not self._members):
            raise FetchError("truncated", f"{self._label} sends a compressed body that ends in the middle")
        return bytes(self._body)

    def _consume(self, chunk: bytes) -> bytes:
        """Adds what comes of a piece and returns what is still to be taken."""
        if not self._is_compressed:
            self._body += chunk
            return b""
        if self._stream is None:
            return self._start_stream(self._pending_byte + chunk)
        try:
            self._body += self._stream.decompress(chunk, self._max_bytes + 1 - len(self._body))
        except zlib.error:
            raise self._corrupt_error() from None
        if not self._stream.eof:
            return self._stream.unconsumed_tail
        chunk, self._stream = self._stream.unused_data, None
        return chunk

    def _start_stream(self, chunk: bytes) -> bytes:
        """Begins a stream. After the first, what is no gzip stream is padding, as every browser has it."""
        self._pending_byte = chunk if len(chunk) < 2 else b""
        if self._pending_byte or self._members >= (1 if self._is_deflate else _MAX_GZIP_MEMBERS):
            return b""
        self._members += 1
        if self._is_deflate:
            # Many servers leave out the header that the standard asks for.
            self._stream = zlib.decompressobj(15 if _has_zlib_header(chunk) else -15)
        elif chunk.startswith(b"\x1f\x8b"):
            self._stream = zlib.decompressobj(31)
        elif self._members == 1:
            raise self._corrupt_error()
        else:
            self._members = _MAX_GZIP_MEMBERS
            return b""
        return chunk

    def _corrupt_error(self) -> FetchError:
        return FetchError("bad_compression", f"{self._label} sends a body that does not decompress")


def _has_zlib_header(chunk: bytes) -> bool:
    return chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0
