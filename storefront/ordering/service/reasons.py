"""Sentences for what an imported history may hold."""

from __future__ import annotations

from flask_babel import gettext

from storefront.core.imports.problems import add_sentences


def _sentences() -> dict[str, str]:
    return {
        "quantity_zero": gettext("Nothing was bought: the quantity is 0."),
        "bad_debt": gettext("Bookkeeping of a bad debt, no part of an order."),
        "stock_write_off": gettext("Goods written off: no customer and no price."),
        "stock_counted_in": gettext("Goods counted in: no customer and no price."),
        "price_negative": gettext("The price is negative."),
        "currency_differs": gettext("“%(value)s”, but the shop's currency is %(currency)s."),
        "head_missing": gettext("A line stands before the order or return that it belongs to."),
        "number_twice": gettext("The number “%(value)s” appears twice."),
        "with_rejected_row": gettext("Belongs together with row %(line)d, which was rejected."),
        "not_read": gettext("Not read, because the columns could not be understood."),
    }


add_sentences(_sentences)
