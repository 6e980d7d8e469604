"""Decompresses gzip and deflate bodies up to a limit, so that a decompression bomb cannot fill the memory.

Other encodings are rejected, because their libraries cannot limit the output of one step.
"""

from __future__ import annotations

import zlib

from monitor.errors import FetchError

_MAX_GZIP_MEMBERS = 100  # gzip streams may be concatenated; real bodies have a few


class Decompressor:
    """Decompresses a body chunk by chunk. Raises FetchError with code `unsupported_encoding`, `body_too_large` (more
    than `max_bytes`), `truncated` or `bad_compression`; its sentence starts with `label`."""

    def __init__(self, encoding: str, max_bytes: int, label: str) -> None:
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or any(name not in ("gzip", "x-gzip", "deflate") for name in names):
            raise FetchError("unsupported_encoding", f"{label} used a compression that was not requested")
        self._label = label
        self._max_bytes = max_bytes
        self._body = bytearray()
        self._is_compressed = bool(names)
        self._is_deflate = names == ["deflate"]
        self._stream: zlib._Decompress | None = None
        self._members = 0
        self._pending_byte = b""  # the first byte of a stream, if its second has not arrived

    def add_chunk(self, chunk: bytes) -> None:
        """Add the next bytes of the response."""
        while chunk:
            chunk = self._consume(chunk)
            if len(self._body) > self._max_bytes:
                raise FetchError("body_too_large", f"{self._label} sent more than {self._max_bytes / 2**20:.3g} MiB")

    def finish(self) -> bytes:
        """Return the decompressed body, after the last chunk was added."""
        if self._stream or (self._pending_byte and not self._members):
            raise FetchError("truncated", f"{self._label} sent an incomplete compressed body")
        return bytes(self._body)

    def _consume(self, chunk: bytes) -> bytes:
        """Decompress part of a chunk and return the rest."""
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
        """Start a stream and return its bytes. After the first stream, anything but gzip is ignored as padding, as
        browsers do."""
        self._pending_byte = chunk if len(chunk) < 2 else b""
        if self._pending_byte or self._members >= (1 if self._is_deflate else _MAX_GZIP_MEMBERS):
            return b""
        self._members += 1
        if self._is_deflate:
            # Many servers omit the zlib header that the standard requires.
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
        return FetchError("bad_compression", f"{self._label} sent an invalid compressed body")


def _has_zlib_header(chunk: bytes) -> bool:
    return chunk[0] & 0x0F == 8 and int.from_bytes(chunk[:2], "big") % 31 == 0
