"""What owners want shown, and what not"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLE = "merchandising_rule"
CHECKS = {
    "known_action": "action IN ('exclude', 'pin', 'bury', 'boost')",
    "known_target": "target IN ('product', 'category', 'brand')",
    "place_positive": "place > 0",
    "factor_above_one": "factor > 100",
}


def _of(parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{TABLE}_{parent}_id_{parent}")
    return sa.ForeignKeyConstraint([f"{parent}_id"], [f"{parent}.id"], name=name, ondelete="SET NULL")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("factor", sa.Integer(), nullable=True),
        sa.Column("target", sa.String(10), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("brand", sa.String(120), nullable=True),
        sa.Column("target_name", sa.String(200), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("surfaces", "pages", "audiences")),
        sa.Column("starts_at", moment, nullable=True),
        sa.Column("ends_at", moment, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_{TABLE}_{name}")) for name, sql in CHECKS.items()),
        *(_of(parent) for parent in ("product", "category")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("public_id", name=op.f(f"uq_{TABLE}_public_id")),
    )
    for name in ("product_id", "category_id"):
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])


def downgrade() -> None:
    op.drop_table(TABLE)
