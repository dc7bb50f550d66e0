"""The shape of what owners type about products, categories and pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from storefront.catalog.rules.own_format import HUES
from storefront.catalog.rules.texts import plain_text, sanitize
from storefront.catalog.rules.visibility import STATUSES
from storefront.catalog.service.desk_commands import Fact, ProductValues
from storefront.catalog.service.variant_editing import VariantValues
from storefront.core.console import Given
from storefront.core.console.given import plain_moment

TEXTS = {"title": 255, "subtitle": 255, "seo_title": 255, "seo_description": 500}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
MOST_AGE = 120


def product_values(given: Given, languages: Iterable[str]) -> ProductValues:
    """What the main form of a product's page says."""
    categories = given.numbers("categories")
    main = given.maybe_whole("main_category")
    return ProductValues(
        slug=given.text("slug", 160),
        status=given.one_of("status", STATUSES),
        texts={code: product_text(given, code) for code in languages},
        main_category=main,
        other_categories=tuple(at for at in categories if at != main),
        brand=given.text("brand", 120) or None,
        product_type=given.text("product_type", 120) or None,
        tax_class=given.text("tax_class", 40) or None,
        age_limit=given.maybe_whole("age_limit", most=MOST_AGE),
        visible_from=given.moment("visible_from"),
        visible_until=given.moment("visible_until"),
        tags=_tags(given.text("tags", 2000)),
    )


def _tags(text: str) -> str:
    """Words between commas, each once."""
    parts = (part.strip() for part in text.replace("，", ",").split(","))
    return "|".join(dict.fromkeys(part.replace("|", " ") for part in parts if part))


def product_text(given: Given, code: str) -> dict[str, str]:
    """The texts of one language; a description without words is none."""
    found = {name: given.text(f"{name}_{code}", most) for name, most in TEXTS.items()}
    return {**found, "description": rich_text(given, f"description_{code}")}


def rich_text(given: Given, name: str) -> str:
    """A text with markup, made harmless; empty when no words are left. Plain lines become paragraphs."""
    text = given.long_text(name)
    if text and not re.search(r"<(p|h[1-6]|ul|ol|table|div|br|blockquote|dl|pre)\b", text, re.IGNORECASE):
        parts = [" ".join(part.split("\n")) for part in re.split(r"\n\s*\n", text) if part.strip()]
        text = "\n".join(f"<p>{part}</p>" for part in parts)
    clean = sanitize(text)
    return clean if plain_text(clean) else ""


def shown_product(sheet: Any) -> dict[str, Any]:
    """A product as the fields of its form."""
    fields = sheet.record["fields"]
    plain = ("status", "brand", "product_type", "tax_class", "age_limit")
    shown: dict[str, Any] = {
        **{name: fields[name] for name in plain},
        "tags": (fields["tags"] or "").replace("|", ", "),
        "slug": sheet.record["handle"],
        "main_category": sheet.main_category,
        "categories": [str(at) for at in sheet.category_ids],
        "visible_from": plain_moment(sheet.row.visible_from),
        "visible_until": plain_moment(sheet.row.visible_until),
    }
    for locale, texts in sheet.record["texts"].items():
        shown.update({f"{name}_{locale}": value for name, value in texts.items()})
    return shown


def variant_rows(given: Given, ids: Iterable[int]) -> dict[int, VariantValues]:
    """What the grid says of these variants."""
    return {at: _variant_row(given, at) for at in ids if f"sku_{at}" in given.form}


def _variant_row(given: Given, at: int) -> VariantValues:
    price, compare = given.money(f"price_{at}"), given.maybe_money(f"compare_{at}")
    if compare is not None and compare <= price and f"price_{at}" not in given.problems:
        given.wrong(f"compare_{at}", _("The price it is compared with has to be higher."))
    return VariantValues(
        sku=given.text(f"sku_{at}", 120),
        price_minor=price,
        compare_at_minor=compare,
        barcode=given.text(f"barcode_{at}", 40) or None,
        weight_grams=given.maybe_whole(f"weight_{at}", most=10_000_000),
    )


def facts(given: Given, languages: Iterable[str], rows: int) -> list[Fact]:
    """The table of attributes, row by row."""
    codes = list(languages)
    found = []
    for place in range(rows):
        key = given.text(f"fact_key_{place}", 80)
        names = {code: given.text(f"fact_name_{place}_{code}", 120) for code in codes}
        texts = {code: given.text(f"fact_text_{place}_{code}", 255) for code in codes}
        value = given.text(f"fact_value_{place}", 255)
        empty = not value and not any(texts.values())
        if key and not empty:
            found.append(Fact(key, value, names, texts))
        elif not key and not empty:
            given.wrong(f"fact_key_{place}", _("Please give the attribute a key."))
    keys = [fact.key for fact in found]
    for place, fact in enumerate(found):
        if fact.key in keys[:place]:
            given.wrong(f"fact_key_{place}", _("This key is in the table twice."))
    return found


def swatch(text: str) -> str | None:
    """A colour as '#1d5c4d'; None for anything else."""
    return text.lower() if _COLOUR.match(text) else None


def hue(given: Given) -> str | None:
    """The colour family of a department, or none."""
    wanted = given.text("hue")
    return wanted if wanted in HUES else None


def labels_of(form: Mapping[str, str], prefix: str, codes: Iterable[str], given: Given) -> dict[str, str]:
    """A text per language under one prefix; languages without one are left out."""
    found = {code: given.text(f"{prefix}_{code}", 120) for code in codes if f"{prefix}_{code}" in form}
    return {code: text for code, text in found.items() if text}


def titled_texts(given: Given, codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Title and description of a category or a page, by language."""
    return {
        code: {
            "title": given.text(f"title_{code}", 255),
            "description": rich_text(given, f"description_{code}"),
        }
        for code in codes
    }
