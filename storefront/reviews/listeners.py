"""What wish lists and requests tell the shop, and what they listen to."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from storefront.core.console import ConsolePage, TodoCard
from storefront.core.database import Tx
from storefront.core.events import listens
from storefront.core.health import Invariant
from storefront.core.privacy import PersonalData
from storefront.core.slots import PageContext
from storefront.customers.service import AccountPage, PersonFact
from storefront.hookspecs import hookimpl
from storefront.inventory.events import StockArrived
from storefront.reviews import owner, service
from storefront.reviews.events import TurnOfOthers
from storefront.reviews.service import checks, demand, render


@listens(StockArrived, durable=True)
def tell_those_who_wait(event: StockArrived, tx: Tx) -> None:
    """Write to the first in the queue, in the worker: who received the goods does not wait for it."""
    service.tell(tx, event.variant_id)


@listens(TurnOfOthers, durable=True)
def tell_the_others(event: TurnOfOthers, tx: Tx) -> None:
    """Go on with a long queue, a few hundred in each command."""
    service.tell(tx, event.variant_id, event.people)


@hookimpl
def fill_slots(page: str, context: PageContext) -> Mapping[str, Markup] | None:
    """Hearts on cards and on the product page; the form to be told when something is back."""
    return render.fill(page, context)


@hookimpl
def register_person_facts() -> list[PersonFact]:
    """What a member wishes for rides in the query that loads them: no page pays for its hearts."""
    return [PersonFact(service.FACT, service.wished_fact)]


@hookimpl
def register_account_pages() -> list[AccountPage]:
    """The wish list, with what the member waits for."""
    return [AccountPage("wishlist", _l("Wish list"), "reviews.account_wishlist", 30, "heart")]


@hookimpl
def register_console_pages() -> list[ConsolePage]:
    """What people wait for, beside the products."""
    page = ConsolePage(
        key="waiting",
        title=_l("People are waiting"),
        endpoint="reviews_owner.waiting",
        group="work",
        position=350,
        permission="products.read",
        icon="mail",
        count=demand.count_awaited,
    )
    return [page]


@hookimpl
def register_todo_cards() -> list[TodoCard]:
    """Sold-out things that people wait for."""
    return [TodoCard("waiting", "products.read", 350, owner.find_todo)]


@hookimpl
def register_personal_data() -> list[PersonalData]:
    """Wishes, their link and requests go with the person. Marks of givers hold nobody's name."""
    wish = (
        *("variant_id", "price_minor", "was_out", "wanted", "given", "note"),
        *("added_at", "removed_at"),
    )
    request = (
        *("variant_id", "email", "email_key", "customer_id", "locale", "round"),
        *("asked_at", "confirmed_at", "told_at"),
    )
    return [
        PersonalData("wish", wish, owner="customer_id", on_erase="delete"),
        PersonalData("wish_share", ("token", "title"), owner="customer_id", on_erase="delete"),
        PersonalData("stock_request", request, owner="customer_id", on_erase="delete"),
        PersonalData("stock_request", request, owner="email_key", on_erase="delete"),
    ]


@hookimpl
def register_invariants() -> list[Invariant]:
    """Nobody is told twice or without having confirmed; marks are counted right."""
    return [
        Invariant("a request is told of at most once", checks.told_too_often),
        Invariant("nobody is told who did not confirm", checks.told_unconfirmed),
        Invariant("what is given is what was marked", checks.marks_miscounted),
    ]
