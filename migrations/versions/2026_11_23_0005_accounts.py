"""Accounts: addresses, second factors, confirmed addresses"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _time(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _owner(name: str = "customer_id", nullable: bool = False, table: str = "") -> tuple:
    return (
        sa.Column(name, sa.Integer(), nullable=nullable),
        sa.ForeignKeyConstraint(
            [name], ["customer.id"], name=op.f(f"fk_{table}_customer_id_customer"), ondelete="CASCADE"
        ),
    )


def upgrade() -> None:
    with op.batch_alter_table("customer") as batch:
        batch.add_column(_time("confirmed_at", nullable=True))
    with op.batch_alter_table("sign_in") as batch:
        batch.add_column(sa.Column("user_agent", sa.String(200), nullable=False, server_default=""))
    # Whoever has a password by now got it from the owner of the shop, who vouched for them.
    op.execute("UPDATE customer SET confirmed_at = joined_at WHERE password_hash IS NOT NULL")
    _addresses()
    _second_factors()
    _tokens()


def _addresses() -> None:
    texts = ("name", "company", "line1", "line2")
    op.create_table(
        "customer_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        *_owner(table="customer_address"),
        *(sa.Column(name, sa.String(120), nullable=False) for name in texts),
        *(sa.Column(name, sa.String(80), nullable=False) for name in ("city", "district", "region")),
        sa.Column("postcode", sa.String(20), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("default_shipping", sa.Boolean(), nullable=False),
        sa.Column("default_billing", sa.Boolean(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_address")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_address_public_id")),
    )
    op.create_index(op.f("ix_customer_address_customer_id"), "customer_address", ["customer_id"])


def _second_factors() -> None:
    op.create_table(
        "authenticator",
        *_owner(table="authenticator"),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _time("created_at"),
        _time("confirmed_at", nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_authenticator")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(64), nullable=False),
        *_owner(table="recovery_code"),
        _time("created_at"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_customer_id"), "recovery_code", ["customer_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        *_owner(table="passkey"),
        sa.Column("credential_id", sa.String(1400), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        _time("created_at"),
        _time("last_used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_passkey_public_id")),
    )
    op.create_index(op.f("ix_passkey_customer_id"), "passkey", ["customer_id"])


def _tokens() -> None:
    op.create_table(
        "account_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        *_owner(nullable=True, table="account_token"),
        sa.Column("email_key", sa.String(320), nullable=True),
        sa.Column("data", sa.JSON(), nullable=True),
        _time("created_at"),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_token")),
    )
    for column in ("customer_id", "email_key", "expires_at"):
        op.create_index(op.f(f"ix_account_token_{column}"), "account_token", [column])


def downgrade() -> None:
    for table in ("account_token", "passkey", "recovery_code", "authenticator", "customer_address"):
        op.drop_table(table)
    with op.batch_alter_table("sign_in") as batch:
        batch.drop_column("user_agent")
    with op.batch_alter_table("customer") as batch:
        batch.drop_column("confirmed_at")
