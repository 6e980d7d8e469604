"""No compressed body swells past the bound, and none that ends early is taken for whole."""

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


def inflated(encoding: str, body: bytes, *, limit: int = LIMIT, piece: int = 65536) -> bytes:
    inflater = Decompressor(encoding, limit, "the server")
    for start in range(0, len(body), piece):
        inflater.add_chunk(body[start : start + piece])
    return inflater.finish()


def raw_deflate(text: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(text) + squeezer.flush()


def bomb(gigabytes: int) -> bytes:
    """A gzip stream of zeros, a thousand times smaller than what it holds, made without holding that."""
    squeezer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = squeezer.compress(b"") + squeezer.flush(zlib.Z_FULL_FLUSH)
    block = squeezer.compress(bytes(2**20)) + squeezer.flush(zlib.Z_FULL_FLUSH)
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
@pytest.mark.parametrize("piece", [1, 7, 65536])
def test_bodies_come_out_whole_however_they_are_cut(encoding: str, body: bytes, piece: int) -> None:
    assert inflated(encoding, body, piece=piece) == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,br", "deflate, gzip", "unknown"])
def test_other_and_stacked_encodings_are_refused_before_a_byte_is_read(encoding: str) -> None:
    with pytest.raises(FetchError) as raised:
        Decompressor(encoding, LIMIT, "the server")
    assert raised.value.code == "unsupported_encoding"


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_compressed_as_it_says_is_told(encoding: str) -> None:
    with pytest.raises(FetchError) as raised:
        inflated(encoding, b"<rss>\xff plain</rss>")
    assert raised.value.code == "bad_compression"


@pytest.mark.parametrize(("encoding", "body"), [("gzip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT))])
def test_a_compressed_body_that_ends_early_is_truncated_wherever_it_is_cut(encoding: str, body: bytes) -> None:
    for end in range(1, len(body)):
        with pytest.raises(FetchError) as raised:
            inflated(encoding, body[:end])
        assert raised.value.code == "truncated"


def test_an_empty_body_is_empty() -> None:
    assert inflated("gzip", b"") == b""


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_the_bound_is_exact(encoding: str) -> None:
    squeeze = {"": bytes, "gzip": gzip.compress, "deflate": zlib.compress}[encoding]

    assert len(inflated(encoding, squeeze(b"x" * LIMIT))) == LIMIT
    with pytest.raises(FetchError) as raised:
        inflated(encoding, squeeze(b"x" * (LIMIT + 1)))
    assert raised.value.code == "body_too_large"


def test_a_bomb_costs_no_more_than_the_bound() -> None:
    body = bomb(1)
    tracemalloc.start()
    begun = time.process_time()
    try:
        with pytest.raises(FetchError) as raised:
            inflated("gzip", body, limit=16 * 2**20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert raised.value.code == "body_too_large"
    assert peak < 64 * 2**20
    assert time.process_time() - begun < 2


def test_many_joined_streams_do_not_cost_more_than_their_size() -> None:
    begun = time.process_time()
    inflated("gzip", gzip.compress(b"") * 800_000, limit=16 * 2**20)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(("encoding", "code"), [("gzip", "body_too_large"), ("gzip, gzip", "unsupported_encoding")])
async def test_a_bomb_over_http_is_one_error(encoding: str, code: str) -> None:
    body = bomb(1)
    async with (
        RawServer(http_response(body, content_encoding=encoding)) as server,
        Fetcher(user_agent="t", allow_private=["127.0.0.0/8"], deadline=5.0) as fetcher,
    ):
        with pytest.raises(FetchError) as raised:
            await fetcher.fetch(Request(server.url))
    assert raised.value.code == code
