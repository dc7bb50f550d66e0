"""Owner: who buys here. The list, one customer, what can be done about an account."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from storefront.core.console import (
    Column,
    Filter,
    Given,
    IndexSpec,
    IndexState,
    TimelineEntry,
    View,
    changes_of,
    comments_of,
    load_index,
    may_now,
    record_audit,
    rows_to_export,
    staff,
)
from storefront.core.console.words import role_name
from storefront.core.database import snapshot, transaction
from storefront.core.errors import Refusal
from storefront.core.i18n import current_language
from storefront.core.imports.registry import Options
from storefront.core.imports.writing import write_rows
from storefront.core.pages import private_page
from storefront.core.slots import PageContext, plan_page
from storefront.customers.rules import PURPOSES, STAFF
from storefront.customers.service import address_lines, desk, write_archive
from storefront.customers.service.exporting import own_sheet

blueprint = Blueprint("customers_owner", __name__)
Answer = Any
AGREES = {
    "statistics": _l("Statistics"),
    "personalization": _l("Personal shop"),
    "marketing": _l("Offers by mail"),
}


def _searched(words: str) -> Any:
    """Whoever may not see addresses does not find people by them either."""
    return desk.named_like(words, contact=may_now("customers.write"))


def _roles() -> list[tuple[str, str]]:
    return [("customer", _("Customer")), *((role, role_name(role)) for role in sorted(STAFF))]


CUSTOMERS = IndexSpec(
    key="customers",
    endpoint="customers_owner.customers",
    title=_l("Customers"),
    columns=(
        Column("name", _l("Customer"), sort=desk.SORT_NAME),
        Column("joined", _l("Known since"), sort=desk.PERSON.c.joined_at, number=True, phone="top-r"),
        Column("country", _l("Country"), sort=desk.PERSON.c.country, phone="less"),
        Column("account", _l("Account"), phone="less"),
        Column("agrees", _l("Agrees to"), phone="three"),
        Column("tags", _l("Tags"), shown=False, phone="three"),
        Column("language", _l("Language"), shown=False, phone="less"),
    ),
    row_key=lambda row: row.public_id,
    row_key_column=desk.PERSON.c.public_id,
    row_name=lambda row: desk.name_of(row),
    row_url=lambda row: url_for("customers_owner.customer", key=row.public_id),
    filters=(
        Filter("country", _l("Country"), lambda v: desk.PERSON.c.country.in_(v), desk.countries_known),
        Filter("agrees", _l("Agrees to"), desk.agreed_to, tuple(AGREES.items()), many=True),
        Filter(
            "account",
            _l("Has an account"),
            lambda v: desk.HAS_ACCOUNT if v[0] == "yes" else sa.not_(desk.HAS_ACCOUNT),
            (("yes", _l("Yes")), ("no", _l("No"))),
        ),
        Filter("role", _l("Role"), lambda v: desk.PERSON.c.role.in_(v), _roles, many=True),
        Filter(
            "shut", _l("Shut out"), lambda v: desk.PERSON.c.disabled.is_(v[0] == "yes"), (("yes", _l("Yes")),)
        ),
    ),
    search=_searched,
    search_hint=_l("Name, e-mail, phone"),
    sort="-joined",
    tie=desk.PERSON.c.id,
    views=(
        View("account", _l("With an account"), {"account": "yes"}),
        View("guests", _l("Without an account"), {"account": "no"}),
        View("offers", _l("Agrees to offers"), {"agrees": "marketing"}),
    ),
    export_endpoint="customers_owner.customers_export",
)


@blueprint.get("/console/customers")
@staff("customers.read")
def customers() -> Answer:
    """Everybody the shop knows."""
    index = load_index(IndexState.read(CUSTOMERS, request.args), desk.customers())
    page = private_page("console-customers", _("Customers"))
    return render_template(
        "customers/owner/customers.html",
        page=page,
        index=index,
        name_of=desk.name_of,
        agrees=AGREES,
        contact=may_now("customers.write"),
    )


@blueprint.post("/console/customers/export")
@staff("customers.write", fresh=True)
def customers_export() -> Answer:
    """The customers of this view in the shop's own format; taking them away stands in the log."""
    state = IndexState.of_query(CUSTOMERS, request.form.get("state", ""))
    ids = [row.id for row in rows_to_export(state, desk.customers())]
    shop = current_app.extensions["regulars_settings"]
    out = io.BytesIO()
    with snapshot() as session:
        options = Options(shop.currency, tuple(shop.language_codes))
        sheet = own_sheet(session, options, desk.PERSON.c.id.in_(ids))
        write_rows(out, sheet.columns, sheet.rows)
    with transaction() as tx:
        record_audit(
            tx, "export.taken", "export", "customers", after={"rows": len(ids), "filter": state.query}
        )
    return _file(out.getvalue(), "text/csv", "customers.csv")


def _file(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# --- one customer -----------------------------------------------------------------------------------------


@blueprint.get("/console/customers/<key>")
@staff("customers.read")
def customer(key: str) -> Answer:
    """One customer: who they are, how to reach them, what they agreed to, what happened."""
    return _page(key)


def _page(key: str, wrong: dict[str, str] | None = None) -> Answer:
    sheet = desk.customer_sheet(key)
    contact = may_now("customers.write")
    more = {"name": sheet.name, "key": key, "email": sheet.row.email if contact else None}
    plan_page("console-customer", PageContext(current_language().code, customer_id=sheet.row.id, more=more))
    html = render_template(
        "customers/owner/customer.html",
        page=private_page("console-customer", sheet.name),
        sheet=sheet,
        row=sheet.row,
        purposes=_last_words(sheet),
        agrees=AGREES,
        entries=_timeline(sheet, contact),
        contact=contact,
        works_here_too=sheet.row.role in STAFF,
        mine=sheet.row.id == current_user.customer_id,
        lines_of=address_lines,
        wrong=wrong or {},
    )
    return html, 422 if wrong else 200


def _last_words(sheet: desk.CustomerSheet) -> list[tuple[str, Any]]:
    """(purpose, the newest word on it or None), in the order of the house."""
    return [
        (purpose, next((word for word in sheet.consents if word.purpose == purpose), None))
        for purpose in PURPOSES
    ]


def _timeline(sheet: desk.CustomerSheet, contact: bool) -> list[TimelineEntry]:
    key = sheet.row.public_id
    found = [*comments_of("customer", key), *(changes_of("customer", key) if contact else ())]
    for word in sheet.consents if contact else ():
        name = str(AGREES.get(word.purpose, word.purpose))
        said = _("Agreed: %(what)s", what=name) if word.given else _("Refused: %(what)s", what=name)
        found.append(TimelineEntry(word.at, said, detail=word.source, icon="check" if word.given else "x"))
    found.append(TimelineEntry(sheet.row.joined_at, _("Known to the shop since then"), icon="person"))
    if sheet.row.confirmed_at is not None:
        found.append(TimelineEntry(sheet.row.confirmed_at, _("Confirmed their e-mail address"), icon="check"))
    return sorted(found, key=lambda entry: entry.at, reverse=True)


@blueprint.post("/console/customers/<key>/tags")
@staff("customers.write")
def customer_tags(key: str) -> Answer:
    """Words that staff put on a customer."""
    text = Given(request.form).text("tags", 1000).replace("，", ",").replace("|", " ")
    words = dict.fromkeys(word.strip() for word in text.split(",") if word.strip())
    desk.change_tags(key, "|".join(words))
    flash(_("Saved."))
    return _back(key)


@blueprint.post("/console/customers/<key>/disable")
@staff("customers.write")
def customer_disable(key: str) -> Answer:
    """Shut somebody out, or let them in again."""
    shut = request.form.get("disabled") == "1"
    told = _("Shut out, in every browser.") if shut else _("They may sign in again.")
    return _try(key, lambda: desk.disable_customer(key, shut), told)


@blueprint.post("/console/customers/<key>/sign-out")
@staff("customers.write")
def customer_sign_out(key: str) -> Answer:
    """End every sign-in of this customer."""
    return _try(key, lambda: desk.end_sign_ins(key), _("Signed out everywhere."))


@blueprint.post("/console/customers/<key>/reset")
@staff("customers.write")
def customer_reset(key: str) -> Answer:
    """Mail them the link for a new password."""
    told = _("The link for a new password is on its way. At most three are sent in an hour.")
    return _try(key, lambda: desk.send_password_reset(key, current_language().code), told)


@blueprint.post("/console/customers/<key>/archive")
@staff("customers.write", fresh=True)
def customer_archive(key: str) -> Answer:
    """Everything that is known of them, as a file for them."""
    archive = desk.personal_archive(key)
    return _file(write_archive(archive), "application/zip", f"customer-{key[:12]}.zip")


@blueprint.route("/console/customers/<key>/erase", methods=["GET", "POST"])
@staff("customers.write", fresh=True)
def customer_erase(key: str) -> Answer:
    """Ask first, then erase: what goes, what the law keeps."""
    sheet = desk.customer_sheet(key)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        if request.form.get("sure") != "1":
            wrong = {"sure": _("Please tick that you are sure.")}
        else:
            try:
                done = desk.erase_customer(key)
            except Refusal as error:
                wrong = {"": error.message}
            else:
                gone = sum(item.rows for item in done if item.action != "keep")
                flash(ngettext("%(num)s record was erased.", "%(num)s records were erased.", gone))
                return redirect(url_for("customers_owner.customers"), 303)
    page = private_page("console-customer-erase", _("Erase %(name)s", name=sheet.name))
    html = render_template("customers/owner/erase.html", page=page, sheet=sheet, wrong=wrong)
    return html, 422 if wrong else 200


def _try(key: str, command: Any, told: str) -> Answer:
    try:
        command()
    except Refusal as error:
        flash(error.message)
    else:
        flash(told)
    return _back(key)


def _back(key: str) -> Answer:
    return redirect(url_for("customers_owner.customer", key=key), 303)
