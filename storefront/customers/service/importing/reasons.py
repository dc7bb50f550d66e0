"""Sentences for what a file of customers may hold."""

from __future__ import annotations

from flask_babel import gettext

from storefront.core.imports.problems import add_sentences


def _sentences() -> dict[str, str]:
    return {
        "not_an_email": gettext("“%(value)s” is not an e-mail address."),
        "customer_unnamed": gettext("Neither an e-mail address nor an id."),
        "customer_twice": gettext("“%(value)s” appears twice."),
    }


add_sentences(_sentences)
