"""Load stored updates for a back-test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from monitor.backtest.run import RulesByScope, is_relevant, relevant_novelties
from monitor.backtest.stored_update import StoredUpdate
from monitor.config.models import Config
from monitor.model import Finding, Moment, Update
from monitor.store.history import recorded_updates
from monitor.text.split import compile_pattern

if TYPE_CHECKING:
    from sqlalchemy import Connection


def load_stored_updates(
    conn: Connection,
    config: Config,
    since: Moment,
    versions: Sequence[RulesByScope],
    goes_on: Callable[[int, Moment], bool] = lambda count, recorded_at: True,
) -> Iterator[StoredUpdate]:
    """Yield the stored updates since a moment that could matter to any of the rule versions, oldest first.

    `goes_on` is called as `recorded_updates` does.
    """
    tags = config.source_tags
    ignore_by_source = {source.name: tuple(map(compile_pattern, source.ignore)) for source in config.sources}
    baseline_sources = {source.name for source in config.sources if source.first_poll == "baseline"}

    def wanted(update: Update, findings: tuple[Finding, ...]) -> bool:
        return is_relevant(versions, tags, update, findings)

    novelties = relevant_novelties(versions)
    for record in recorded_updates(conn, since, novelties=novelties, is_wanted=wanted, goes_on=goes_on):
        source = record.update.source
        baseline = record.is_baseline and source in baseline_sources
        yield StoredUpdate(
            record.number,
            record.update,
            record.recorded_at,
            record.findings,
            ignore_by_source.get(source, ()),
            baseline,
        )
