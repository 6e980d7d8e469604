"""Decompression stops at its size limit, and an incomplete body is an error."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import pytest
from kit.raw_server import RawServer, http_response

from monitor.errors import FetchError
from monitor.net.decompress import Decompressor
from monitor.net.fetcher import Fetcher
from monitor.net.response import Request

TEXT = b"Around 3,000 soldiers are in the town, two officials say. " * 200
LIMIT = 2**20


def decompress(encoding: str, body: bytes, *, limit: int = LIMIT, chunk_size: int = 65536) -> bytes:
    decompressor = Decompressor(encoding, limit, "the server")
    for start in range(0, len(body), chunk_size):
        decompressor.add_chunk(body[start : start + chunk_size])
    return decompressor.finish()


def raw_deflate(text: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(text) + compressor.flush()


def gzip_bomb(gigabytes: int) -> bytes:
    """A gzip stream of zeros, a thousand times smaller than its content, which is never in memory."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = compressor.compress(b"") + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(2**20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return start + block * (1024 * gigabytes)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZIP", gzip.compress(TEXT)),
        ("x-gzip, identity", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
        ("gzip", gzip.compress(TEXT) + b"\0" * 100),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("chunk_size", [1, 7, 65536])
def test_a_body_is_decompressed_whatever_the_chunk_size(encoding: str, body: bytes, chunk_size: int) -> None:
    assert decompress(encoding, body, chunk_size=chunk_size) == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,br", "deflate, gzip", "unknown"])
def test_other_and_stacked_encodings_are_rejected_before_reading(encoding: str) -> None:
    with pytest.raises(FetchError) as raised:
        Decompressor(encoding, LIMIT, "the server")
    assert raised.value.code == "unsupported_encoding"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_compressed_as_declared_is_an_error(encoding: str) -> None:
    with pytest.raises(FetchError) as raised:
        decompress(encoding, b"<rss>\xff plain</rss>")
    assert raised.value.code == "bad_compression"


@pytest.mark.parametrize(("encoding", "body"), [("gzip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))])
def test_a_compressed_body_cut_off_at_any_byte_is_truncated(encoding: str, body: bytes) -> None:
    for end in range(1, len(body)):
        with pytest.raises(FetchError) as raised:
            decompress(encoding, body[:end])
        assert raised.value.code == "truncated"


def test_an_empty_compressed_body_is_empty() -> None:
    assert decompress("gzip", b"") == b""


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_the_size_limit_is_exact(encoding: str) -> None:
    compressed = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}[encoding]

    assert len(decompress(encoding, compressed(b"x" * LIMIT))) == LIMIT
    with pytest.raises(FetchError) as raised:
        decompress(encoding, compressed(b"x" * (LIMIT + 1)))
    assert raised.value.code == "body_too_large"


def test_a_decompression_bomb_uses_little_memory_and_time() -> None:
    body = gzip_bomb(1)
    tracemalloc.start()
    started_at = time.process_time()
    try:
        with pytest.raises(FetchError) as raised:
            decompress("gzip", body, limit=16 * 2**20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert raised.value.code == "body_too_large"
    assert peak < 64 * 2**20
    assert time.process_time() - started_at < 2


def test_many_concatenated_gzip_streams_are_read_quickly() -> None:
    started_at = time.process_time()
    decompress("gzip", gzip.compress(b"") * 800_000, limit=16 * 2**20)
    assert time.process_time() - started_at < 2


@pytest.mark.parametrize(("encoding", "code"), [("gzip", "body_too_large"), ("gzip, gzip", "unsupported_encoding")])
async def test_a_decompression_bomb_over_http_is_one_error(encoding: str, code: str) -> None:
    body = gzip_bomb(1)
    async with (
        RawServer(http_response(body, content_encoding=encoding)) as server,
        Fetcher(user_agent="t", allow_private=["127.0.0.0/8"], deadline=5.0) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == code
