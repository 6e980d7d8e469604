"""The sayings of a claim in these or other words: for matches that await corroboration, and to name other sources.

A cluster is a claim with the claims that repeat it in other words.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, literal_column, select

from monitor.alerts.corroboration import event_texts, with_other_sources
from monitor.model import Alert, PriorClaim
from monitor.store.bundles import with_other_pages
from monitor.store.ledger import SELECT_SAYINGS, text_hash
from monitor.store.schema import claims, sayings
from monitor.store.sql import select_matching

MAX_FIRST_SAYINGS = 32  # first sayings read of one claim: later ones in the same words only repeat those

_cluster_member = claims.alias("cluster_member")
_first_saying = sayings.alias("first")
SELECT_CLUSTER_MEMBERS = (
    select(claims.c.text_hash, _cluster_member.c.id)
    .join(_cluster_member, _cluster_member.c.root == claims.c.root)
    .where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
)
MIN_SAYING_NUMBER = (
    select(func.min(_first_saying.c.nth)).where(_first_saying.c.claim_id == claims.c.id).scalar_subquery()
)
SELECT_FIRST_SAYINGS = SELECT_SAYINGS.where(
    sayings.c.nth < MIN_SAYING_NUMBER + literal_column(str(MAX_FIRST_SAYINGS))
).order_by(claims.c.id, sayings.c.nth)


def claim_clusters(conn: Connection, texts: Sequence[str]) -> dict[str, list[PriorClaim]]:
    """Return the sayings of the cluster of each text that was ever said, by claim and then in order of arrival."""
    hashes = {text: text_hash(text) for text in texts}
    claim_ids_by_hash: dict[int, list[int]] = {}
    for hash_value, id in select_matching(conn, SELECT_CLUSTER_MEMBERS, set(hashes.values())):
        claim_ids_by_hash.setdefault(hash_value, []).append(id)
    priors_by_claim: dict[int, list[PriorClaim]] = {}
    member_ids = {id for ids in claim_ids_by_hash.values() for id in ids}
    for id, *columns in select_matching(conn, SELECT_FIRST_SAYINGS, member_ids):
        priors_by_claim.setdefault(id, []).append(PriorClaim(*columns))
    return {
        text: [prior for id in sorted(claim_ids_by_hash[hash_value]) for prior in priors_by_claim.get(id, ())]
        for text, hash_value in hashes.items()
        if hash_value in claim_ids_by_hash
    }


def prior_claims(conn: Connection, texts: Sequence[str]) -> list[PriorClaim]:
    """Return the sayings of these claims, in these or other words."""
    return [prior for cluster in claim_clusters(conn, texts).values() for prior in cluster]


def alerts_with_other_sources(conn: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Return the alerts with the other sources and the other pages that have made the same claims by now."""
    texts = {text for alert in alerts for finding in alert.findings for text in event_texts(finding)}
    clusters = claim_clusters(conn, list(texts))
    return tuple(
        with_other_pages(conn, with_other_sources(alert, lambda text: clusters.get(text, ()))) for alert in alerts
    )
