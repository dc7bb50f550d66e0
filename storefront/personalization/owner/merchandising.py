"""Merchandising rules: the list in order of precedence, one rule, and what rules do to a row."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from storefront.catalog import service as catalog
from storefront.core.console import Given, changes_of, comment_token, comments_of, may_now, staff
from storefront.core.console.given import plain_moment
from storefront.core.database import transaction
from storefront.core.errors import Refusal
from storefront.core.pages import private_page
from storefront.customers import service as customers
from storefront.personalization.errors import RuleChanged
from storefront.personalization.owner.blueprint import blueprint
from storefront.personalization.rules.ruling import PRECEDENCE
from storefront.personalization.service import rule_editing, rule_words
from storefront.personalization.service.engine import holder
from storefront.personalization.service.merchandising import all_rules, as_rules
from storefront.personalization.service.rule_trying import Trial, Tried, try_rules

Answer = Any
_FACTOR = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?\Z", re.ASCII)
MOST_SKUS = 20


@blueprint.get("/console/merchandising")
@staff("products.read")
def merchandising() -> Answer:
    """Every rule in order of precedence."""
    rows = rule_editing.list_rows()
    groups = [(action, [row for row in rows if row.action == action]) for action in PRECEDENCE]
    return _show("merchandising", _("Merchandising rules"), groups=groups)


@blueprint.route("/console/merchandising/try", methods=["GET", "POST"])
@staff("products.read")
def rules_try() -> Answer:
    """Any row without rules and with them. Changes nothing."""
    given = Given(request.form)
    tried = _tried(given, None, None) if request.method == "POST" else None
    status = 422 if given.problems else 200
    title = _("Why is it there, why not?")
    return _show("rule_try", title, status, known=request.form, wrong=given.problems, tried=tried)


@blueprint.route("/console/merchandising/new", methods=["GET", "POST"])
@staff("products.write")
def rule_new() -> Answer:
    """A rule that was not there."""
    return _edit(None, {"action": "pin", "place": 1, "factor": "2", "target": "product", "enabled": True})


@blueprint.route("/console/merchandising/<key>", methods=["GET", "POST"])
@staff("products.write")
def rule(key: str) -> Answer:
    """One rule, and what it does to a row."""
    row = rule_editing.get_row(key)
    return _edit(row, _known(row))


@blueprint.post("/console/merchandising/<key>/move")
@staff("products.write")
def rule_move(key: str) -> Answer:
    """One place up or down among its kind."""
    with transaction() as tx:
        rule_editing.move_rule(tx, key, up=request.form.get("way") == "up")
    return redirect(url_for("personalization_owner.merchandising", _anchor=f"rule-{key}"), 303)


@blueprint.post("/console/merchandising/<key>/switch")
@staff("products.write")
def rule_switch(key: str) -> Answer:
    """Let it count, or not for now."""
    with transaction() as tx:
        rule_editing.switch_rule(tx, key, enabled=request.form.get("enabled") == "1")
    return _go("rule", key=key)


@blueprint.post("/console/merchandising/<key>/copy")
@staff("products.write")
def rule_copy(key: str) -> Answer:
    """The same once more, switched off."""
    try:
        with transaction() as tx:
            copy = rule_editing.copy_rule(tx, key)
    except Refusal as error:
        flash(error.message)
        return _go("rule", key=key)
    flash(_("This is the copy. It is switched off."))
    return _go("rule", key=copy)


@blueprint.post("/console/merchandising/<key>/remove")
@staff("products.write")
def rule_remove(key: str) -> Answer:
    """Away with it."""
    with transaction() as tx:
        rule_editing.remove_rule(tx, key)
    flash(_("The rule is gone."))
    return _go("merchandising")


def _edit(row: Any, known: dict[str, Any]) -> Answer:
    key = row.public_id if row is not None else None
    title = _("New rule") if row is None else row.name
    shown: dict[str, Any] = {"row": row, "known": known, "wrong": {}, "tried": None, "yours": []}
    if request.method != "POST":
        return _show("rule", title, **shown, **_around(key))
    given = Given(request.form)
    values = _values(given)
    if request.form.get("do") == "try":
        shown["tried"] = _tried(given, key, values)
    else:
        saved = _saved(given, key, values)
        if saved is not None:
            flash(_("Saved. The next page of everybody counts with it."))
            return _go("rule", key=saved)
    if _STALE in given.problems:
        shown |= {"wrong": {"": given.problems[_STALE]}, "yours": _typed()}
    else:
        lists = {name: request.form.getlist(name) for name in _LISTS}
        shown |= {"wrong": given.problems, "known": {**request.form.to_dict(), **lists}}
    return _show("rule", title, 422 if given.problems else 200, **shown, **_around(key))


def _typed() -> list[str]:
    """Words of a form that was out of date: it shows what is there now."""
    said = [request.form.get(name, "").strip() for name in ("name", "sku", "place", "factor")]
    return [text for text in said if text]


_STALE = "stale"
_LISTS = ("surfaces", "pages", "audiences")


def _saved(given: Given, key: str | None, values: rule_editing.RuleValues) -> str | None:
    if given.problems:
        return None
    seen = given.whole("seen", empty=0)
    try:
        with transaction() as tx:
            return rule_editing.save_rule(tx, key, values, seen or None)
    except RuleChanged as error:
        given.wrong(_STALE, error.message)
    except Refusal as error:
        given.wrong(error.field or "", error.message)
    return None


def _around(key: str | None) -> dict[str, Any]:
    entries = [*comments_of("merchandising", key), *changes_of("merchandising", key)] if key else []
    token = comment_token("merchandising", key, "products.write") if key else None
    return {
        "categories": [("", _("none")), *catalog.category_choices()],
        "actions": [(action, label) for action, (label, _told) in rule_words.ACTIONS.items()],
        "brands": [("", _("none")), *((brand, brand) for brand in rule_editing.brand_choices())],
        "entries": entries,
        "token": token,
    }


def _go(endpoint: str, **values: Any) -> Answer:
    return redirect(url_for(f"personalization_owner.{endpoint}", **values), 303)


def _show(template: str, title: str, status: int = 200, **values: Any) -> Answer:
    page = private_page(f"console-{template.replace('_', '-')}", title)
    html = render_template(
        f"personalization/owner/{template}.html",
        page=page,
        words=rule_words,
        trained=holder().current() is not None,
        may_name=may_now("customers.read"),
        **values,
    )
    return html, status


# --- a row without rules and with them --------------------------------------------------------------------


def _tried(given: Given, key: str | None, values: rule_editing.RuleValues | None) -> Tried | None:
    """What the saved rules, with the form in place of its rule, do to the row that is asked for."""
    trial = _trial(given)
    draft: Any = None
    if values is not None and not given.problems:
        try:
            draft = rule_editing.draft_row(values, key)
        except Refusal as error:
            given.wrong(error.field or "", error.message)
    if given.problems:
        return None
    if draft is None:
        return try_rules(trial, all_rules())
    rows = [row for row in rule_editing.list_rows() if row.public_id != key]
    return try_rules(trial, as_rules([*rows, draft]))


def _trial(given: Given) -> Trial:
    skus = given.words("try_skus", MOST_SKUS)
    known = catalog.products_by_sku(list(skus))
    missing = next((sku for sku in skus if sku not in known), None)
    if missing is not None:
        given.wrong("try_skus", _("There is no product with the SKU %(sku)s.", sku=missing[:60]))
    email, customer = given.text("try_email", 320), None
    if email and may_now("customers.read"):
        customer = customers.find_customer_id(email)
        if customer is None:
            given.wrong("try_email", _("There is no customer with this e-mail address."))
    return Trial(
        given.one_of("try_surface", rule_words.SURFACES),
        given.one_of("try_page", rule_words.PAGES),
        tuple(dict.fromkeys(known[sku] for sku in skus if sku in known)),
        customer,
    )


# --- a rule as its form, and back -------------------------------------------------------------------------


def _values(given: Given) -> rule_editing.RuleValues:
    action, target = given.text("action"), given.text("target")
    chosen = {name: [one[:60] for one in request.form.getlist(name)[:50]] for name in _LISTS}
    category = given.text("category_id", 12)
    return rule_editing.RuleValues(
        name=given.text("name", 1000),
        action=action,
        target=target,
        sku=given.text("sku", 200),
        category_id=int(category) if category.isascii() and category.isdigit() else None,
        brand=given.text("brand", 120),
        place=given.whole("place", empty=0) if action == "pin" else None,
        factor=_factor(given) if action in ("boost", "bury") else None,
        starts_at=given.moment("starts_at"),
        ends_at=given.moment("ends_at"),
        enabled=given.yes("enabled"),
        **chosen,
    )


def _factor(given: Given) -> int:
    """Hundredths of '1.5' or '1,5'; 0, which no rule takes, for what is no number."""
    text = given.text("factor", 20)
    return int(Decimal(text.replace(",", ".")) * 100) if _FACTOR.match(text) else 0


def _known(row: Any) -> dict[str, Any]:
    skus = catalog.skus_of([row.product_id]) if row.product_id else {}
    # The SKU that was given, as long as it is the product's.
    still = catalog.products_by_sku([row.target_name]).get(row.target_name) == row.product_id
    return {
        **row._mapping,
        "sku": row.target_name if still and row.product_id else skus.get(row.product_id, ""),
        "factor": f"{Decimal(row.factor or 200) / 100:f}".rstrip("0").rstrip("."),
        "place": row.place or 1,
        "starts_at": plain_moment(row.starts_at),
        "ends_at": plain_moment(row.ends_at),
    }
