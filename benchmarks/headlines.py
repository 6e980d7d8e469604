"""Prints the headlines of alerts on real report streams, to be read.

    python benchmarks/headlines.py --data DIR [--set NAME] [--limit N]

DIR/reports has the streams that `novelty_reports.py` describes. One broad rule alerts on everything new and changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from running import read_lines

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.deliver.headline import finding_headline
from monitor.model import Alert
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import Rule, RuleSet
from monitor.serialize import alert_from_json

EVERYTHING = r"/[\p{L}\p{N}]/"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one headline a line, the set's name before it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the folder reports")
    parser.add_argument("--set", help="only this set")
    parser.add_argument("--limit", type=int, help="headlines of each set, the first ones")
    options = parser.parse_args(arguments)
    for path in sorted((options.data / "reports").glob(f"{options.set or '*'}.stream.jsonl*")):
        for alert in islice(alerts_of(path), options.limit):
            for finding in alert.findings:
                print(path.name.partition(".")[0], finding_headline(finding, alert.title), sep="\t", flush=True)


def alerts_of(stream: Path) -> Iterator[Alert]:
    """Yield the alerts of a stream that the broad rule causes."""
    query, faults = compile_query(EVERYTHING, {})
    if query is None:
        raise SystemExit(str(faults))
    rules = RuleSet((Rule("everything", "Everything", query),))
    for record in replay_stream(read_lines(stream), Policy(rules)):
        if record["type"] == "alert":
            yield alert_from_json(record)


if __name__ == "__main__":
    main()
