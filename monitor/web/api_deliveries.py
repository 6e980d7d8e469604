"""API: the deliveries, and the retry of one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.actions import retry_delivery
from monitor.listings import delivery_json
from monitor.store.reports.deliveries import load_delivery_page
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import DEFAULT_LIMIT, ApiModel, Before, IsoTime, Limit, OlderPage
from monitor.web.endpoint import Site

DeliveryState = Literal["pending", "retrying", "sent", "dead"]


class DeliveryItem(ApiModel):
    """One alert for one channel. `due` is null once it is sent or dead; `why` says what it waits for."""

    id: int
    alert: str
    title: str
    channel: str
    message: str
    state: DeliveryState
    attempts: int
    due: IsoTime | None
    error: str | None
    detail: str | None
    sent_at: IsoTime | None
    waits: str | None
    headline: str
    behind: int | None
    held_until: IsoTime | None
    why: str | None


class DeliveryPage(OlderPage):
    deliveries: list[DeliveryItem]


class DeliveryQuery(ApiModel):
    state: DeliveryState | None = None
    channel: str | None = Field(None, max_length=300)
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


class RetriedDelivery(ApiModel):
    id: int
    state: Literal["pending"]


def get_deliveries(site: Site, call: Call) -> DeliveryPage:
    query: DeliveryQuery = call.query
    states = None if query.state is None else [query.state]
    with site.store.read() as conn:
        rows = load_delivery_page(
            conn, limit=query.limit + 1, before=query.before, states=states, channel=query.channel
        )
    now, page = site.clock(), rows[: query.limit]
    items = [DeliveryItem.model_validate(delivery_json(row, now)) for row in page]
    return DeliveryPage(deliveries=items, older=call.older(page[-1].id if len(rows) > query.limit else None))


def post_retry(site: Site, call: Call) -> RetriedDelivery:
    if not retry_delivery(site.store, call.path["id"], site.clock()):
        raise HTTPException(409, "No dead or retrying delivery has this id.")
    return RetriedDelivery(id=call.path["id"], state="pending")


OPERATIONS = (
    Operation(
        "GET",
        "/deliveries",
        "listDeliveries",
        "The deliveries, newest first",
        get_deliveries,
        DeliveryPage,
        DeliveryQuery,
    ),
    Operation(
        "POST",
        "/deliveries/{id:int}/retry",
        "retryDelivery",
        "Retry a dead delivery, or a retrying one now",
        post_retry,
        RetriedDelivery,
        errors=(409,),
    ),
)
