"""Wish lists and back-in-stock requests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _time(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _whole(name: str, kind: type[sa.Integer] = sa.Integer, nullable: bool = False) -> sa.Column:
    return sa.Column(name, kind(), nullable=nullable)


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def _of(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{parent}")
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    _wishes()
    _shared()
    _requests()


def _wishes() -> None:
    op.create_table(
        "wish",
        _whole("id"),
        _whole("customer_id"),
        _whole("variant_id"),
        _whole("position"),
        _whole("price_minor", sa.BigInteger),
        sa.Column("was_out", sa.Boolean(), nullable=False),
        _whole("wanted"),
        _whole("given"),
        _text("note", 200),
        _time("added_at"),
        _time("removed_at", nullable=True),
        sa.CheckConstraint("wanted BETWEEN 1 AND 99", name=op.f("ck_wish_wanted_is_few")),
        sa.CheckConstraint("given >= 0", name=op.f("ck_wish_given_not_negative")),
        _of("wish", "customer_id", "customer"),
        _of("wish", "variant_id", "variant"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wish")),
        sa.UniqueConstraint("customer_id", "variant_id", name=op.f("uq_wish_customer_id_variant_id")),
    )
    op.create_index(op.f("ix_wish_variant_id"), "wish", ["variant_id"])
    op.create_index(op.f("ix_wish_removed_at"), "wish", ["removed_at"])


def _shared() -> None:
    op.create_table(
        "wish_share",
        _whole("customer_id"),
        _text("token", 64),
        _text("title", 80),
        _time("created_at"),
        _of("wish_share", "customer_id", "customer"),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_wish_share")),
        sa.UniqueConstraint("token", name=op.f("uq_wish_share_token")),
    )
    op.create_table(
        "wish_given",
        _text("key_hash", 64),
        _whole("wish_id"),
        _whole("quantity"),
        _time("at"),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_wish_given_quantity_positive")),
        _of("wish_given", "wish_id", "wish"),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_wish_given")),
    )
    op.create_index(op.f("ix_wish_given_wish_id"), "wish_given", ["wish_id"])


def _requests() -> None:
    op.create_table(
        "stock_request",
        _whole("id"),
        _text("public_id", 32),
        _whole("variant_id"),
        _whole("customer_id", nullable=True),
        _text("email", 320),
        _text("email_key", 320),
        _text("locale", 8),
        _text("state", 12),
        _whole("round"),
        _time("asked_at"),
        _time("confirmed_at", nullable=True),
        _time("told_at", nullable=True),
        _time("expires_at"),
        sa.CheckConstraint(
            "(state = 'told') = (told_at IS NOT NULL)", name=op.f("ck_stock_request_told_has_a_time")
        ),
        _of("stock_request", "variant_id", "variant"),
        _of("stock_request", "customer_id", "customer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stock_request_public_id")),
        sa.UniqueConstraint("variant_id", "email_key", name=op.f("uq_stock_request_variant_id_email_key")),
    )
    op.create_index("ix_stock_request_queue", "stock_request", ["state", "variant_id", "asked_at"])
    for column in ("customer_id", "email_key", "expires_at"):
        op.create_index(op.f(f"ix_stock_request_{column}"), "stock_request", [column])


def downgrade() -> None:
    for table in ("stock_request", "wish_given", "wish_share", "wish"):
        op.drop_table(table)
