"""Polls every captured feed of an archive collection once, over HTTP on loopback, in one round of the daemon.

    python benchmarks/feeds_corpus.py --data DIR

DIR holds *.tar.xz archives of feed files. For each archive and kind of file it prints how many ended with
entries, empty, or with one clear error (by code), and how many crashed, which must be none; beside it, what
feedparser alone makes of the same bytes. `--list CODE` names the files that ended so. Exits 1 on a crash.

Then, how our reading does by what the parsers themselves expect of these files: each part that is not as expected
is listed with the reason, if there is one that we stand by.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
import tarfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import feedparser
from feeds_expected import Held, expectations

from monitor.config.file import read_config
from monitor.daemon import run_once
from monitor.log import configure
from monitor.store import open_store
from monitor.store.sources import SourceRow, rows

SOURCE = '[[sources]]\nname = "feed-{number}"\nurl = "http://127.0.0.1:{port}/{number}"\n'
TYPES = {".xml": "application/xml", ".json": "application/feed+json", ".html": "text/html"}


def files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """(archive, path, bytes) of every feed file."""
    for archive in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(archive) as tar:
            for member in tar:
                taken = tar.extractfile(member) if Path(member.name).suffix in TYPES else None
                if taken:
                    yield archive.name.removesuffix(".tar.xz"), member.name, taken.read()


def alone(body: bytes, content_type: str) -> str:
    """What feedparser by itself gives for these bytes."""
    try:
        found = feedparser.parse(io.BytesIO(body), response_headers={"content-type": content_type})
    except Exception:
        return "raised"
    return "entries" if found.entries else "none"


def ending(row: SourceRow) -> str:
    """How a source's one poll ended: "entries", "empty" or an error's code; "CRASH" if it was not polled at all."""
    if row.error:
        return row.error_code or "CRASH"
    return "CRASH" if row.last_good is None else "entries" if row.entries else "empty"


async def polled(all_files: list[tuple[str, str, bytes]], folder: Path) -> list[str]:
    """The end of every file's poll, in order, by one round of the daemon on a store in `folder`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        _, path, body = all_files[int(request.split()[1][1:])]
        kind = TYPES[Path(path).suffix]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (folder / "rules").mkdir()
        named = "".join(SOURCE.format(number=number, port=port) for number in range(len(all_files)))
        (folder / "config.toml").write_text('[network]\nallow_private = ["127.0.0.0/8"]\n' + named)
        config = read_config(folder / "config.toml", env={})
        await run_once(config)
    store = open_store(config.monitor.database)
    with store.read() as conn:
        ends = {row.name: ending(row) for row in rows(conn)}
    store.close()
    return [ends[f"feed-{number}"] for number in range(len(all_files))]


WHY = {
    "entry_content_and_summary": "of a content and a summary the longer is kept",
    "item_summary_and_description": "of two descriptions the longer is kept",
    "item_description_and_summary": "of two descriptions the longer is kept",
    "http_entry_id_base": "an id is kept as it is written, so that it survives a move of the feed",
    "issue_275_extensions": "video, JSON and XML in an entry are no text; the last is the same text",
    "item_content_encoded_script_nested_cdata": "markup in CDATA in CDATA: no text either way",
    "item_description_not_a_doctype": "the same text to a browser",
    "xml_malicious_comment": "a comment that is never closed by the letter of HTML",
    "tag_in_attr": "a tag in an attribute of the title's markup",
    "cdf/channel_title": "a CDF file without items and without a word of what it is",
    "guid_naked_markup": "feedparser gives no id for markup; the hash of what it says is its key",
    "item_uri_at_protocol": "feedparser takes the attribute for the link",
}


def show_expected(archive: str, held: list[Held]) -> None:
    """What one archive's parser expects, and where we differ."""
    well = [one for one in held if one.well_formed]
    if not well:
        return
    parts = Counter(part for one in well for part in one.parts)
    wrong = Counter(part for one in well for part, _, _ in one.missed)
    good = sum(not one.missed for one in well)
    print(f"{archive} expects, of {len(well)} well-formed files: {good} hold, {good / len(well):.1%}")
    print(" ", *(f"{part} {count - wrong[part]}/{count}" for part, count in parts.items()))
    for one in well:
        why = next((why for name, why in WHY.items() if name in one.path), "?")
        for part, wanted, found in one.missed:
            print(f"  {one.path.split('/', 1)[1]}: {part} is {found!r:.60} and not {wanted!r:.60}: {why}")
    ill = [one for one in held if not one.well_formed]
    print(f"  of {len(ill)} files that are not well-formed {sum(not one.missed for one in ill)} hold")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--list", default="", metavar="CODE")
    chosen = options.parse_args()
    all_files = list(files(chosen.data))
    begun = time.perf_counter()
    configure(stream=io.StringIO())
    with TemporaryDirectory() as folder:
        ends = asyncio.run(polled(all_files, Path(folder)))
    took = time.perf_counter() - begun
    warnings.simplefilter("ignore")
    counts: dict[str, Counter[str]] = {}
    beside: dict[str, Counter[str]] = {}
    for (archive, path, body), end in zip(all_files, ends, strict=True):
        group = f"{archive} {Path(path).suffix}"
        counts.setdefault(group, Counter())[end] += 1
        beside.setdefault(group, Counter())[alone(body, TYPES[Path(path).suffix])] += 1
        if end.split()[0] == chosen.list:
            print(path, end)
    for group, count in counts.items():
        print(f"{group:<18} {sum(count.values()):>5}  ", *(f"{end} {n}" for end, n in count.most_common()))
        print(f"{'':<18} alone  ", *(f"{end} {n}" for end, n in beside[group].most_common()))
    archives: dict[str, dict[str, bytes]] = {}
    for archive, path, body in all_files:
        archives.setdefault(archive, {})[path] = body
    for archive, held_files in archives.items():
        show_expected(archive, list(expectations(held_files)))
    crashes = sum(n for count in counts.values() for end, n in count.items() if end.startswith("CRASH"))
    print(f"{len(all_files)} files in {took:.1f} s, crashes: {crashes}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
