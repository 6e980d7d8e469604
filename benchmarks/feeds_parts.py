"""Checks that parsing only the unknown items of a feed gives the same as parsing all of it, on captured feeds.

    python benchmarks/feeds_parts.py --data DIR [--rounds 3]

DIR has *.tar.xz archives of feed files, as for feeds_corpus.py. Items of feeds with the same head are mixed: a feed
of two to eight of them is parsed, then up to three are added and only those are parsed. Prints the number of such
feeds by outcome (alike, whole, not separable), and the names of those that differ. Exits 1 if any does.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import warnings
from collections import Counter, defaultdict
from itertools import count
from pathlib import Path

from feeds_corpus import feed_files

from monitor.errors import ParseError
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.feed_items import FeedParts, split_items

XML = "application/xml"
SPACE_PATTERN = re.compile(rb"\s+|<!--.*?-->", re.DOTALL)
NEW_IDS = count()


def parse_or_none(body: bytes) -> Feed | None:
    try:
        return parse_feed(body, XML, "https://feeds.example/feed.xml")
    except ParseError:
        return None


def with_unique_id(item: bytes) -> bytes:
    tag, end = (b"guid" if item.startswith(b"<item") else b"id"), item.rindex(b"</")
    return item[:end] + b"<%s>urn:item:%d</%s>" % (tag, next(NEW_IDS), tag) + item[end:]


def compare_parts(frame: FeedParts, pool: list[tuple[str, bytes]], rng: random.Random) -> str:
    """Return the outcome for one feed of random items and its next version."""
    sampled = rng.sample(pool, min(len(pool), rng.randint(2, 8)))
    old = [item for _, item in sampled]
    before = split_items(frame.with_items(old), XML)
    first = parse_or_none(frame.with_items(old)) if before else None
    if not before or not first:
        return "whole"
    if not first.is_separable or len(first.entries) != len(before.items):
        return "not separable"
    known = dict(zip(before.item_hashes(), first.entries, strict=True))
    new = old + [item for _, item in rng.sample(pool, min(len(pool), 3))]
    rng.shuffle(new)
    after = split_items(frame.with_items(new), XML)
    if not after or after.skeleton_hash() != before.skeleton_hash():
        return "whole"
    hashes = after.item_hashes()
    new_items = [item for item_hash, item in zip(hashes, after.items, strict=True) if item_hash not in known]
    part, whole = parse_or_none(after.with_items(new_items)), parse_or_none(frame.with_items(new))
    if not part or not part.is_separable or len(part.entries) != len(new_items):
        return "not separable"
    left = iter(part.entries)
    entries = tuple(known.get(item_hash) or next(left) for item_hash in hashes)
    return "alike" if whole and whole.entries == entries else "DIFFERS: " + ", ".join(name for name, _ in sampled)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3, help="mixed feeds for each captured one")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    by_frame: dict[tuple[bytes, bytes], list[tuple[str, FeedParts]]] = defaultdict(list)
    for _, path, body in feed_files(arguments.data):
        if parts := split_items(body, XML):
            by_frame[SPACE_PATTERN.sub(b"", parts.head), SPACE_PATTERN.sub(b"", parts.foot)].append((path, parts))
    rng, outcomes = random.Random(1), Counter[str]()
    for feeds in by_frame.values():
        frame = feeds[0][1]
        pool = [(path, with_unique_id(item)) for path, feed in feeds for item in feed.items]
        if len(pool) > 3:
            outcomes.update(compare_parts(frame, pool, rng) for _ in range(arguments.rounds * len(feeds)))
    for outcome, times in outcomes.most_common():
        print(f"{times:>6} {outcome}")
    return any(outcome.startswith("DIFFERS") for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main())
