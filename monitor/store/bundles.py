"""The other pages of an announcement: entries of one source that made the same edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from sqlalchemy import Connection, null, select

from monitor.model import Alert, AlertFinding, Novelty, PriorClaim
from monitor.store.schema import entries, findings, updates

MAX_PAGES = 500  # read for one finding; messages show the first few and count the rest
FINDINGS_PER_QUERY = 400  # a story may have tens of thousands of findings: it is read once for so many
NEWS = [novelty.value for novelty in Novelty if novelty is not Novelty.REPEATED]
PageKey: TypeAlias = tuple[str, str]  # a bundle and "", or a story and a claim
# The columns of PriorClaim, in order, then the bundle.
SELECT_PAGES = (
    select(
        findings.c.claim,
        entries.c.source,
        entries.c.key,
        updates.c.at,
        findings.c.story,
        updates.c.title,
        findings.c.heading,
        null(),
        updates.c.url,
        findings.c.bundle,
    )
    .join(updates, updates.c.id == findings.c.update_id)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(findings.c.novelty.in_(NEWS))
    .order_by(updates.c.id)
)


def with_other_pages(conn: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Return the alerts with the other entries of each finding's source that made the same edit by now."""
    keys = list(dict.fromkeys(page_key(finding) for alert in alerts for finding in alert.findings))
    pages_by_key: dict[PageKey, list[PriorClaim]] = defaultdict(list)
    for start in range(0, len(keys), FINDINGS_PER_QUERY):
        for key, page in read_pages(conn, keys[start : start + FINDINGS_PER_QUERY]):
            pages_by_key[key].append(page)
    return tuple(with_pages(alert, pages_by_key) for alert in alerts)


def with_pages(alert: Alert, pages_by_key: Mapping[PageKey, Sequence[PriorClaim]]) -> Alert:
    pages = [other_pages(finding, pages_by_key.get(page_key(finding), ())) for finding in alert.findings]
    if pages == [finding.also_on for finding in alert.findings]:
        return alert  # without the cost of a copy: most alerts are about one page
    shown = (replace(finding, also_on=also_on) for finding, also_on in zip(alert.findings, pages, strict=True))
    return replace(alert, findings=tuple(shown))


def page_key(finding: AlertFinding) -> PageKey:
    """Return what the other pages share: the bundle, or the words in the story; ("", "") without both."""
    if finding.bundle:
        return finding.bundle, ""
    return (finding.story, finding.claim) if finding.story else ("", "")


def read_pages(conn: Connection, keys: Sequence[PageKey]) -> Iterator[tuple[PageKey, PriorClaim]]:
    """Yield the news with each of these keys, in the order of arrival."""
    query = SELECT_PAGES.limit(MAX_PAGES * len(keys))
    if bundles := [bundle for bundle, claim in keys if bundle and not claim]:
        for *columns, bundle in conn.execute(query.where(findings.c.bundle.in_(bundles))):
            yield (bundle, ""), PriorClaim(*columns)
    wanted = {(story, claim) for story, claim in keys if claim}
    stories, claims = {story for story, _ in wanted}, {claim for _, claim in wanted}
    if wanted:
        for *columns, _ in conn.execute(query.where(findings.c.story.in_(stories), findings.c.claim.in_(claims))):
            page = PriorClaim(*columns)
            if (page.story, page.text) in wanted:
                yield (page.story, page.text), page


def other_pages(finding: AlertFinding, pages: Iterable[PriorClaim]) -> tuple[PriorClaim, ...]:
    """Return the pages of the finding's source, once for each other entry."""
    others = (page for page in pages if page.source == finding.source and page.entry != finding.entry)
    return tuple({page.entry: page for page in islice(others, MAX_PAGES)}.values())
