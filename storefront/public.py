"""The names that plugins may import. Whatever is not here may change without notice."""

from __future__ import annotations

from storefront.app import create_app
from storefront.core import clock
from storefront.core.database import transaction
from storefront.core.errors import NotAllowed, NotFound, Refusal, SetupError
from storefront.core.imports.engine import import_file
from storefront.core.migrate import is_initialised, upgrade_all
from storefront.core.money import Money
from storefront.core.progress import progress_bar
from storefront.core.settings import load as load_settings
from storefront.core.settings import source_of as setting_source
from storefront.core.settings import write_file as write_settings
from storefront.core.state import read_state, write_state
from storefront.core.store import store_values
from storefront.customers.service import PURPOSES, give_account, hash_password, record_consent
from storefront.hookspecs import hookimpl
from storefront.ordering.service import count_rows
from storefront.personalization.service.declaring import declare_need
from storefront.personalization.service.pairs import best_paired_products
from storefront.personalization.service.training import peak_rss_mb, train_shop
from storefront.pricing.service import (
    DiscountValues,
    MethodValues,
    TaxValues,
    ZoneValues,
    add_coupon,
    add_usual_rates,
    save_discount,
    save_method,
    save_tax_rate,
    save_zone,
)


def serve_shop(*, port: int, host: str = "127.0.0.1") -> None:
    """Serve the shop of this instance with its worker, until Ctrl-C. Raises SetupError for a taken port."""
    from storefront.core.serving.supervisor import Plan, supervise

    supervise(Plan(host=host, port=port, workers=None, worker=True, server="auto"))


__all__ = [
    "PURPOSES",
    "DiscountValues",
    "MethodValues",
    "Money",
    "NotAllowed",
    "NotFound",
    "Refusal",
    "SetupError",
    "TaxValues",
    "ZoneValues",
    "add_coupon",
    "add_usual_rates",
    "best_paired_products",
    "clock",
    "count_rows",
    "create_app",
    "declare_need",
    "give_account",
    "hash_password",
    "hookimpl",
    "import_file",
    "is_initialised",
    "load_settings",
    "peak_rss_mb",
    "progress_bar",
    "read_state",
    "record_consent",
    "save_discount",
    "save_method",
    "save_tax_rate",
    "save_zone",
    "serve_shop",
    "setting_source",
    "store_values",
    "train_shop",
    "transaction",
    "upgrade_all",
    "write_settings",
    "write_state",
]
