"""Polls every captured feed of an archive collection once, over HTTP on loopback, in one round of the daemon.

    python benchmarks/feeds_corpus.py --data DIR

DIR has *.tar.xz archives of feed files. Prints, for each archive and file type, how many files gave entries, were
empty, ended with an error (by code), or crashed; and the result of feedparser alone on the same bytes. `--list CODE`
prints the names of the files with that outcome. Exits 1 on a crash.

Then compares our parsing with the expectations that ship with these files, and prints each difference with the reason
for it, if it is accepted.
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
from feed_server import source_tables
from feeds_expected import FileResult, expectations

from monitor.config_file.load import read_config
from monitor.daemon.run import run_once
from monitor.log import configure_logging
from monitor.sources.state import SourceState
from monitor.store.connect import open_store
from monitor.store.sources import load_sources

CONTENT_TYPES = {".xml": "application/xml", ".json": "application/feed+json", ".html": "text/html"}


def feed_files(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield (archive, path, bytes) of every feed file."""
    for archive in sorted(folder.glob("*.tar.xz")):
        with tarfile.open(archive) as tar:
            for member in tar:
                file = tar.extractfile(member) if Path(member.name).suffix in CONTENT_TYPES else None
                if file:
                    yield archive.name.removesuffix(".tar.xz"), member.name, file.read()


def feedparser_outcome(body: bytes, content_type: str) -> str:
    """Return the outcome of feedparser alone."""
    try:
        parsed = feedparser.parse(io.BytesIO(body), response_headers={"content-type": content_type})
    except Exception:
        return "raised"
    return "entries" if parsed.entries else "none"


def poll_outcome(row: SourceState) -> str:
    """Return "entries", "empty" or the error code of a source's poll; "CRASH" if it was not polled."""
    if row.error:
        return row.error_code or "CRASH"
    return "CRASH" if row.last_good is None else "entries" if row.entries else "empty"


async def poll_all(all_files: list[tuple[str, str, bytes]], folder: Path) -> list[str]:
    """Return the outcome for each file, in order, of one round of the daemon with a store in `folder`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        _, path, body = all_files[int(request.split()[1][1:])]
        kind = CONTENT_TYPES[Path(path).suffix]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        (folder / "rules").mkdir()
        network = '[network]\nallow_private = ["127.0.0.0/8"]\n'
        (folder / "config.toml").write_text(network + source_tables(len(all_files), port))
        config = read_config(folder / "config.toml", env={})
        await run_once(config)
    store = open_store(config.monitor.database)
    with store.read() as conn:
        outcomes = {row.name: poll_outcome(row) for row in load_sources(conn)}
    store.close()
    return [outcomes[f"feed-{number}"] for number in range(len(all_files))]


ACCEPTED_DIFFERENCES = {
    "entry_content_and_summary": "the longer of content and summary is kept",
    "item_summary_and_description": "the longer of two descriptions is kept",
    "item_description_and_summary": "the longer of two descriptions is kept",
    "http_entry_id_base": "an id is kept as written, so that it survives a move of the feed",
    "issue_275_extensions": "video, JSON and XML in an entry are not text; the last is the same text",
    "item_content_encoded_script_nested_cdata": "markup in CDATA in CDATA: no text either way",
    "item_description_not_a_doctype": "the same text in a browser",
    "xml_malicious_comment": "a comment that is never closed, by the HTML specification",
    "tag_in_attr": "a tag in an attribute of the title's markup",
    "cdf/channel_title": "a CDF file without items or any sign of its format",
    "guid_naked_markup": "feedparser returns no id for markup; the hash of the content is its key",
    "item_uri_at_protocol": "feedparser uses the attribute as the link",
}


def show_expected(archive: str, results: list[FileResult]) -> None:
    """Print how many expectations of one archive are fulfilled, and the differences."""
    well_formed = [result for result in results if result.well_formed]
    if not well_formed:
        return
    parts = Counter(part for result in well_formed for part in result.parts)
    missed_counts = Counter(part for result in well_formed for part, _, _ in result.missed)
    good = sum(not result.missed for result in well_formed)
    print(f"{archive}, {len(well_formed)} well-formed files: {good} as expected, {good / len(well_formed):.1%}")
    print(" ", *(f"{part} {count - missed_counts[part]}/{count}" for part, count in parts.items()))
    for result in well_formed:
        why = next((why for name, why in ACCEPTED_DIFFERENCES.items() if name in result.path), "?")
        for part, wanted, actual in result.missed:
            print(f"  {result.path.split('/', 1)[1]}: {part}: expected {wanted!r:.60}, found {actual!r:.60}: {why}")
    ill_formed = [result for result in results if not result.well_formed]
    good = sum(not result.missed for result in ill_formed)
    print(f"  {len(ill_formed)} ill-formed files: {good} as expected")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--list", default="", metavar="CODE")
    arguments = parser.parse_args()
    all_files = list(feed_files(arguments.data))
    started = time.perf_counter()
    configure_logging(stream=io.StringIO())
    with TemporaryDirectory() as folder:
        outcomes = asyncio.run(poll_all(all_files, Path(folder)))
    took = time.perf_counter() - started
    warnings.simplefilter("ignore")
    counts: dict[str, Counter[str]] = {}
    feedparser_counts: dict[str, Counter[str]] = {}
    for (archive, path, body), outcome in zip(all_files, outcomes, strict=True):
        suffix = Path(path).suffix
        group = f"{archive} {suffix}"
        counts.setdefault(group, Counter())[outcome] += 1
        feedparser_counts.setdefault(group, Counter())[feedparser_outcome(body, CONTENT_TYPES[suffix])] += 1
        if outcome.split()[0] == arguments.list:
            print(path, outcome)
    for group, count in counts.items():
        print(f"{group:<18} {sum(count.values()):>5}  ", *(f"{outcome} {n}" for outcome, n in count.most_common()))
        print(f"{'':<18} feedparser ", *(f"{outcome} {n}" for outcome, n in feedparser_counts[group].most_common()))
    archives: dict[str, dict[str, bytes]] = {}
    for archive, path, body in all_files:
        archives.setdefault(archive, {})[path] = body
    for archive, archive_files in archives.items():
        show_expected(archive, list(expectations(archive_files)))
    crashes = sum(n for count in counts.values() for outcome, n in count.items() if outcome.startswith("CRASH"))
    print(f"{len(all_files)} files in {took:.1f} s, crashes: {crashes}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
