"""The first page."""

from __future__ import annotations

from flask import Blueprint, render_template

from storefront.catalog import service as catalog
from storefront.core.i18n import current_language
from storefront.core.slots import PageContext, plan_page
from storefront.homepage.service import home_blocks

blueprint = Blueprint("homepage", __name__)


@blueprint.get("/")
def show() -> str:
    """The shop window, dressed for whoever looks."""
    context = PageContext(language=current_language().code)
    plan_page("home", context)
    return render_template("home/show.html", page=catalog.home_head(), blocks=home_blocks(context))
