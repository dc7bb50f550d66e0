"""Customers' address books. Every entry is looked up together with its owner."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.customers.errors import AddressBookFull, NoSuchAddress
from storefront.customers.models import Customer, CustomerAddress
from storefront.customers.rules.addresses import PARTS, Address

MOST_ADDRESSES = 50
USES = ("shipping", "billing")
_ADDRESS = CustomerAddress.__table__


@dataclass(frozen=True)
class SavedAddress:
    """An entry of the address book."""

    public_id: str
    address: Address
    default_shipping: bool
    default_billing: bool


def addresses_of(customer_id: int) -> list[SavedAddress]:
    """The customer's addresses, the default for shipping first."""
    query = (
        sa.select(_ADDRESS)
        .where(_ADDRESS.c.customer_id == customer_id)
        .order_by(_ADDRESS.c.default_shipping.desc(), _ADDRESS.c.default_billing.desc(), _ADDRESS.c.id.desc())
    )
    return [_saved(row) for row in db.session.execute(query).mappings()]


def get_address(customer_id: int, public_id: str) -> SavedAddress:
    """One address of this customer. Raises NoSuchAddress, also when it is another's."""
    query = sa.select(_ADDRESS).where(
        _ADDRESS.c.customer_id == customer_id, _ADDRESS.c.public_id == public_id
    )
    row = db.session.execute(query).mappings().first()
    if row is None:
        raise NoSuchAddress()
    return _saved(row)


def save_address(
    customer_id: int,
    address: Address,
    *,
    public_id: str | None = None,
    shipping: bool = False,
    billing: bool = False,
) -> str:
    """Keep a new address, or change the one with `public_id`; returns its public id.

    The first one becomes the default for both. Raises NoSuchAddress and AddressBookFull.
    """
    with transaction() as tx:
        return keep_address(tx, customer_id, address, public_id=public_id, shipping=shipping, billing=billing)


def keep_address(
    tx: Tx,
    customer_id: int,
    address: Address,
    *,
    public_id: str | None = None,
    shipping: bool = False,
    billing: bool = False,
) -> str:
    """The same inside somebody's command."""
    # The owner's row is the lock: two tabs do not make two defaults.
    tx.execute(sa.select(Customer.id).where(Customer.id == customer_id).with_for_update())
    kept = tx.execute(sa.select(sa.func.count()).where(_ADDRESS.c.customer_id == customer_id)).scalar_one()
    if public_id is not None:
        row = _row(tx, customer_id, public_id)
    elif kept >= MOST_ADDRESSES:
        raise AddressBookFull(_("An address book holds at most %(count)s addresses.", count=MOST_ADDRESSES))
    else:
        row = CustomerAddress(
            public_id=secrets.token_hex(10),
            customer_id=customer_id,
            default_shipping=False,
            default_billing=False,
            created_at=clock.now(),
        )
        tx.add(row)
    for part in PARTS:
        setattr(row, part, getattr(address, part))
    tx.flush()
    for use, wanted in (("shipping", shipping), ("billing", billing)):
        if wanted or kept == 0:
            _make_default(tx, row, use)
    return row.public_id


def delete_address(customer_id: int, public_id: str) -> None:
    """Take an address out of the book. Raises NoSuchAddress."""
    with transaction() as tx:
        tx.delete(_row(tx, customer_id, public_id))


def make_default(customer_id: int, public_id: str, use: str) -> None:
    """Make this the address that is offered first for `use` (shipping or billing). Raises NoSuchAddress."""
    if use not in USES:
        raise NoSuchAddress()
    with transaction() as tx:
        _make_default(tx, _row(tx, customer_id, public_id), use)


def _make_default(tx: Tx, row: CustomerAddress, use: str) -> None:
    column = f"default_{use}"
    others = sa.update(CustomerAddress).where(
        CustomerAddress.customer_id == row.customer_id, CustomerAddress.id != row.id
    )
    tx.execute(others.values({column: False}))
    setattr(row, column, True)
    tx.flush()


def _row(tx: Tx, customer_id: int, public_id: str) -> CustomerAddress:
    own = sa.select(CustomerAddress).where(
        CustomerAddress.customer_id == customer_id, CustomerAddress.public_id == public_id
    )
    row = tx.execute(own).scalar_one_or_none()
    if row is None:
        raise NoSuchAddress()
    return row


def _saved(row: sa.RowMapping) -> SavedAddress:
    address = Address(**{part: row[part] for part in PARTS})
    return SavedAddress(row["public_id"], address, row["default_shipping"], row["default_billing"])
