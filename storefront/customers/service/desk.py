"""Customers as staff look at them and what staff do about them; each command writes the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.core.console import like, record_audit
from storefront.core.database import Tx, db, transaction
from storefront.core.errors import NotFound, Refusal
from storefront.core.events import publish
from storefront.customers.events import ResetAsked
from storefront.customers.models import Consent, Customer, SignIn
from storefront.customers.rules import PURPOSES, STAFF
from storefront.customers.service import links
from storefront.customers.service.address_book import SavedAddress, addresses_of
from storefront.customers.service.consent import Word, consent_log
from storefront.customers.service.privacy import Archive, Done, Subject, collect_personal_data, erase
from storefront.customers.service.sign_ins import sign_out_others

PERSON = Customer.__table__
NAME = sa.func.trim(PERSON.c.first_name + " " + PERSON.c.last_name)
# A name to sort by where there is none: those without stand together.
SORT_NAME = sa.func.lower(NAME)
_SHOWN = (
    "id", "public_id", "email", "first_name", "last_name", "company", "country", "locale", "role", "disabled",
    "tags", "joined_at", "confirmed_at", "phone", "note", "address", "external_id",
)  # fmt: skip


def _agreed(purpose: str) -> sa.ColumnElement[Any]:
    """The newest word on a purpose; None when nothing was ever said."""
    said = Consent.__table__.alias()
    query = sa.select(said.c.given).where(said.c.customer_id == PERSON.c.id, said.c.purpose == purpose)
    return query.order_by(said.c.id.desc()).limit(1).correlate(PERSON).scalar_subquery()


HAS_ACCOUNT = PERSON.c.password_hash.isnot(None)


def customers() -> sa.Select:
    """Everybody the shop knows, as a row of the list."""
    return sa.select(
        *(PERSON.c[name] for name in _SHOWN),
        HAS_ACCOUNT.label("account"),
        *(_agreed(purpose).label(purpose) for purpose in PURPOSES),
    )


def named_like(words: str, *, contact: bool) -> sa.ColumnElement[bool]:
    """A name holds what was typed; with `contact` also an address, a phone number, a company."""
    found = [like(NAME, words)]
    if contact:
        more = ("email", "phone", "company", "external_id", "public_id", "tags")
        found += [like(PERSON.c[name], words) for name in more]
    return sa.or_(*found)


def agreed_to(values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Who agrees to any of these purposes."""
    return sa.or_(sa.false(), *(_agreed(value).is_(True) for value in values if value in PURPOSES))


def countries_known() -> list[tuple[str, str]]:
    """Every country that a customer has, as it is written there."""
    query = sa.select(PERSON.c.country).where(PERSON.c.country.isnot(None), PERSON.c.country != "")
    found = db.session.execute(query.distinct().order_by(PERSON.c.country).limit(300)).scalars()
    return [(name, name) for name in found]


def find_customers(words: str, limit: int, *, contact: bool) -> Sequence[Any]:
    """Customers by name or address, for the search of the console."""
    query = customers().where(named_like(words, contact=contact))
    return db.session.execute(query.order_by(SORT_NAME, PERSON.c.id).limit(limit)).all()


@dataclass(frozen=True)
class CustomerSheet:
    """One customer with what hangs on them."""

    row: Any
    addresses: list[SavedAddress]
    consents: list[Word]
    sign_ins: int
    last_seen_at: datetime | None

    @property
    def name(self) -> str:
        return name_of(self.row)


def name_of(row: Any) -> str:
    """What a customer is called: by name, else by number."""
    return f"{row.first_name} {row.last_name}".strip() or _("Customer %(number)s", number=row.public_id[:8])


def id_of(key: str) -> sa.ScalarSelect[int]:
    """The id of the customer whose page has this key, for a condition."""
    return sa.select(PERSON.c.id).where(PERSON.c.public_id == key).scalar_subquery()


def key_of(customer_id: int) -> str:
    """The key of a customer's page, or '' for nobody."""
    return db.session.execute(sa.select(PERSON.c.public_id).where(PERSON.c.id == customer_id)).scalar() or ""


def known_as(key: str) -> str:
    """What the customer of this page is called; the key itself for nobody."""
    columns = (PERSON.c.first_name, PERSON.c.last_name, PERSON.c.public_id)
    row = db.session.execute(sa.select(*columns).where(PERSON.c.public_id == key)).first()
    return name_of(row) if row is not None else key


def customer_sheet(key: str) -> CustomerSheet:
    """One customer for their page. Raises NotFound."""
    row = db.session.execute(customers().where(PERSON.c.public_id == key)).first()
    if row is None:
        raise NotFound()
    seen = sa.select(sa.func.count(), sa.func.max(SignIn.last_seen_at)).where(SignIn.customer_id == row.id)
    count, last = db.session.execute(seen).one()
    return CustomerSheet(row, addresses_of(row.id), consent_log(row.id), count, last)


# --- commands ---------------------------------------------------------------------------------------------


def change_tags(key: str, tags: str) -> None:
    """Words that staff put on a customer, joined by |. Raises NotFound."""
    with transaction() as tx:
        row = _locked(tx, key)
        before, row.tags = row.tags, tags
        record_audit(tx, "customer.tags", "customer", key, {"tags": before}, {"tags": tags}, hidden=("tags",))


def disable_customer(key: str, disabled: bool) -> None:
    """Shut a customer out (every sign-in ends), or let them in again. Raises Refusal for staff, NotFound."""
    with transaction() as tx:
        row = _locked(tx, key)
        _refuse_staff(row)
        before, row.disabled = row.disabled, disabled
        if disabled:
            sign_out_others(tx, row.id)
        action = "customer.disable" if disabled else "customer.enable"
        record_audit(tx, action, "customer", key, {"disabled": before}, {"disabled": disabled})


def end_sign_ins(key: str) -> int:
    """Sign a customer out everywhere; returns in how many browsers. Raises NotFound."""
    with transaction() as tx:
        row = _locked(tx, key)
        _refuse_staff(row)
        count = sign_out_others(tx, row.id)
        record_audit(tx, "customer.sign_out", "customer", key, None, {"sign_ins": count})
    return count


def send_password_reset(key: str, locale: str) -> None:
    """Have the worker mail the link for a new password, as if they had asked for it themselves.

    Raises Refusal where there is no address or the account is shut, NotFound.
    """
    with transaction() as tx:
        row = _locked(tx, key)
        if not row.email_key or row.disabled:
            raise Refusal(_("This account has no address, or it is shut."))
        data = {"locale": row.locale or locale}
        publish(tx, ResetAsked(links.issue(tx, "ask", email_key=row.email_key, data=data)))
        record_audit(tx, "customer.reset", "customer", key)


def personal_archive(key: str) -> Archive:
    """Everything that is known of a customer, guests' orders under their address too. Logged."""
    archive = collect_personal_data(_subject(key))
    with transaction() as tx:
        record_audit(tx, "customer.export", "customer", key, None, {"rows": archive.rows})
    return archive


def erase_customer(key: str) -> list[Done]:
    """Delete or empty everything but what the law keeps. Raises Refusal for staff, NotFound."""
    row = db.session.execute(sa.select(Customer).where(Customer.public_id == key)).scalar_one_or_none()
    if row is None:
        raise NotFound()
    _refuse_staff(row)
    done = erase(_subject(key))
    with transaction() as tx:
        rows = sum(item.rows for item in done if item.action != "keep")
        record_audit(tx, "customer.erase", "customer", key, None, {"rows": rows})
    return done


def _subject(key: str) -> Subject:
    query = sa.select(PERSON.c.id, PERSON.c.email, PERSON.c.email_key).where(PERSON.c.public_id == key)
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound()
    # Who has no address: one that nobody has, so that rows without one are not taken for theirs.
    nobody = f"nobody-{key}"
    return Subject(row.id, row.email or nobody, row.email_key or nobody, by_address=bool(row.email_key))


def _locked(tx: Tx, key: str) -> Customer:
    query = sa.select(Customer).where(Customer.public_id == key).with_for_update()
    row = tx.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return row


def _refuse_staff(row: Customer) -> None:
    if row.role in STAFF:
        raise Refusal(_("This person works here. Their account is changed on the page of the staff."))
