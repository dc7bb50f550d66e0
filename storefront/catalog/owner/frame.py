"""What every owner's page of the catalogue does alike: it shows, goes on, saves, and says what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for

from storefront.catalog.errors import ChangedMeanwhile
from storefront.catalog.service.surroundings import languages, money
from storefront.core.console import Given
from storefront.core.console.given import plain_amount
from storefront.core.database import Tx, transaction
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.pages import private_page
from storefront.core.security import allow_upload

blueprint = Blueprint("catalog_owner", __name__)
Answer = Any
PICTURES_AT_ONCE = 60_000_000
FILE_AT_ONCE = 200_000_000
# Fields that nobody types into.
_NOT_TYPED = frozenset({"csrf_token", "seen", "rows", "variant", "value", "picture", "way"})


def init_app(app: Flask) -> None:
    """Pictures and import files are larger than other forms."""
    for endpoint in ("pictures_add", "category_picture"):
        allow_upload(app, f"catalog_owner.{endpoint}", PICTURES_AT_ONCE)
    allow_upload(app, "catalog_owner.import_upload", FILE_AT_ONCE)


def show(template: str, name: str, title: str, status: int = 200, /, **values: Any) -> Answer:
    """A page in the frame of the console."""
    page = private_page(f"console-{name}", title)
    html = render_template(
        f"catalog/owner/{template}.html",
        page=page,
        price=price_words,
        plain=plain_amount,
        spoken=languages(),
        **values,
    )
    return html, status


def go(endpoint: str, anchor: str | None = None, **values: Any) -> Answer:
    """On to a page, after something was done."""
    return redirect(url_for(f"catalog_owner.{endpoint}", _anchor=anchor, **values), 303)


class Stale(dict[str, str]):
    """What is wrong with a form that is out of date: it is shown again with what is there now."""


def saved(given: Given, command: Callable[[Tx], Any]) -> tuple[Any, dict[str, str]]:
    """(what the command answers, what is wrong by field); it does not run while the form has problems."""
    if given.problems:
        return None, given.problems
    try:
        with transaction() as tx:
            return command(tx), {}
    except ChangedMeanwhile as error:
        return None, Stale({"": error.message})
    except Refusal as error:
        name = error.field or ""
        return None, {f"title_{codes()[0]}" if name == "title" else name: error.message}


def typed(now: Any) -> list[str]:
    """What was typed into a form that is out of date and is not there `now`: nobody's words are lost."""
    there = {"", *_leaves(now)}
    told = [
        text.strip() for name in request.form if name not in _NOT_TYPED for text in request.form.getlist(name)
    ]
    return [text for text in dict.fromkeys(told) if text.replace("\r\n", "\n") not in there]


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, int):
        yield from (str(value), plain_amount(value))
    else:
        yield str(value or "").replace("\r\n", "\n").strip()


def codes() -> list[str]:
    """The languages of the shop, its first first."""
    return [language.code for language in languages()]


def price_words(minor: int | None) -> str:
    """An amount as people write it; nothing for None."""
    return "" if minor is None else money(minor).format(current_language().babel)
