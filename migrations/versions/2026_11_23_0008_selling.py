"""Payments, refunds, shipments, timelines, what a customer owns"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = [
    ("ix_orders_public_token", "orders", ["public_token"], True),
    ("ix_orders_checkout_token", "orders", ["checkout_token"], True),
    ("ix_orders_invoice_number", "orders", ["invoice_number"], True),
    ("ix_orders_invoice_count", "orders", ["invoice_count"], True),
    ("ix_orders_expiry", "orders", ["status", "expires_at"], False),
    ("ix_orders_email_key", "orders", ["email_key"], False),
    ("ix_order_return_order_id", "order_return", ["order_id"], False),
]
TABLES = (
    "number_series", "order_event", "payment", "shipment", "payment_attention", "payment_event", "refund",
    "owned_product", "shipment_line",
)  # fmt: skip


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    for name, table, columns, unique in INDEXES:
        op.create_index(name, table, columns, unique=unique)
    _payments()
    _afterwards()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name, table, _names, _unique in INDEXES:
        op.drop_index(name, table)
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)


# Added without making the tables anew: on SQLite that would delete the rows that refer to them.
def _columns() -> dict[str, list[sa.Column]]:
    """Made anew on each call: a column belongs to one table only."""
    return {
        "orders": [
            sa.Column("public_token", sa.String(length=64), nullable=True),
            sa.Column("checkout_token", sa.String(length=64), nullable=True),
            sa.Column("invoice_number", sa.String(length=40), nullable=True),
            sa.Column("invoice_count", sa.BigInteger(), nullable=True),
            sa.Column("payment_state", sa.String(length=20), server_default="", nullable=False),
            sa.Column("fulfilment_state", sa.String(length=20), server_default="", nullable=False),
            sa.Column("email_key", sa.String(length=320), nullable=True),
            sa.Column("phone", sa.String(length=40), nullable=True),
            sa.Column("locale", sa.String(length=8), nullable=True),
            sa.Column("shipping_address", sa.JSON(), nullable=True),
            sa.Column("billing_address", sa.JSON(), nullable=True),
            sa.Column("shipping_method", sa.String(length=80), nullable=True),
            sa.Column("shipping_name", sa.String(length=120), nullable=True),
            sa.Column("shipping_minor", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("shipping_tax_minor", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("tax_included", sa.Boolean(), server_default=sa.true(), nullable=False),
            sa.Column("delivery_earliest", sa.Date(), nullable=True),
            sa.Column("delivery_latest", sa.Date(), nullable=True),
            sa.Column("pricing", sa.JSON(), nullable=True),
            sa.Column("note", sa.Text(), nullable=True),
            sa.Column("cart_id", sa.BigInteger(), nullable=True),
            sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("cancel_reason", sa.String(length=20), nullable=True),
        ],
        "order_line": [
            sa.Column("discount_minor", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("tax_rate_bp", sa.Integer(), server_default="0", nullable=False),
            sa.Column("tax_minor", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("fulfilled_quantity", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("refunded_quantity", sa.BigInteger(), server_default="0", nullable=False),
        ],
        "order_return": [
            sa.Column("order_id", sa.BigInteger(), nullable=True),
            sa.Column("state", sa.String(length=12), server_default="received", nullable=False),
            sa.Column("reason", sa.Text(), server_default="", nullable=False),
            sa.Column("restocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        ],
    }


def _payments() -> None:
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Integer(), nullable=True),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("authorized_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunding_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("message", sa.String(length=255), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("owner IS NULL OR owner = 1", name=op.f("ck_payment_owner_is_one")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunding_minor >= 0"
            " AND refunded_minor + refunding_minor <= captured_minor",
            name=op.f("ck_payment_refunds_within_captures"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payment_idempotency_key")),
        sa.UniqueConstraint("order_id", "attempt", name=op.f("uq_payment_order_id_attempt")),
        sa.UniqueConstraint("order_id", "owner", name=op.f("uq_payment_order_id_owner")),
    )
    op.create_index("ix_payment_due", "payment", ["next_check_at"], unique=False)
    op.create_index("ix_payment_reference", "payment", ["gateway", "reference"], unique=False)
    op.create_table(
        "payment_attention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_attention_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
            name=op.f("fk_payment_attention_payment_id_payment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_attention")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_payment_attention_dedupe_key")),
    )
    op.create_index(op.f("ix_payment_attention_order_id"), "payment_attention", ["order_id"], unique=False)
    op.create_index(
        op.f("ix_payment_attention_resolved_at"), "payment_attention", ["resolved_at"], unique=False
    )
    op.create_table(
        "payment_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=160), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payment.id"],
            name=op.f("fk_payment_event_payment_id_payment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
        sa.UniqueConstraint("gateway", "event_id", name=op.f("uq_payment_event_gateway_event_id")),
    )
    op.create_index("ix_payment_event_parked", "payment_event", ["state", "next_at"], unique=False)
    op.create_index(op.f("ix_payment_event_payment_id"), "payment_event", ["payment_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=24), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=True),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("next_check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_positive")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id_payment"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_refund_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_refund_public_id")),
    )
    op.create_index("ix_refund_due", "refund", ["next_check_at"], unique=False)
    op.create_index(op.f("ix_refund_payment_id"), "refund", ["payment_id"], unique=False)


def _afterwards() -> None:
    op.create_table(
        "number_series",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_series")),
    )
    op.create_table(
        "order_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_event_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    op.create_index("ix_order_event_order", "order_event", ["order_id", "id"], unique=False)
    op.create_table(
        "shipment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=True),
        sa.Column("carrier", sa.String(length=80), nullable=False),
        sa.Column("tracking", sa.String(length=120), nullable=False),
        sa.Column("tracking_url", sa.String(length=500), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_shipment_order_id_orders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("form_key", name=op.f("uq_shipment_form_key")),
    )
    op.create_index(op.f("ix_shipment_order_id"), "shipment", ["order_id"], unique=False)
    op.create_table(
        "owned_product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_owned_product_customer_id_customer"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_owned_product_order_line_id_order_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_owned_product_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"],
            ["variant.id"],
            name=op.f("fk_owned_product_variant_id_variant"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_owned_product")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_owned_product_order_line_id")),
    )
    op.create_index("ix_owned_product_customer", "owned_product", ["customer_id", "product_id"], unique=False)
    op.create_index(op.f("ix_owned_product_email_key"), "owned_product", ["email_key"], unique=False)
    op.create_index("ix_owned_product_product", "owned_product", ["product_id"], unique=False)
    op.create_table(
        "shipment_line",
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_line_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_shipment_line_order_line_id_order_line"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["shipment.id"],
            name=op.f("fk_shipment_line_shipment_id_shipment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("shipment_id", "order_line_id", name=op.f("pk_shipment_line")),
    )
    op.create_index(op.f("ix_shipment_line_order_line_id"), "shipment_line", ["order_line_id"], unique=False)
