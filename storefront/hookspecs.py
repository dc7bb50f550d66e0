"""Every hook of the shop, one docstring each; no logic here.

The name says how a hook behaves: `register_<things>` collects lists, `check_<noun>` may raise a Refusal,
`adjust_<noun>` returns additions, `fill_<slots>` returns markup. Arguments may be added, never removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from storefront.core.delivery import DeliveryOffer
    from storefront.core.health import Invariant
    from storefront.core.imports.registry import Exporter, Importer
    from storefront.core.privacy import PersonalData
    from storefront.core.slots import HomeBlock, PageContext
    from storefront.core.store import StoreSetting
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
