"""Owner: zones and their ways of delivery."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from storefront.core.console import staff
from storefront.core.database import db, transaction
from storefront.pricing import service
from storefront.pricing.forms import Given, bands_of
from storefront.pricing.owner.frame import (
    Answer,
    blueprint,
    codes_spoken,
    country_names,
    go,
    plain_amount,
    saved,
    show,
    spoken,
)
from storefront.pricing.service.delivery import get_method, get_zone, list_methods, list_zones
from storefront.pricing.service.quoting import words_in

NEW = {"basis": "price", "kind": "delivery", "active": True, "handling_min": 0, "handling_max": 1,
       "min_days": 1, "max_days": 3}  # fmt: skip


@blueprint.get("/console/shipping")
@staff("shipping.write")
def shipping() -> Answer:
    """Every zone with its ways of delivery."""
    methods: dict[int, list[Any]] = {}
    for row in list_methods(db.session()):
        methods.setdefault(row.zone_id, []).append(row)
    served = len(service.countries_served())
    more: dict[str, Any] = {"countries": country_names(), "words": words_in, "served": served}
    return show("shipping", _("Delivery"), zones=list_zones(db.session()), methods=methods, **more)


# --- zones ------------------------------------------------------------------------------------------------


@blueprint.route("/console/shipping/zones/new", methods=["GET", "POST"])
@staff("shipping.write")
def zone_new() -> Answer:
    """A zone that was not there."""
    return _edit_zone(None, {"countries": [], "position": len(list_zones(db.session()))})


@blueprint.route("/console/shipping/zones/<int:zone_id>", methods=["GET", "POST"])
@staff("shipping.write")
def zone(zone_id: int) -> Answer:
    """One zone."""
    row = get_zone(db.session(), zone_id)
    lists = {name: "\n".join(getattr(row, name)) for name in ("regions", "postcodes")}
    return _edit_zone(zone_id, {**row._mapping, **lists})


@blueprint.post("/console/shipping/zones/<int:zone_id>/remove")
@staff("shipping.write")
def zone_remove(zone_id: int) -> Answer:
    """Take a zone away, with its ways of delivery."""
    with transaction() as tx:
        service.remove_zone(tx, zone_id)
    flash(_("The zone is gone."))
    return go("shipping")


def _edit_zone(zone_id: int | None, known: dict) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        values = service.ZoneValues(
            name=given.text("name", 80),
            countries=request.form.getlist("countries"),
            regions=given.words("regions"),
            postcodes=given.words("postcodes"),
            position=given.whole("position", empty=0, most=10_000),
        )
        _id, problems = saved(given, lambda tx: service.save_zone(tx, zone_id, values))
        if not problems:
            flash(_("Saved. New quotes count with it at once."))
            return go("shipping")
        known = {**request.form.to_dict(), "countries": request.form.getlist("countries")}
    title = _("New zone") if zone_id is None else _("Zone")
    more = {"countries": country_names(), "zone_id": zone_id}
    return show("zone", title, 422 if problems else 200, known=known, wrong=problems, **more)


# --- ways of delivery -------------------------------------------------------------------------------------


@blueprint.route("/console/shipping/zones/<int:zone_id>/new", methods=["GET", "POST"])
@staff("shipping.write")
def method_new(zone_id: int) -> Answer:
    """A way of delivery that was not there."""
    get_zone(db.session(), zone_id)
    return _edit_method(None, zone_id, NEW)


@blueprint.route("/console/shipping/methods/<key>", methods=["GET", "POST"])
@staff("shipping.write")
def method(key: str) -> Answer:
    """One way of delivery."""
    row = get_method(db.session(), key)
    return _edit_method(key, row.zone_id, _known_method(row))


@blueprint.post("/console/shipping/methods/<key>/active")
@staff("shipping.write")
def method_active(key: str) -> Answer:
    """Offer it, or stop offering it."""
    with transaction() as tx:
        service.set_method_active(tx, key, active=request.form.get("active") == "1")
    return go("shipping")


@blueprint.post("/console/shipping/methods/<key>/duplicate")
@staff("shipping.write")
def method_duplicate(key: str) -> Answer:
    """The same once more, not offered yet."""
    with transaction() as tx:
        copy = service.duplicate_method(tx, key)
    flash(_("This is the copy. It is not offered yet."))
    return go("method", key=copy)


@blueprint.post("/console/shipping/methods/<key>/remove")
@staff("shipping.write")
def method_remove(key: str) -> Answer:
    """Take it away."""
    with transaction() as tx:
        service.remove_method(tx, key)
    flash(_("It is gone. Orders that used it stay as they are."))
    return go("shipping")


def _edit_method(key: str | None, zone_id: int, known: dict) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        values = _method_values(given, zone_id)
        _key, problems = saved(given, lambda tx: service.save_method(tx, key, values))
        if not problems:
            flash(_("Saved. New quotes count with it at once."))
            return go("shipping")
        known = {**request.form.to_dict(), "active": given.yes("active")}
    title = _("New way of delivery") if key is None else _("Way of delivery")
    more = {"zone": get_zone(db.session(), zone_id), "key": key, "languages_spoken": spoken()}
    return show("shipping_method", title, 422 if problems else 200, known=known, wrong=problems, **more)


def _method_values(given: Given, zone_id: int) -> service.MethodValues:
    basis = given.text("basis")
    return service.MethodValues(
        zone_id=zone_id,
        names=given.texts("name", codes_spoken()),
        notes=given.texts("note", codes_spoken()),
        bands=bands_of(given, basis),
        kind=given.text("kind"),
        basis=basis,
        free_from_minor=given.maybe_money("free_from"),
        handling_min=given.whole("handling_min", empty=0),
        handling_max=given.whole("handling_max", empty=0),
        min_days=given.whole("min_days", empty=0),
        max_days=given.whole("max_days", empty=0),
        cutoff_hour=given.maybe_whole("cutoff_hour"),
        active=given.yes("active"),
        position=given.whole("position", empty=0, most=10_000),
    )


def _known_method(row: Any) -> dict[str, Any]:
    """A way of delivery as its form shows it."""
    lines = []
    for upto, price in row.bands:
        limit = "all" if upto is None else str(upto) if row.basis == "weight" else plain_amount(upto)
        lines.append(f"{limit} = {plain_amount(price)}")
    texts = {f"name_{code}": text for code, text in row.names.items()}
    texts |= {f"note_{code}": text for code, text in row.notes.items()}
    free = plain_amount(row.free_from_minor)
    return {**row._mapping, "bands": "\n".join(lines), "free_from": free, **texts}
