"""Owner: the list of discounts, and one discount with its conditions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.catalog.service import category_choices, products_by_sku, skus_of
from storefront.core import clock
from storefront.core.console import (
    BulkAction,
    Column,
    Filter,
    IndexSpec,
    IndexState,
    Selection,
    TimelineEntry,
    View,
    changes_of,
    comments_of,
    load_index,
    staff,
)
from storefront.core.database import db, transaction
from storefront.pricing import service
from storefront.pricing.forms import Given
from storefront.pricing.owner.frame import (
    Answer,
    blueprint,
    codes_spoken,
    country_names,
    go,
    percent_words,
    plain_amount,
    plain_percent,
    price_words,
    saved,
    show,
    spoken,
)
from storefront.pricing.rules.facts import BUY_GET, FIXED, FREE_SHIPPING, PERCENT
from storefront.pricing.service import tables as t
from storefront.pricing.service.discounts import get_discount
from storefront.pricing.service.listing import DISCOUNTS, list_codes, list_uses, named_like
from storefront.pricing.service.quoting import words_in
from storefront.pricing.service.terms import local_time

KINDS = {
    PERCENT: _l("A percentage"),
    FIXED: _l("A fixed amount"),
    FREE_SHIPPING: _l("Free delivery"),
    BUY_GET: _l("Buy some, get some"),
}


def _state_is(values: tuple[str, ...]) -> Any:
    now = clock.now()
    over = sa.and_(t.discount.c.ends_at.isnot(None), t.discount.c.ends_at <= now)
    soon = sa.and_(t.discount.c.starts_at.isnot(None), t.discount.c.starts_at > now)
    counts = sa.and_(t.discount.c.active, sa.not_(over), sa.not_(soon))
    known = {"on": counts, "off": t.discount.c.active.is_(False), "soon": soon, "over": over}
    return sa.or_(*(known[value] for value in values))


STATES = (
    ("on", _l("Counts now")),
    ("soon", _l("Begins later")),
    ("over", _l("Ended")),
    ("off", _l("Stopped")),
)
SPEC = IndexSpec(
    key="discounts",
    endpoint="pricing.discounts",
    title=_l("Discounts"),
    columns=(
        Column("name", _l("Discount")),
        Column("effect", _l("Takes off"), phone="two"),
        Column("code", _l("Discount code"), phone="three"),
        Column("uses", _l("Used"), number=True, phone="top-r"),
        Column("ends", _l("Ends"), sort=t.discount.c.ends_at, phone="less"),
        Column("state", _l("Status"), phone="span"),
    ),
    row_key=lambda row: row.key,
    row_key_column=t.discount.c.key,
    row_name=lambda row: words_in(row.names) or row.key,
    row_url=lambda row: f"{request.script_root}/console/discounts/{row.key}",
    filters=(
        Filter(
            "kind", _l("Kind"), lambda values: t.discount.c.kind.in_(values), tuple(KINDS.items()), many=True
        ),
        Filter("state", _l("Status"), _state_is, STATES),
    ),
    search=named_like,
    search_hint=_l("Name or code"),
    tie=t.discount.c.id,
    views=(View("on", _l("Counts now"), {"state": "on"}), View("over", _l("Ended"), {"state": "over"})),
    bulk=(
        BulkAction("stop", _l("Stop"), "pricing.discounts_bulk", "discounts.write"),
        BulkAction("start", _l("Let count"), "pricing.discounts_bulk", "discounts.write"),
    ),
)


@blueprint.get("/console/discounts")
@staff("discounts.write")
def discounts() -> Answer:
    """Every discount: what it takes off, how often it was used, whether it counts."""
    index = load_index(IndexState.read(SPEC, request.args), DISCOUNTS)
    more: dict[str, Any] = {"words": words_in, "effect": effect_words, "state_of": state_of}
    return show("discounts", _("Discounts"), index=index, **more)


@blueprint.post("/console/discounts/bulk")
@staff("discounts.write")
def discounts_bulk() -> Answer:
    """Stop many discounts at once, or let them count."""
    chosen = Selection.read(SPEC, request.form)
    keys = [row.key for row in db.session.execute(chosen.narrow(sa.select(t.discount.c.key)))]
    active = request.form.get("action") == "start"
    with transaction() as tx:
        for key in keys:
            service.set_discount_active(tx, key, active=active)
    flash(ngettext("%(num)s discount was changed.", "%(num)s discounts were changed.", len(keys)))
    return go("discounts")


@blueprint.route("/console/discounts/new", methods=["GET", "POST"])
@staff("discounts.write")
def discount_new() -> Answer:
    """A discount that was not there."""
    return _edit(None, {"kind": PERCENT, "combinable": True, "active": True})


@blueprint.route("/console/discounts/<key>", methods=["GET", "POST"])
@staff("discounts.write")
def discount(key: str) -> Answer:
    """One discount with its codes and what they were used for."""
    row = get_discount(db.session(), key)
    return _edit(row, _known(row))


@blueprint.post("/console/discounts/<key>/active")
@staff("discounts.write")
def discount_active(key: str) -> Answer:
    """Let it count, or stop it."""
    with transaction() as tx:
        service.set_discount_active(tx, key, active=request.form.get("active") == "1")
    return go("discount", key=key)


@blueprint.post("/console/discounts/<key>/duplicate")
@staff("discounts.write")
def discount_duplicate(key: str) -> Answer:
    """The same once more, without codes."""
    with transaction() as tx:
        copy = service.duplicate_discount(tx, key)
    flash(_("This is the copy. It does not count yet and has no codes."))
    return go("discount", key=copy)


@blueprint.post("/console/discounts/<key>/remove")
@staff("discounts.write")
def discount_remove(key: str) -> Answer:
    """Take it away, as long as nobody used it."""
    _nothing, problems = saved(Given({}), lambda tx: service.remove_discount(tx, key))
    if problems:
        flash(next(iter(problems.values())))
        return go("discount", key=key)
    flash(_("The discount is gone."))
    return go("discounts")


def _edit(row: Any, known: dict) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = Given(request.form)
        values = _values(given)
        key = row.key if row is not None else None
        new, problems = saved(given, lambda tx: service.save_discount(tx, key, values))
        if not problems:
            flash(_("Saved. New quotes count with it at once."))
            return go("discount", key=new)
        known = {**request.form.to_dict(), "category_ids": list(values.category_ids)}
    title = _("New discount") if row is None else words_in(row.names) or row.key
    return show(
        "discount", title, 422 if problems else 200, known=known, wrong=problems, **_surroundings(row)
    )


def _surroundings(row: Any) -> dict[str, Any]:
    """What the page of a discount shows beside its form."""
    session, words = db.session(), " ".join(request.args.get("code", "").upper().split())[:40]
    return {
        "row": row,
        "kinds": list(KINDS.items()),
        "categories": category_choices(),
        "countries": country_names(),
        "languages_spoken": spoken(),
        "codes": list_codes(session, row.id, words) if row is not None else [],
        "uses": list_uses(session, row.id) if row is not None else [],
        "code_words": words,
        "entries": _entries(row.key) if row is not None else [],
        "state_of": state_of,
        "effect": effect_words,
    }


def _entries(key: str) -> list[TimelineEntry]:
    return [*comments_of("discount", key), *changes_of("discount", key)]


# --- a discount as its form, and back ---------------------------------------------------------------------


def _values(given: Given) -> service.DiscountValues:
    kind = given.text("kind")
    return service.DiscountValues(
        kind=kind,
        names=given.texts("name", codes_spoken()),
        automatic=given.yes("automatic"),
        combinable=given.yes("combinable"),
        active=given.yes("active"),
        percent_bp=given.percent("percent") if kind in (PERCENT, BUY_GET) else 0,
        amount_minor=given.maybe_money("amount") or 0,
        buy=given.whole("buy", empty=0),
        get=given.whole("get", empty=0),
        minimum_minor=given.maybe_money("minimum"),
        product_ids=_products(given),
        category_ids=given.numbers("category_ids"),
        audiences=given.words("audiences", 50),
        countries=given.words("countries", 300),
        first_order=given.yes("first_order"),
        starts_at=given.moment("starts_at"),
        ends_at=given.moment("ends_at"),
        uses_limit=given.maybe_whole("uses_limit"),
        per_person_limit=given.maybe_whole("per_person_limit"),
        person_limit=given.maybe_whole("person_limit"),
    )


def _products(given: Given) -> list[int]:
    skus = given.words("skus", 500)
    known = products_by_sku(skus)
    missing = [sku for sku in skus if sku not in known]
    if missing:
        given.problems["skus"] = _("There is no product with the SKU %(sku)s.", sku=missing[0][:60])
    return list(known.values())


def _known(row: Any) -> dict[str, Any]:
    lists = {name: "\n".join(getattr(row, name)) for name in ("audiences", "countries")}
    return {
        **row._mapping,
        **lists,
        **{f"name_{code}": text for code, text in row.names.items()},
        "percent": plain_percent(row.percent_bp or None),
        "amount": plain_amount(row.amount_minor or None),
        "minimum": plain_amount(row.minimum_minor),
        "skus": "\n".join(skus_of(row.product_ids).values()),
        "starts_at": _local(row.starts_at),
        "ends_at": _local(row.ends_at),
    }


def _local(moment: datetime | None) -> str:
    return "" if moment is None else local_time(moment).strftime("%Y-%m-%dT%H:%M")


def effect_words(row: Any) -> str:
    """What a discount takes off, in a few words."""
    if row.kind == PERCENT:
        return percent_words(row.percent_bp)
    if row.kind == FIXED:
        return price_words(row.amount_minor)
    if row.kind == FREE_SHIPPING:
        most = price_words(row.amount_minor)
        return _("Delivery, up to %(amount)s", amount=most) if row.amount_minor else _("Delivery")
    share = percent_words(row.percent_bp)
    return _("Buy %(buy)s, get %(get)s at %(percent)s off", buy=row.buy, get=row.get, percent=share)


def state_of(row: Any) -> tuple[str, str]:
    """(what state a discount is in, the colour of its badge)."""
    now = clock.now()
    if not row.active:
        return _("Stopped"), "dash"
    if row.starts_at is not None and row.starts_at > now:
        return _("Begins later"), "sky"
    if row.ends_at is not None and row.ends_at <= now:
        return _("Ended"), ""
    return _("Counts now"), "green"
