"""Owner: the codes of a discount."""

from __future__ import annotations

import csv
import io

from flask import Response, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.core.console import staff
from storefront.core.database import db
from storefront.pricing import service
from storefront.pricing.forms import Given
from storefront.pricing.owner.frame import Answer, blueprint, go, saved
from storefront.pricing.service.discounts import MOST_CODES, get_discount
from storefront.pricing.service.listing import list_codes


@blueprint.post("/console/discounts/<key>/codes")
@staff("discounts.write")
def code_add(key: str) -> Answer:
    """Make one code stand for the discount."""
    given = Given(request.form)
    _id, problems = saved(given, lambda tx: service.add_coupon(tx, key, given.text("code", 60)))
    return _back(key, problems, _("The code counts from now on."))


@blueprint.post("/console/discounts/<key>/codes/generate")
@staff("discounts.write")
def code_generate(key: str) -> Answer:
    """Make many codes that nobody can guess."""
    given = Given(request.form)
    count, prefix = given.whole("count", most=MOST_CODES), given.text("prefix", 40)
    made, problems = saved(given, lambda tx: service.generate_codes(tx, key, count, prefix))
    told = ngettext("%(num)s code was made.", "%(num)s codes were made.", len(made or ()))
    return _back(key, problems, told)


@blueprint.post("/console/discounts/<key>/codes/<int:coupon_id>/active")
@staff("discounts.write")
def code_active(key: str, coupon_id: int) -> Answer:
    """Let one code count, or stop it."""
    active = request.form.get("active") == "1"
    _none, problems = saved(
        Given({}), lambda tx: service.set_coupon_active(tx, key, coupon_id, active=active)
    )
    return _back(key, problems, _("Saved."))


@blueprint.post("/console/discounts/<key>/codes/<int:coupon_id>/limits")
@staff("discounts.write")
def code_limits(key: str, coupon_id: int) -> Answer:
    """Change how often one code may be used."""
    given = Given(request.form)
    limits = {"uses": given.maybe_whole("uses_limit"), "per_person": given.maybe_whole("per_person_limit")}
    _none, problems = saved(given, lambda tx: service.set_limits(tx, key, coupon_id, **limits))
    return _back(key, problems, _("Saved."))


@blueprint.get("/console/discounts/<key>/codes.csv")
@staff("discounts.write")
def codes_file(key: str) -> Answer:
    """All codes with their limits and uses, as a table to take away."""
    row = get_discount(db.session(), key)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["code", "uses_limit", "per_person_limit", "used", "active"])
    for one in list_codes(db.session(), row.id, most=1_000_000):
        table.writerow(
            [one.code, one.uses_limit, one.per_person_limit, one.used, "yes" if one.active else "no"]
        )
    name = {"Content-Disposition": f'attachment; filename="codes-{row.key}.csv"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=name)


def _back(key: str, problems: dict[str, str], told: str) -> Answer:
    flash(next(iter(problems.values()), told))
    return go("discount", key=key, _anchor="codes")
