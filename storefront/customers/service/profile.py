"""What customers say about themselves. The rich profile stands on this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from storefront.core.database import db, transaction
from storefront.customers.models import Customer
from storefront.customers.service.addresses import check_phone


@dataclass(frozen=True)
class Profile:
    """Names, language and phone of a customer."""

    first_name: str
    last_name: str
    phone: str
    locale: str
    joined_at: datetime


def profile_of(customer_id: int) -> Profile:
    """The customer's own words about themselves."""
    query = sa.select(
        Customer.first_name, Customer.last_name, Customer.phone, Customer.locale, Customer.joined_at
    ).where(Customer.id == customer_id)
    row = db.session.execute(query).one()
    return Profile(row.first_name, row.last_name, row.phone, row.locale or "", row.joined_at)


def full_name(customer_id: int) -> str:
    """How a parcel would be addressed."""
    known = profile_of(customer_id)
    return " ".join(filter(None, (known.first_name, known.last_name)))


def change_profile(
    customer_id: int, *, first_name: str, last_name: str, phone: str, locale: str | None
) -> None:
    """Keep what a customer typed. Raises AddressRefused for what is no phone number."""
    region = current_app.extensions["regulars_settings"].region
    values = {
        "first_name": first_name,
        "last_name": last_name,
        "phone": check_phone(phone, region),
        "locale": locale or None,
    }
    with transaction() as tx:
        tx.execute(sa.update(Customer).where(Customer.id == customer_id).values(**values))
