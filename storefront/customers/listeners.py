"""What customers tell the core: which of their columns are about a person."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from storefront.core.console import ConsolePage, SearchHit, SearchSource, may_now
from storefront.core.database import Tx
from storefront.core.events import listens
from storefront.core.imports.registry import Exporter, Importer
from storefront.core.privacy import PersonalData
from storefront.customers import service
from storefront.customers.events import ResetAsked
from storefront.customers.rules import AccountPage
from storefront.customers.rules.addresses import PARTS
from storefront.customers.service import desk, exporting, importing
from storefront.hookspecs import hookimpl

NAMELESS = "a day without a name: how many joined when stays true"
SEEN = ("created_at", "last_seen_at", "user_agent")


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """The customer's own row, their sign-ins, and what they consented to."""
    about = (
        "email",
        "email_key",
        "external_id",
        "first_name",
        "last_name",
        "phone",
        "company",
        "address",
        "country",
        "locale",
        "password_hash",
        "note",
        "tags",
        "extra",
        "confirmed_at",
    )
    return [
        PersonalData("customer", about, owner="id", on_erase="blank"),
        PersonalData("customer", ("joined_at",), owner="id", on_erase="keep", why=NAMELESS),
        PersonalData("sign_in", SEEN, "customer_id", on_erase="delete"),
        PersonalData("customer_address", PARTS, owner="customer_id", on_erase="delete"),
        PersonalData("authenticator", ("secret", "confirmed_at"), owner="customer_id", on_erase="delete"),
        PersonalData("recovery_code", ("code_hash",), owner="customer_id", on_erase="delete"),
        PersonalData(
            "passkey",
            ("credential_id", "public_key", "name", "last_used_at"),
            owner="customer_id",
            on_erase="delete",
        ),
        PersonalData("account_token", ("email_key", "data"), owner="customer_id", on_erase="delete"),
        PersonalData("account_token", ("email_key", "data"), owner="email_key", on_erase="delete"),
        PersonalData(
            "consent",
            ("purpose", "given", "source", "at"),
            owner="customer_id",
            on_erase="keep",
            why="proof of what was agreed; without the customer's name once that is blanked",
        ),
    ]


@listens(ResetAsked, durable=True)
def send_reset(event: ResetAsked, tx: Tx) -> None:
    """The worker finds out whether there is an account, and writes to it."""
    service.send_reset(tx, event)


@hookimpl
def register_account_pages() -> list[AccountPage]:
    """The account's own pages, in front and behind; orders and reviews stand between."""
    return [
        AccountPage("overview", _l("Overview"), "customers.overview", 0, "user"),
        AccountPage("addresses", _l("Addresses"), "customers.addresses", 40, "map-pin"),
        AccountPage("profile", _l("Profile"), "customers.profile", 50, "pencil"),
        AccountPage("security", _l("Signing in"), "customers.security", 60, "shield-check"),
        AccountPage("privacy", _l("Privacy"), "customers.privacy", 70, "eye"),
    ]


@hookimpl
def register_importers() -> list[Importer]:
    """Files of customers."""
    return importing.importers()


@hookimpl
def register_exporters() -> list[Exporter]:
    """The same, written."""
    return exporting.exporters()


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """Who buys here."""
    return [
        ConsolePage(
            "customers",
            _l("Customers"),
            "customers_owner.customers",
            "know",
            100,
            "customers.read",
            "people",
            shortcut="c",
        ),
    ]


@hookimpl
def register_console_search() -> list[SearchSource]:
    """Customers by name, for who may also by address."""
    return [SearchSource("customers", _l("Customers"), "customers.read", 30, _find_customers)]


def _find_customers(words: str, limit: int) -> list[SearchHit]:
    contact = may_now("customers.write")
    return [
        SearchHit(
            desk.name_of(row),
            url_for("customers_owner.customer", key=row.public_id),
            (row.email or "") if contact else "",
        )
        for row in desk.find_customers(words, limit, contact=contact)
    ]
