"""Owner: what a product consists of: variants in a grid, options, pictures, releases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from storefront.catalog import forms, service
from storefront.catalog.errors import BadPicture
from storefront.catalog.owner.frame import Answer, Stale, blueprint, codes, go, saved
from storefront.catalog.owner.product import product_page
from storefront.catalog.service import desk_commands, picture_editing, variant_editing
from storefront.catalog.service.desk import product_change
from storefront.catalog.service.pictures import MAX_BYTES, Prepared
from storefront.core.console import Given, staff
from storefront.core.database import Tx

STEPS = {"up": -1, "down": 1}
FILES_AT_ONCE = 10


def _change(
    product_id: int, action: str, command: Callable[[Tx], Any], told: str, anchor: str, section: str = ""
) -> Answer:
    """Run one command on a product, log it, and go back to where it was asked for.

    A form that shows a `section` of the product must have shown it as it is.
    """
    seen = request.form.get("seen", "") if section else ""

    def run(tx: Tx) -> Any:
        with product_change(tx, product_id, action, section=section, seen=seen):
            return command(tx)

    _done, problems = saved(Given({}), run)
    if isinstance(problems, Stale):
        return product_page(product_id, problems)
    flash(next(iter(problems.values())) if problems else told)
    return go("product", anchor, product_id=product_id)


# --- variants ---------------------------------------------------------------------------------------------


@blueprint.post("/console/products/<int:product_id>/variants")
@staff("products.write")
def variants_save(product_id: int) -> Answer:
    """Save the grid: prices, SKUs, barcodes, weights of all variants at once."""
    given = Given(request.form)
    rows = forms.variant_rows(given, given.numbers("variant"))

    def run(tx: Tx) -> None:
        with product_change(tx, product_id, "product.variants", section="variants", seen=given.text("seen")):
            variant_editing.change_variants(tx, product_id, rows)

    _done, problems = saved(given, run)
    if problems:
        return product_page(product_id, problems, variants=request.form.to_dict())
    flash(_("The variants are saved."))
    return go("product", "variants", product_id=product_id)


@blueprint.post("/console/products/<int:product_id>/variants/add")
@staff("products.write")
def variant_add(product_id: int) -> Answer:
    """One more variant, or one for each combination of values that has none yet."""
    if request.form.get("missing") == "1":
        told = _("There is a variant for each combination now, with the price of the first.")
        command = _filling(product_id)
    else:
        given = Given(request.form)
        sku, price = given.text("sku", 120), given.money("price")
        if given.problems or not sku:
            flash(next(iter(given.problems.values()), _("An article number (SKU) is needed.")))
            return go("product", "variants", product_id=product_id)
        told, command = _("The variant is there."), _adding(product_id, sku, price)
    return _change(product_id, "product.variant.add", command, told, "variants")


def _filling(product_id: int) -> Callable[[Tx], Any]:
    return lambda tx: variant_editing.make_missing(tx, product_id)


def _adding(product_id: int, sku: str, price: int) -> Callable[[Tx], Any]:
    chosen = {
        key.removeprefix("option_"): value for key, value in request.form.items() if key[:7] == "option_"
    }
    return lambda tx: service.add_variant(tx, product_id, sku=sku, price=price, values=chosen)


@blueprint.post("/console/products/<int:product_id>/variants/<int:variant_id>/remove")
@staff("products.write")
def variant_remove(product_id: int, variant_id: int) -> Answer:
    """Take a variant away with its stock; orders keep what they say."""
    return _change(
        product_id,
        "product.variant.remove",
        lambda tx: variant_editing.remove_variant(tx, product_id, variant_id),
        _("The variant is gone."),
        "variants",
    )


@blueprint.post("/console/products/<int:product_id>/variants/<int:variant_id>/move")
@staff("products.write")
def variant_move(product_id: int, variant_id: int) -> Answer:
    """One place further up or down; the first is what the page opens with."""
    step = STEPS.get(request.form.get("way", ""), 0)
    return _change(
        product_id,
        "product.variant.move",
        lambda tx: variant_editing.move_variant(tx, product_id, variant_id, step),
        _("Moved."),
        "variants",
    )


# --- options ----------------------------------------------------------------------------------------------


@blueprint.post("/console/products/<int:product_id>/options/add")
@staff("products.write")
def option_add(product_id: int) -> Answer:
    """A choice with its values: one a line, in each language."""
    given = Given(request.form)
    names = forms.labels_of(request.form, "option", codes(), given)
    lists = {code: given.long_text(f"values_{code}", 10_000).split("\n") for code in codes()}
    most = max((len(lines) for lines in lists.values()), default=0)
    labels = [
        {code: lines[at].strip() for code, lines in lists.items() if at < len(lines) and lines[at].strip()}
        for at in range(most)
    ]

    def run(tx: Tx) -> None:
        variant_editing.new_option(tx, product_id, names, labels)
        if given.yes("fill"):
            variant_editing.make_missing(tx, product_id)

    return _change(product_id, "product.option.add", run, _("The option is there."), "options")


@blueprint.post("/console/products/<int:product_id>/options/<int:option_id>")
@staff("products.write")
def option_save(product_id: int, option_id: int) -> Answer:
    """Its name and the names and colours of its values, in each language; perhaps a new value."""
    given = Given(request.form)
    names = forms.labels_of(request.form, "option", codes(), given)
    values = given.numbers("value")
    labels = {at: forms.labels_of(request.form, f"label_{at}", codes(), given) for at in values}
    new = forms.labels_of(request.form, "new", codes(), given)

    def run(tx: Tx) -> None:
        variant_editing.name_option(tx, product_id, option_id, names)
        variant_editing.label_values(tx, product_id, labels)
        for at in values:
            variant_editing.set_swatch(tx, product_id, at, forms.swatch(given.text(f"swatch_{at}")))
        if new:
            variant_editing.add_value(tx, product_id, option_id, new)

    told = _("The option is saved.")
    return _change(product_id, "product.option.change", run, told, "options", "options")


@blueprint.post("/console/products/<int:product_id>/options/<int:option_id>/remove")
@staff("products.write")
def option_remove(product_id: int, option_id: int) -> Answer:
    """Take a choice away, where no two variants differ in it alone."""
    return _change(
        product_id,
        "product.option.remove",
        lambda tx: variant_editing.remove_option(tx, product_id, option_id),
        _("The option is gone."),
        "options",
        "options",
    )


@blueprint.post("/console/products/<int:product_id>/values/<int:value_id>/remove")
@staff("products.write")
def value_remove(product_id: int, value_id: int) -> Answer:
    """Take a value away that no variant has."""
    return _change(
        product_id,
        "product.option.change",
        lambda tx: variant_editing.remove_value(tx, product_id, value_id),
        _("The value is gone."),
        "options",
        "options",
    )


# --- pictures ---------------------------------------------------------------------------------------------


@blueprint.post("/console/products/<int:product_id>/pictures/add")
@staff("products.write")
def pictures_add(product_id: int) -> Answer:
    """Hang up the pictures that were sent; those that are none are named, the others are taken."""
    prepared, refused = prepared_files(request.files.getlist("pictures"))
    for sentence in refused:
        flash(sentence)
    if not prepared:
        if not refused:
            flash(_("Please choose at least one picture."))
        return go("product", "pictures", product_id=product_id)
    told = ngettext("%(num)s picture was added.", "%(num)s pictures were added.", len(prepared))
    return _change(
        product_id,
        "product.picture.add",
        lambda tx: picture_editing.add_pictures(tx, product_id, prepared),
        told,
        "pictures",
    )


def prepared_files(files: list[FileStorage]) -> tuple[list[Prepared], list[str]]:
    """(pictures with their files written, a sentence for each file that is none)."""
    found, refused = [], []
    given = [file for file in files if file.filename]
    for file in given[:FILES_AT_ONCE]:
        try:
            picture = service.prepare_picture(file.stream.read(MAX_BYTES + 1))
        except BadPicture as error:
            refused.append(f"{(file.filename or '')[:80]}: {error.message}")
            continue
        service.write_files(picture)
        found.append(picture)
    if len(given) > FILES_AT_ONCE:
        refused.append(_("Only the first %(most)s files were taken.", most=FILES_AT_ONCE))
    return found, refused


@blueprint.post("/console/products/<int:product_id>/pictures")
@staff("products.write")
def pictures_save(product_id: int) -> Answer:
    """What the pictures show, in each language, and which variant each is of."""
    given = Given(request.form)
    ids = given.numbers("picture")
    alts = {at: {code: given.text(f"alt_{at}_{code}", 500) for code in codes()} for at in ids}
    owners = {at: given.whole(f"of_{at}", empty=0) or None for at in ids}

    def run(tx: Tx) -> None:
        picture_editing.describe_pictures(tx, product_id, alts)
        picture_editing.give_pictures(tx, product_id, owners)

    told = _("The pictures are saved.")
    return _change(product_id, "product.pictures", run, told, "pictures", "pictures")


@blueprint.post("/console/products/<int:product_id>/pictures/<int:shown_id>/move")
@staff("products.write")
def picture_move(product_id: int, shown_id: int) -> Answer:
    """One place further to the front or the back; the first is the main picture."""
    step = STEPS.get(request.form.get("way", ""), 0)
    return _change(
        product_id,
        "product.pictures",
        lambda tx: picture_editing.move_picture(tx, product_id, shown_id, step),
        _("Moved."),
        "pictures",
        "pictures",
    )


@blueprint.post("/console/products/<int:product_id>/pictures/<int:shown_id>/remove")
@staff("products.write")
def picture_remove(product_id: int, shown_id: int) -> Answer:
    """Take a picture off this product."""
    return _change(
        product_id,
        "product.pictures",
        lambda tx: picture_editing.remove_picture(tx, product_id, shown_id),
        _("The picture is gone."),
        "pictures",
        "pictures",
    )


# --- releases ---------------------------------------------------------------------------------------------


def _release_texts(given: Given) -> dict[str, dict[str, str]]:
    found = {
        code: {
            "title": given.text(f"release_title_{code}", 255),
            "description": forms.rich_text(given, f"release_words_{code}"),
        }
        for code in codes()
    }
    return {code: text for code, text in found.items() if any(text.values())}


@blueprint.post("/console/products/<int:product_id>/releases/add")
@staff("products.write")
def release_add(product_id: int) -> Answer:
    """Publish a version; whoever owns the product is told once."""
    given = Given(request.form)
    texts, at = _release_texts(given), given.moment("published_at")
    version = given.text("version", 40)
    new, problems = saved(given, lambda tx: desk_commands.save_release(tx, product_id, version, texts, at))
    if problems:
        flash(next(iter(problems.values())))
    else:
        flash(_("The version is out.") if new else _("This version is out already."))
    return go("product", "releases", product_id=product_id)


@blueprint.post("/console/products/<int:product_id>/releases/<int:release_id>")
@staff("products.write")
def release_save(product_id: int, release_id: int) -> Answer:
    """Other words for a version, or take it away."""
    given = Given(request.form)
    if given.yes("remove"):
        saved(given, lambda tx: desk_commands.remove_release(tx, product_id, release_id))
        flash(_("The version is taken away."))
    else:
        texts = _release_texts(given)
        saved(given, lambda tx: desk_commands.change_release(tx, product_id, release_id, texts))
        flash(_("Saved."))
    return go("product", "releases", product_id=product_id)
