"""Audit log, saved views and notes of the staff"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storefront.core.database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _by_person(table: str, column: str, on_delete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_customer")
    return sa.ForeignKeyConstraint([column], ["customer.id"], name=name, ondelete=on_delete)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", storefront.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=500), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_key", sa.String(length=200), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        _by_person("audit_entry", "actor_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "subject_key"])
    op.create_index(op.f("ix_audit_entry_actor_id"), "audit_entry", ["actor_id"])
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        _by_person("saved_view", "owner_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_page"), "saved_view", ["page"])
    op.create_index(op.f("ix_saved_view_owner_id"), "saved_view", ["owner_id"])
    op.create_table(
        "console_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", storefront.core.database.UtcTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_key", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _by_person("console_comment", "author_id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_comment")),
    )
    op.create_index("ix_console_comment_subject", "console_comment", ["subject", "subject_key"])
    op.create_index(op.f("ix_console_comment_author_id"), "console_comment", ["author_id"])


def downgrade() -> None:
    for table in ("console_comment", "saved_view", "audit_entry"):
        op.drop_table(table)
