"""The stored updates as a back-test wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from monitor.backtest import Kept, Parted, concerns, novelties
from monitor.config import Config
from monitor.model import Finding, Moment, Update
from monitor.store.history import history
from monitor.text.pattern import pattern

if TYPE_CHECKING:
    from sqlalchemy import Connection


def stored(
    conn: Connection,
    config: Config,
    since: Moment,
    versions: Sequence[Parted],
    tags: Mapping[str, tuple[str, ...]],
) -> Iterator[Kept]:
    """The stored updates since a moment that concern some versions of rules."""
    ignored = {source.name: tuple(map(pattern, source.ignore)) for source in config.sources}
    baselined = {source.name for source in config.sources if source.first_poll == "baseline"}

    def wanted(update: Update, findings: tuple[Finding, ...]) -> bool:
        return concerns(versions, tags, update, findings)

    for past in history(conn, since, novelties=novelties(versions), wanted=wanted):
        source = past.update.source
        baseline = past.baseline and source in baselined
        yield Kept(past.number, past.update, past.recorded, past.findings, ignored.get(source, ()), baseline)
