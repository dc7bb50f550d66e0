"""News by mail for people without an account: wished for at the checkout, sent after a mail was answered.

Whether the address is known already is said to nobody: whoever ticks the box gets the same page and mail.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core import clock
from storefront.core.database import Tx, db, transaction
from storefront.core.mail import send
from storefront.customers.errors import LinkOver
from storefront.customers.models import AccountToken, Consent, Customer
from storefront.customers.rules import email_key
from storefront.customers.service import links
from storefront.customers.service.consent import record_consent
from storefront.customers.service.identity import new_public_id

NEWS, MARKETING = "news", "marketing"
# One address is asked so often, whoever types it.
PAUSE = timedelta(hours=24)
_LONGEST = 200


def ask_for_news(tx: Tx, email: str, locale: str, source: str) -> None:
    """Write to the address whether it wants news: once a day at most, and not to who said yes before."""
    key = email_key(email)
    if key is None or _agrees(tx, Customer.email_key == key) or _asked_lately(tx, key):
        return
    data = {"email": email.strip(), "locale": locale, "source": source}
    number = links.issue(tx, NEWS, email_key=key, data=data)
    days = links.LASTING[NEWS].days
    context = {"number": number, "days": days}
    send(tx, "confirm_news", data["email"], locale=locale, context=context, dedupe_key=number)


def _asked_lately(tx: Tx, key: str) -> bool:
    lately = AccountToken.created_at > clock.now() - PAUSE
    same = sa.and_(AccountToken.email_key == key, AccountToken.purpose == NEWS, lately)
    return tx.execute(sa.select(sa.exists().where(same))).scalar_one()


def _agrees(session: Tx, who: sa.ColumnElement[bool]) -> bool:
    """Whether this customer's newest word is yes."""
    newest = (
        sa.select(Consent.given)
        .join(Customer, Customer.id == Consent.customer_id)
        .where(who, Consent.purpose == MARKETING)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return bool(session.execute(newest).scalar())


def confirm_news(token: str) -> str:
    """The address is theirs and they said yes, which stands in the log from now on; returns the token of
    `news_of`. Raises LinkOver."""
    with transaction() as tx:
        row = links.take(tx, {NEWS}, token)
        if row is None:
            raise LinkOver(_("This link was used or is too old."))
        customer = _introduced(tx, row["email_key"], row["data"])
        if customer.disabled:
            raise LinkOver(_("This link was used or is too old."))
        if not _agrees(tx, Customer.id == customer.id):
            record_consent(tx, customer.id, MARKETING, given=True, source=row["data"]["source"])
        return news_token(customer.public_id)


def _introduced(tx: Tx, key: str, data: dict[str, str]) -> Customer:
    """Whoever has this address; a customer without account is made of a stranger."""
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(Customer)
    fresh = {
        "public_id": new_public_id(),
        "email": data["email"],
        "email_key": key,
        "joined_at": clock.now(),
        "locale": data["locale"],
    }
    tx.execute(insert.values(**fresh).on_conflict_do_nothing(index_elements=["email_key"]))
    return tx.execute(sa.select(Customer).where(Customer.email_key == key)).scalar_one()


# --- the link to stop -------------------------------------------------------------------------------------


def _serializer() -> URLSafeSerializer:
    # A mail is older than a change of the secret: the former ones still count.
    keys = [*reversed(current_app.config["SECRET_KEY_FALLBACKS"]), current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="news-by-mail")


def news_token(public_id: str) -> str:
    """What stands in the link to stop, for every mail that is news. It opens nothing else."""
    return str(_serializer().dumps(public_id))


def _read(token: str) -> str | None:
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        found = _serializer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def news_of(token: str) -> bool | None:
    """Whether the customer behind a link to stop gets news; None for a link that this shop did not write."""
    public_id = _read(token)
    if public_id is None:
        return None
    return _agrees(db.session, Customer.public_id == public_id)  # type: ignore[arg-type]


def stop_news(token: str) -> bool:
    """No more news. Again changes nothing; False for a link that this shop did not write."""
    public_id = _read(token)
    if public_id is None:
        return False
    with transaction() as tx:
        mine = Customer.public_id == public_id
        customer_id = tx.execute(sa.select(Customer.id).where(mine).with_for_update()).scalar()
        if customer_id is not None and _agrees(tx, mine):
            record_consent(tx, customer_id, MARKETING, given=False, source="link")
    return True
