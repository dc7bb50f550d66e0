"""Checkouts under way"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkout",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cart_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("marketing", sa.Boolean(), nullable=False),
        sa.Column("shipping", sa.JSON(), nullable=True),
        sa.Column("billing", sa.JSON(), nullable=True),
        sa.Column("shipping_method", sa.String(length=80), nullable=True),
        sa.Column("gateway", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cart_id"], ["cart.id"], name=op.f("fk_checkout_cart_id_cart"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkout")),
        sa.UniqueConstraint("cart_id", name=op.f("uq_checkout_cart_id")),
    )


def downgrade() -> None:
    op.drop_table("checkout")
