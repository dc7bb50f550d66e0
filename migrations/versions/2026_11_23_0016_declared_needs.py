"""What owners say that buyers of something need"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SIDES = {
    "of_product_id": "product",
    "of_category_id": "category",
    "needs_product_id": "product",
    "needs_category_id": "category",
}


def _of(column: str, parent: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_declared_need_{column}_{parent}")
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=name, ondelete="CASCADE")


def _one(side: str) -> sa.CheckConstraint:
    sql = f"({side}_product_id IS NULL) <> ({side}_category_id IS NULL)"
    return sa.CheckConstraint(sql, name=op.f(f"ck_declared_need_{side}_one_thing"))


def upgrade() -> None:
    op.create_table(
        "declared_need",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in SIDES),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(_of(name, parent) for name, parent in SIDES.items()),
        _one("of"),
        _one("needs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_need")),
    )
    for name in SIDES:
        op.create_index(op.f(f"ix_declared_need_{name}"), "declared_need", [name])


def downgrade() -> None:
    op.drop_table("declared_need")
