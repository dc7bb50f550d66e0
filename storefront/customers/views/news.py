"""News by mail: the pages behind the links of those mails. Looking changes nothing."""

from __future__ import annotations

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.core.errors import NotFound
from storefront.core.pages import private_page
from storefront.core.security import csrf, limiter
from storefront.customers import service
from storefront.customers.errors import LinkOver
from storefront.customers.views.frame import Answer, blueprint, go


@blueprint.route("/news/confirm/<token>", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def confirm_news(token: str) -> Answer:
    """Programs that read mails look at links too: only the button says yes."""
    if request.method == "POST":
        try:
            return go("customers.news", token=service.confirm_news(token))
        except LinkOver as error:
            flash(error.message)
            return go("customers.confirm_news", token=token)
    page = private_page("news", _("News by mail"))
    asked = service.find_link({"news"}, token)
    email = asked["data"]["email"] if asked else ""
    return render_template("customers/news_confirm.html", page=page, email=email)


@blueprint.route("/news/<token>", methods=["GET", "POST"])
@csrf.exempt
def news(token: str) -> Answer:
    """Whether news come, and the button to stop them. A mail program does it by a bare POST (RFC 8058)."""
    gets = service.news_of(token)
    if gets is None:
        raise NotFound
    if request.method == "POST":
        service.stop_news(token)
        if "List-Unsubscribe" in request.form:
            return Response(status=200)  # no redirect: mail programs do not follow it
        return go("customers.news", token=token)
    return render_template("customers/news.html", page=private_page("news", _("News by mail")), gets=gets)
