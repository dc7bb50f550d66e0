"""Owner: one product: its texts, where it stands, who sees it when; new, copied, put away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.catalog import forms, service
from storefront.catalog.owner.frame import (
    Answer,
    Stale,
    blueprint,
    codes,
    go,
    price_words,
    saved,
    show,
    typed,
)
from storefront.catalog.rules.records import Record
from storefront.catalog.rules.texts import DESCRIPTION_LENGTH, page_title, plain_text, shorten
from storefront.catalog.rules.visibility import ACTIVE, ARCHIVED, DRAFT
from storefront.catalog.service import desk_commands, desk_products
from storefront.catalog.service.desk import digest_of
from storefront.catalog.service.surroundings import absolute, languages, product_path, settings
from storefront.core.console import Given, changes_of, comments_of, may_now, staff
from storefront.core.database import transaction
from storefront.core.i18n import current_language
from storefront.core.slots import PageContext, plan_page

STATUSES = (
    (ACTIVE, _l("On show"), _l("Within its dates, and as soon as it has a variant.")),
    (DRAFT, _l("Draft"), _l("Nobody sees it but who works here.")),
    (ARCHIVED, _l("Archived"), _l("Its page says that it is not sold any more.")),
)
SPARE_FACTS = 2


@blueprint.route("/console/products/new", methods=["GET", "POST"])
@staff("products.write")
def product_new() -> Answer:
    """A product begins as a draft: a title, a price, a SKU, a category."""
    known: dict[str, Any] = {}
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        texts = {code: {"title": given.text(f"title_{code}", 255)} for code in codes()}
        sku, price, category = given.text("sku", 120), given.money("price"), given.maybe_whole("category")
        new, problems = saved(given, lambda tx: desk_commands.new_product(tx, texts, sku, price, category))
        if not problems:
            flash(_("This is the draft. Add texts and pictures, then show it."))
            return go("product", product_id=new)
        known = request.form.to_dict()
    more = {"known": known, "wrong": problems, "categories": service.category_choices()}
    return show("product_new", "product-new", _("New product"), 422 if problems else 200, **more)


@blueprint.get("/console/products/<int:product_id>")
@staff("products.read")
def product(product_id: int) -> Answer:
    """One product with everything that can be said of it."""
    return product_page(product_id)


@blueprint.post("/console/products/<int:product_id>")
@staff("products.write")
def product_save(product_id: int) -> Answer:
    """Save its texts, categories, status and dates; another address leaves a redirect."""
    given = Given(request.form)
    values = forms.product_values(given, codes())
    seen = given.text("seen")
    _done, problems = saved(given, lambda tx: desk_commands.save_product(tx, product_id, values, seen))
    if problems:
        known = {**request.form.to_dict(), "categories": request.form.getlist("categories")}
        return product_page(product_id, problems, product=known)
    flash(_("Saved. The shop shows it at once."))
    return go("product", product_id=product_id)


@blueprint.post("/console/products/<int:product_id>/attributes")
@staff("products.write")
def product_attributes(product_id: int) -> Answer:
    """Save the table of attributes; an empty row is taken away."""
    given = Given(request.form)
    rows = min(given.whole("rows", empty=0), desk_commands.MOST_ATTRIBUTES)
    found = forms.facts(given, codes(), rows)
    seen = given.text("seen")
    _done, problems = saved(given, lambda tx: desk_commands.save_attributes(tx, product_id, found, seen))
    if problems:
        # As many rows as were read: the page draws each, whatever number was sent.
        return product_page(product_id, problems, facts={**request.form.to_dict(), "rows": rows})
    flash(_("The attributes are saved."))
    return go("product", "attributes", product_id=product_id)


@blueprint.post("/console/products/<int:product_id>/duplicate")
@staff("products.write")
def product_duplicate(product_id: int) -> Answer:
    """The same once more as a draft."""
    with transaction() as tx:
        copy = desk_commands.duplicate_product(tx, product_id)
    flash(_("This is the copy: a draft with new SKUs and no stock."))
    return go("product", product_id=copy)


@blueprint.post("/console/products/<int:product_id>/status")
@staff("products.write")
def product_status(product_id: int) -> Answer:
    """Show it, make it a draft, archive it."""
    given = Given(request.form)
    status = given.text("status")
    _done, problems = saved(given, lambda tx: desk_commands.change_status(tx, [product_id], status))
    flash(next(iter(problems.values())) if problems else _("Saved. The shop shows it at once."))
    return go("product", product_id=product_id)


@blueprint.get("/console/products/<int:product_id>/preview")
@staff("products.read")
def product_preview(product_id: int) -> Answer:
    """The product's page in the shop as it would be, whether it is on show or not."""
    slug = desk_products.product_sheet(product_id).record["handle"]
    view = service.get_product(slug, request.args, preview=True)
    head = replace(service.product_head(view, f"/p/{slug}"), robots="noindex")
    return render_template("catalog/product.html", page=head, product=view)


# --- the page ---------------------------------------------------------------------------------------------


def product_page(product_id: int, wrong: dict[str, str] | None = None, **filled: Any) -> Answer:
    """The page of a product. `filled` keeps what was typed into one of its forms."""
    sheet = desk_products.product_sheet(product_id)
    now = forms.shown_product(sheet)
    mine: list[str] = []
    if isinstance(wrong, Stale):
        filled, mine = {}, typed([now, sheet.sections])
    variants = tuple(
        {"id": row.id, "sku": row.sku, "name": _variant_name(sheet, row)} for row in sheet.variants
    )
    plan_page(
        "console-product",
        PageContext(current_language().code, product_id=product_id, more={"variants": variants}),
    )
    record = sheet.record
    return show(
        "product",
        "product",
        sheet.title,
        422 if wrong else 200,
        sheet=sheet,
        known=filled.get("product") or now,
        mine=mine,
        facts=filled.get("facts") or _shown_facts(record),
        grid=filled.get("variants") or {},
        wrong=wrong or {},
        seen={name: digest_of(shown) for name, shown in sheet.sections.items()},
        may_write=may_now("products.write"),
        entries=[*comments_of("product", str(product_id)), *changes_of("product", record["handle"])],
        previews=[_search_preview(record, language) for language in languages()],
        names={row["id"]: row["name"] for row in variants},
        **_choices(sheet),
    )


def _choices(sheet: Any) -> dict[str, Any]:
    return {
        "statuses": [(key, str(label), str(text)) for key, label, text in STATUSES],
        "state": desk_products.status_words(sheet.row),
        "categories": service.category_choices(),
        "brands": desk_products.brands(),
        "tax_classes": desk_products.tax_classes(),
        "shown_price": price_words,
        "shop_url": product_path(sheet.record["handle"]),
        "preview_url": url_for("catalog_owner.product_preview", product_id=sheet.id),
    }


def _variant_name(sheet: Any, row: Any) -> str:
    """The labels of a variant's values in the language of the page, else its SKU."""
    wanted = (row.value1_id, row.value2_id, row.value3_id)
    labels = {
        value["id"]: label_in(value["labels"], value["key"]) for o in sheet.options for value in o["values"]
    }
    return " · ".join(labels[at] for at in wanted if at in labels) or row.sku


def label_in(labels: dict[str, str], instead: str) -> str:
    """A label in the language of the page, else in any."""
    return labels.get(current_language().code) or next(iter(labels.values()), "") or instead


def _shown_facts(record: Record) -> dict[str, Any]:
    """The attributes as the fields of their form, with empty rows behind them."""
    shown: dict[str, Any] = {"rows": len(record["attributes"]) + SPARE_FACTS}
    for place, fact in enumerate(record["attributes"]):
        shown[f"fact_key_{place}"], shown[f"fact_value_{place}"] = fact["key"], fact["value"]
        shown.update({f"fact_name_{place}_{code}": text for code, text in fact["names"].items()})
        shown.update({f"fact_text_{place}_{code}": text for code, text in fact["texts"].items()})
    return shown


def _search_preview(record: Record, language: Any) -> dict[str, str]:
    """What a search engine may show of the product in one language."""
    text: dict[str, str] = record["texts"].get(language.code) or next(iter(record["texts"].values()), {})
    title = text.get("seo_title") or text.get("title") or record["handle"]
    words = (
        text.get("seo_description") or plain_text(text.get("description") or "") or text.get("subtitle", "")
    )
    return {
        "language": language.name,
        "lang": language.tag,
        "title": page_title(title, settings().shop_name),
        "url": absolute(product_path(record["handle"], language.prefix)),
        "words": shorten(words, DESCRIPTION_LENGTH),
    }
