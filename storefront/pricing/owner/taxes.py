"""Owner: tax rates by country, region and class."""

from __future__ import annotations

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.console import staff
from storefront.core.database import db, transaction
from storefront.core.store import store_value
from storefront.pricing import service
from storefront.pricing.forms import Given
from storefront.pricing.owner.frame import (
    Answer,
    blueprint,
    codes_spoken,
    country_names,
    go,
    plain_percent,
    saved,
    show,
    spoken,
)
from storefront.pricing.rules.vat_rates import AS_KNOWN_ON, CLASSES
from storefront.pricing.service.quoting import words_in
from storefront.pricing.service.taxes import get_tax_rate, list_tax_rates


@blueprint.get("/console/tax")
@staff("settings.write")
def tax() -> Answer:
    """All rates, and the usual ones to begin with."""
    return show(
        "tax",
        _("Tax"),
        rates=list_tax_rates(db.session()),
        countries=country_names(),
        known_on=AS_KNOWN_ON,
        included=store_value("prices_include_tax"),
        words=words_in,
    )


@blueprint.post("/console/tax/usual")
@staff("settings.write")
def tax_usual() -> Answer:
    """Add the usual rates of a part of the world."""
    given = Given(request.form)
    added, problems = saved(given, lambda tx: service.add_usual_rates(tx, given.text("preset")))
    none = _("Nothing was added: all these rates are there.")
    told = ngettext("%(num)s rate was added.", "%(num)s rates were added.", added or 0)
    flash(next(iter(problems.values()), told if added else none))
    return go("tax")


@blueprint.route("/console/tax/new", methods=["GET", "POST"])
@staff("settings.write")
def tax_new() -> Answer:
    """A rate that was not there."""
    return _edit(None, {"country": "", "tax_class": "standard"})


@blueprint.route("/console/tax/<int:rate_id>", methods=["GET", "POST"])
@staff("settings.write")
def tax_rate(rate_id: int) -> Answer:
    """One rate."""
    row = get_tax_rate(db.session(), rate_id)
    names = {f"name_{code}": text for code, text in row.names.items()}
    return _edit(rate_id, {**row._mapping, "rate": plain_percent(row.rate_bp), **names})


@blueprint.post("/console/tax/<int:rate_id>/remove")
@staff("settings.write")
def tax_remove(rate_id: int) -> Answer:
    """Take a rate away."""
    with transaction() as tx:
        service.remove_tax_rate(tx, rate_id)
    flash(_("The rate is gone."))
    return go("tax")


def _edit(rate_id: int | None, known: dict) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        values = service.TaxValues(
            country=given.text("country"),
            rate_bp=given.percent("rate"),
            region=given.text("region"),
            tax_class=given.text("tax_class"),
            names=given.texts("name", codes_spoken()),
        )
        _id, problems = saved(given, lambda tx: service.save_tax_rate(tx, rate_id, values))
        if not problems:
            flash(_("Saved."))
            return go("tax")
        known = request.form.to_dict()
    title = _("New tax rate") if rate_id is None else _("Tax rate")
    more = {"countries": country_names(), "classes": CLASSES, "languages_spoken": spoken()}
    return show(
        "tax_rate", title, 422 if problems else 200, rate_id=rate_id, known=known, wrong=problems, **more
    )
