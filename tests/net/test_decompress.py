"""Decompression stops at its size limit, and an incomplete body is an error."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from kit.raw_server import RawServer, http_response

from monitor.errors import FetchError
from monitor.net.decompress import decompress
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.response import Request

TEXT = b"Around 3,000 soldiers are in the town, two officials say. " * 200
LIMIT = 2**20


def unpack(encoding: str, body: bytes, *, limit: int = LIMIT) -> bytes:
    return decompress(body, encoding, limit, "the server")


def raw_deflate(text: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(text) + compressor.flush()


def gzip_bomb(gigabytes: int) -> bytes:
    """A gzip stream of zeros, a thousand times smaller than its content, which is never in memory."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = compressor.compress(b"") + compressor.flush(zlib.Z_FULL_FLUSH)
    block = compressor.compress(bytes(2**20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    return start + block * (1024 * gigabytes)


PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        *PACKED.items(),
        ("", TEXT),
        ("identity", TEXT),
        ("GZIP", PACKED["gzip"]),
        ("x-gzip, identity", PACKED["gzip"]),
        ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
        ("gzip", PACKED["gzip"] + b"\0" * 100),
        ("deflate", raw_deflate(TEXT)),
        ("zstd", zstandard.compress(TEXT[:5000]) + zstandard.compress(TEXT[5000:])),
        ("gzip, gzip", gzip.compress(PACKED["gzip"])),
        ("gzip,br", brotli.compress(PACKED["gzip"])),
        ("deflate, zstd", zstandard.compress(PACKED["deflate"])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_body_is_decompressed(encoding: str, body: bytes) -> None:
    assert unpack(encoding, body) == TEXT


FEED = b"<rss><item>Around 3,000 soldiers are in the town.</item></rss>"


@pytest.mark.parametrize(
    "encoding", ["", "none", "utf-8", "UTF8", "aws-chunked", "gzip", "br", "zstd", "deflate", "gzip, gzip"]
)
@pytest.mark.parametrize(
    "body", [FEED, b"\xef\xbb\xbf\n" + FEED, b'{"items": [1, 2, 3]}', b"<p>\xcf\xf0\xe8\xe2\xe5\xf2</p>"]
)
def test_an_uncompressed_body_with_any_content_encoding_is_unchanged(encoding: str, body: bytes) -> None:
    assert unpack(encoding, body) == body


@pytest.mark.parametrize("encoding", ["", "none", "utf-8", "aws-chunked", "br", "deflate", "gzip"])
@pytest.mark.parametrize(
    "packed",
    [gzip.compress(FEED), zstandard.compress(FEED), gzip.compress(gzip.compress(FEED))],
    ids=["gzip", "zstd", "gzip twice"],
)
def test_a_compressed_body_with_a_wrong_content_encoding_is_decompressed(encoding: str, packed: bytes) -> None:
    assert unpack(encoding, packed) == FEED


NOTE = "The Ostra ferry is late. Паром опаздывает.\n".encode() * 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "windows-1251", "text/plain"])
@pytest.mark.parametrize("note", [NOTE, NOTE[:24], NOTE[:4096]])
def test_plain_text_with_any_content_encoding_is_unchanged(encoding: str, note: bytes) -> None:
    assert unpack(encoding, note) == note


@pytest.mark.parametrize("encoding", ["windows-1251", "charset=utf-8", "exi", "text/xml", "0"])
@pytest.mark.parametrize("body", [FEED, gzip.compress(FEED)], ids=["plain", "gzip"])
def test_an_unknown_encoding_does_not_matter_if_the_bytes_can_be_read(encoding: str, body: bytes) -> None:
    assert unpack(encoding, body) == FEED


@pytest.mark.parametrize("encoding", ["gzip;q=1.0", '"gzip"', "gzip, identity;q=0.5"])
def test_an_encoding_may_be_written_as_in_a_request(encoding: str) -> None:
    assert unpack(encoding, PACKED["gzip"]) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br", "deflate"])
@pytest.mark.parametrize("packed", [zlib.compress(TEXT), brotli.compress(TEXT)], ids=["deflate", "br"])
def test_another_compression_than_the_declared_one_is_found_by_trying(encoding: str, packed: bytes) -> None:
    assert unpack(encoding, packed) == TEXT


@pytest.mark.parametrize("encoding", ["compress", "gzip, unknown", "exi"])
def test_an_unknown_encoding_is_named_in_the_error(encoding: str) -> None:
    with pytest.raises(FetchError, match=encoding.replace("gzip, unknown", "unknown")) as raised:
        unpack(encoding, b"\x1f\x9d\x90\x54\x01 packed in another way")
    assert raised.value.code == "unsupported_encoding"


def test_too_many_compressions_are_an_error() -> None:
    with pytest.raises(FetchError, match="gzip,gzip,gzip,gzip"):
        unpack("gzip, gzip, gzip, gzip", PACKED["gzip"])


@pytest.mark.parametrize("encoding", PACKED)
def test_a_body_that_is_not_compressed_as_declared_is_an_error(encoding: str) -> None:
    with pytest.raises(FetchError) as raised:
        unpack(encoding, b"\x99\x98\xff plain" * 50)
    assert raised.value.code in ("bad_compression", "truncated")


@pytest.mark.parametrize(("encoding", "body"), PACKED.items(), ids=PACKED)
def test_a_compressed_body_cut_off_at_any_byte_is_truncated(encoding: str, body: bytes) -> None:
    for end in range(1, len(body)):
        with pytest.raises(FetchError) as raised:
            unpack(encoding, body[:end])
        assert raised.value.code == "truncated"


def test_an_empty_compressed_body_is_empty() -> None:
    assert unpack("gzip", b"") == b""


@pytest.mark.parametrize(
    ("encoding", "compressed"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_the_size_limit_is_exact(encoding: str, compressed: Callable[[bytes], bytes]) -> None:
    assert len(unpack(encoding, compressed(b"x" * LIMIT))) == LIMIT
    with pytest.raises(FetchError) as raised:
        unpack(encoding, compressed(b"x" * (LIMIT + 1)))
    assert raised.value.code == "body_too_large"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip_bomb(1)),
        ("gzip, gzip", gzip.compress(gzip_bomb(1))),
        ("br", brotli.compress(bytes(2**28))),
        ("zstd", zstandard.compress(bytes(2**28))),
    ],
    ids=["gzip", "gzip twice", "br", "zstd"],
)
def test_a_decompression_bomb_uses_little_memory_and_time(encoding: str, body: bytes) -> None:
    tracemalloc.start()
    started_at = time.process_time()
    try:
        with pytest.raises(FetchError) as raised:
            unpack(encoding, body, limit=16 * 2**20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert raised.value.code == "body_too_large"
    assert peak < 64 * 2**20
    assert time.process_time() - started_at < 2


def test_many_concatenated_gzip_streams_are_read_quickly() -> None:
    started_at = time.process_time()
    unpack("gzip", gzip.compress(b"") * 800_000, limit=16 * 2**20)
    assert time.process_time() - started_at < 2


@pytest.mark.parametrize("encoding", ["gzip", "", "br"])
async def test_a_decompression_bomb_over_http_is_one_error(encoding: str) -> None:
    body = gzip_bomb(1)
    async with (
        RawServer(http_response(body, content_encoding=encoding)) as server,
        Fetcher(user_agent="t", network=Network(Guard(["127.0.0.0/8"])), deadline=5.0) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == "body_too_large"
