"""What every owner's page of pricing does alike: it shows, goes on, saves, and says what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from flask import Blueprint, current_app, redirect, render_template, url_for

from storefront.core.database import Tx, transaction
from storefront.core.errors import Refusal
from storefront.core.i18n import Language, current_language
from storefront.core.money import Money
from storefront.core.pages import private_page
from storefront.pricing.forms import Given
from storefront.pricing.service.offers import all_countries
from storefront.pricing.service.terms import currency

blueprint = Blueprint("pricing", __name__)
Answer = Any


def show(template: str, title: str, status: int = 200, **values: Any) -> Answer:
    """A page in the frame of the console."""
    name = f"console-{template.replace('_', '-')}"
    html = render_template(
        f"pricing/{template}.html",
        page=private_page(name, title),
        percent=percent_words,
        price=price_words,
        plain=plain_amount,
        **values,
    )
    return html, status


def go(endpoint: str, **values: Any) -> Answer:
    """On to a page, after something was done."""
    return redirect(url_for(f"pricing.{endpoint}", **values), 303)


def saved(given: Given, command: Callable[[Tx], Any]) -> tuple[Any, dict[str, str]]:
    """(what the command answers, what is wrong by field); it does not run while the form has problems."""
    if given.problems:
        return None, given.problems
    try:
        with transaction() as tx:
            return command(tx), {}
    except Refusal as error:
        name = error.field or ""
        first = spoken()[0].code
        return None, {f"name_{first}" if name == "names" else name: error.message}


def spoken() -> list[Language]:
    """The languages of the shop, its first first."""
    return current_app.extensions["regulars_languages"]


def codes_spoken() -> list[str]:
    return [language.code for language in spoken()]


def country_names() -> dict[str, str]:
    """Names of all countries in the language of the page, by code, in the order of their names."""
    known = Locale.parse(current_language().babel).territories
    named = {code: known.get(code, code) for code in all_countries()}
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


def percent_words(points: int) -> str:
    """Basis points as people write them: '5.5 %'."""
    return f"{format_decimal(Decimal(points) / 100, locale=current_language().babel)} %"


def price_words(minor: int | None) -> str:
    """An amount as people write it; nothing for None."""
    return "" if minor is None else Money(minor, currency()).format(current_language().babel)


def plain_amount(minor: int | None) -> str:
    """An amount as a form takes it: '12.90'."""
    return "" if minor is None else Money(minor, currency()).decimal()


def plain_percent(points: int | None) -> str:
    """Basis points as a form takes them: '5.5'."""
    return "" if not points and points != 0 else f"{Decimal(points) / 100:f}"
