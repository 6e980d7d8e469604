"""Who says a claim, in these or other words: for what waits for a second source, and for what people are told.

A family is a claim with those that repeat it in other words.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, literal_column, select

from monitor.alerts.corroboration import with_other_sources
from monitor.model import Alert, PriorClaim
from monitor.store.ledger import SELECT_SAYINGS, text_hash
from monitor.store.schema import claims, sayings
from monitor.store.sql import select_matching

MAX_FIRST_SAYINGS = (
    32  # sayings of one claim, the first: whoever says it later in the same words repeats one of those
)

_cluster_member = claims.alias("kin")
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
    """For each text that was ever said the sayings of its family, each claim's in the order they came."""
    hashes = {text: text_hash(text) for text in texts}
    claim_ids_by_hash: dict[int, list[int]] = {}
    for hash_value, id in select_matching(conn, SELECT_CLUSTER_MEMBERS, set(hashes.values())):
        claim_ids_by_hash.setdefault(hash_value, []).append(id)
    priors_by_claim: dict[int, list[PriorClaim]] = {}
    for id, *columns in select_matching(
        conn, SELECT_FIRST_SAYINGS, {id for ids in claim_ids_by_hash.values() for id in ids}
    ):
        priors_by_claim.setdefault(id, []).append(PriorClaim(*columns))
    return {
        text: [prior for id in sorted(claim_ids_by_hash[hash_value]) for prior in priors_by_claim.get(id, ())]
        for text, hash_value in hashes.items()
        if hash_value in claim_ids_by_hash
    }


def prior_claims(conn: Connection, texts: Sequence[str]) -> list[PriorClaim]:
    """Who has said one of these claims, in these or other words."""
    return [prior for cluster in claim_clusters(conn, texts).values() for prior in cluster]


def alerts_with_other_sources(conn: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts with who else says so by now."""
    clusters = claim_clusters(conn, list({finding.claim for alert in alerts for finding in alert.findings}))
    return tuple(with_other_sources(alert, lambda claim: clusters.get(claim, ())) for alert in alerts)
