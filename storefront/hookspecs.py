"""Every hook of the shop, one docstring each; no logic here.

The name says how a hook behaves: `register_<things>` collects lists, `check_<noun>` may raise a Refusal,
`adjust_<noun>` returns additions, `fill_<slots>` returns markup. Arguments may be added, never removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from markupsafe import Markup

    from storefront.checkout.service import OrderCheck
    from storefront.core.console import ConsolePage, SearchSource, SetupStep, TodayFigure, TodoCard
    from storefront.core.database import Tx
    from storefront.core.delivery import DeliveryOffer
    from storefront.core.health import Invariant
    from storefront.core.imports.registry import Exporter, Importer
    from storefront.core.privacy import PersonalData
    from storefront.core.slots import HomeBlock, PageContext
    from storefront.core.store import StoreSetting
    from storefront.customers.service import AccountPage, PersonFact
    from storefront.ordering.rules.payments import Gateway

PROJECT = "regulars"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_importers() -> list[Importer]:
    """What `regulars import` can read. Called once per import or export command."""


@hookspec
def register_exporters() -> list[Exporter]:
    """What `regulars export` can write. Called once per import or export command."""


@hookspec
def register_invariants() -> list[Invariant]:
    """What must hold in the data; `regulars doctor` checks each and prints its findings."""


@hookspec
def register_personal_data() -> list[PersonalData]:
    """Every table and column that holds something about a person, with what export and erasure do with it."""


@hookspec
def register_strips(page: str, context: PageContext) -> list[Any]:
    """Rows of recommendations wanted on `page`, as StripRequest values. Called while a page is planned."""


@hookspec
def register_home_blocks(context: PageContext) -> list[HomeBlock]:
    """Kinds of blocks that a homepage may hold. Called when a homepage is planned, before any is loaded."""


@hookspec
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """Markup for named places of `page`, or nothing. Called once per page, before the template runs."""


@hookspec
def register_store_settings() -> list[StoreSetting]:
    """Values that an owner sets in the console (`storefront.core.store`). Called once per process."""


@hookspec
def register_delivery_offers() -> list[DeliveryOffer]:
    """Ways to get goods to the shop's own country. Called for product pages, structured data and feeds."""


@hookspec
def register_payment_gateways() -> list[Gateway]:
    """Ways to be paid (`storefront.ordering.rules.payments.Gateway`). Called once per process."""


@hookspec
def register_cart_followers() -> list[Callable[[Tx, int, int], None]]:
    """What moves when a visitor's cart becomes a customer's: `follow(tx, source, target)`.

    Called inside the command that merges, for our own tables; the source is deleted after.
    """


@hookspec
def adjust_cart_facts(cart_id: int) -> Mapping[str, Any] | None:
    """Facts of a `QuoteRequest` that the cart itself does not know. Called for its page."""


@hookspec
def register_account_pages() -> list[AccountPage]:
    """Pages of the customer's account, for its navigation. Called for each page of the account."""


@hookspec
def register_person_facts() -> list[PersonFact]:
    """Small facts that every page wants of whoever is signed in (a count), as scalar subqueries: they ride in
    the query that loads the person. Called once per process."""


@hookspec
def customer_audiences(customer_id: int | None) -> list[str]:
    """Keys of the audiences that a customer belongs to; None is somebody of whom nothing may be used.

    Called at most once a page, and only where something on it is not meant for everybody.
    """


@hookspec
def check_order(order: OrderCheck) -> None:
    """May raise a Refusal: this order is not taken. Called before the command that places it."""


@hookspec
def register_console_pages() -> list[ConsolePage]:
    """Entries of the console's navigation. Called for each page of the console."""


@hookspec
def register_todo_cards() -> list[TodoCard]:
    """What may wait for a person. Called for the page Today; promises to keep come first."""


@hookspec
def register_today_figures() -> list[TodayFigure]:
    """Figures of today beside the same weekday's usual. Called when the page Today is made."""


@hookspec
def register_console_search() -> list[SearchSource]:
    """Kinds of things that the search of the console finds. Called for each search."""


@hookspec
def register_setup_steps() -> list[SetupStep]:
    """What has to be done before the shop is live. Called when the page Today is made, until all is done."""


@hookspec
def event_installed() -> list[str]:
    """Told when `regulars init` has made or upgraded the databases; the lines that come back are printed."""
