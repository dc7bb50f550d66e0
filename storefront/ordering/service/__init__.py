"""What other features may ask of orders, and the commands on them. Each command is one transaction."""

from __future__ import annotations

from storefront.ordering.rules.orders import PaymentStep, Placed, Placement
from storefront.ordering.rules.payments import GatewayEvent, PaymentFacts
from storefront.ordering.service.applying import receive as apply_event
from storefront.ordering.service.applying import retry_parked
from storefront.ordering.service.arriving import mark_delivered
from storefront.ordering.service.cancelling import cancel_order
from storefront.ordering.service.correcting import correct_address
from storefront.ordering.service.counting import count_rows
from storefront.ordering.service.gateways import (
    facts_of_order,
    facts_of_quote,
    gateway_of,
    offered_gateways,
    origins_of,
)
from storefront.ordering.service.links import renew_link
from storefront.ordering.service.listing import (
    OrderFilter,
    OrderRow,
    bought_products,
    count_attention,
    count_orders,
    count_to_ship,
    list_attention,
    list_orders,
    order_conditions,
    orders_of,
    reorder_lines,
)
from storefront.ordering.service.owning import join_guest_orders, owned_products, owners_of, owns
from storefront.ordering.service.placing import place_order
from storefront.ordering.service.reading import OrderView, get_order, get_order_by_number, order_of_link
from storefront.ordering.service.reconciling import capture_payment, expire_due, reconcile_due, remind_due
from storefront.ordering.service.reducing import take_out
from storefront.ordering.service.refunding import mark_refunded, refund_order, refundable
from storefront.ordering.service.returning import receive_return, refuse_return, request_return
from storefront.ordering.service.sending import mark_paid, ship
from storefront.ordering.service.timeline import resolve_attention
from storefront.ordering.service.trying import (
    retry_payment,
    return_from_gateway,
    start_payment,
    step_of,
)
from storefront.ordering.service.webhooks import take_webhook

__all__ = [
    "GatewayEvent",
    "OrderFilter",
    "OrderRow",
    "OrderView",
    "PaymentFacts",
    "PaymentStep",
    "Placed",
    "Placement",
    "apply_event",
    "bought_products",
    "cancel_order",
    "capture_payment",
    "correct_address",
    "count_attention",
    "count_orders",
    "count_rows",
    "count_to_ship",
    "expire_due",
    "facts_of_order",
    "facts_of_quote",
    "gateway_of",
    "get_order",
    "get_order_by_number",
    "join_guest_orders",
    "list_attention",
    "list_orders",
    "mark_delivered",
    "mark_paid",
    "mark_refunded",
    "offered_gateways",
    "order_conditions",
    "order_of_link",
    "orders_of",
    "origins_of",
    "owned_products",
    "owners_of",
    "owns",
    "place_order",
    "receive_return",
    "reconcile_due",
    "refund_order",
    "refundable",
    "refuse_return",
    "remind_due",
    "renew_link",
    "reorder_lines",
    "request_return",
    "resolve_attention",
    "retry_parked",
    "retry_payment",
    "return_from_gateway",
    "ship",
    "start_payment",
    "step_of",
    "take_out",
    "take_webhook",
]
