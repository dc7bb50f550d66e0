"""Sentences for what a catalogue file may hold."""

from __future__ import annotations

from flask_babel import gettext

from storefront.core.imports.problems import add_sentences


def _sentences() -> dict[str, str]:
    return {
        "not_a_handle": gettext("“%(value)s” cannot stand in an address."),
        "handle_twice": gettext("“%(value)s” appears twice."),
        "sku_twice": gettext("The SKU “%(value)s” appears twice in the file."),
        "sku_unknown": gettext("No variant of this product has the SKU “%(value)s”."),
        "sku_of_other_product": gettext("The SKU belongs to another product already."),
        "picture_missing": gettext(
            "There is no picture “%(value)s” beside the file, or it is larger than 10 MB."
        ),
        "not_a_colour": gettext("“%(value)s” is not a colour such as #1d5c4d."),
        "picture_bad": gettext("A picture cannot be read."),
        "category_unknown": gettext("There is no category “%(value)s”."),
        "title_missing": gettext("A new product needs a title."),
        "with_rejected_row": gettext("Belongs together with row %(line)d, which was rejected."),
        "product_unknown": gettext("There is no such product."),
        "not_an_address": gettext("“%(value)s” is no address such as p/teapot or c/teapots."),
        "address_unknown": gettext("There is no “%(value)s” in the file or in the shop."),
        "needs_itself": gettext("Nothing needs itself."),
        "need_twice": gettext("The same is declared further up in the file."),
        "too_many_needs": gettext("The shop has as many declared needs as it can hold."),
        "type_unknown": gettext("Products of the type “%(value)s” are not known."),
        "parent_missing": gettext(
            "The product “%(value)s” that this variation belongs to is not in the file."
        ),
        "too_many_options": gettext("A product has at most %(limit)d options."),
        "stock_below_zero": gettext("Fewer pieces than none; counted as none."),
        "stock_shared": gettext("Pieces counted for all variations together were counted for each."),
        "not_sellable": gettext("Has no price or is switched off, so no pieces of it are for sale."),
        "options_differ": gettext("The variant does not name a value for each option."),
        "unchanged": gettext("Nothing differs from what the shop has."),
    }


add_sentences(_sentences)
