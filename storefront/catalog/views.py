"""The pages of the catalogue: category, product, search, content, and what search engines fetch."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    stream_with_context,
)
from werkzeug.wrappers import Response as AnyResponse

from storefront.catalog import service
from storefront.catalog.rules.words import clean_query
from storefront.core import behaviour
from storefront.core.errorpages import error_answer
from storefront.core.errors import Gone, NotFound
from storefront.core.i18n import current_language
from storefront.core.security import page_limiter
from storefront.core.slots import PageContext, plan_page

blueprint = Blueprint("catalog", __name__)
XML = "application/xml"


def init_app(app: Flask) -> None:
    """Memories of the catalogue; menus and departments in every template; moved addresses."""
    service.init_catalog(app)
    app.context_processor(_surroundings)
    app.register_error_handler(404, _moved_or_missing)
    app.register_error_handler(NotFound, _moved_or_missing)


def _surroundings() -> dict[str, Any]:
    return {"menus": service.menus(request.script_root + request.path), "departments": service.departments()}


def _search_limit() -> str:
    return current_app.extensions["regulars_settings"].search_limit


def _context(**more: Any) -> PageContext:
    return PageContext(language=current_language().code, **more)


# --- lists ------------------------------------------------------------------------------------------------


@blueprint.get("/c/<slug>")
def category(slug: str) -> str:
    """A category: its products, narrowed down by the arguments of the URL."""
    answer = service.show_category(slug, request.args.items(multi=True))
    cards = answer.listing.page.items
    ids = tuple(card.product_id for card in cards)
    plan_page("category", _context(category_id=answer.category.id, product_ids=ids))
    behaviour.note("view_item_list", list_name=f"category:{slug}", product_ids=ids)
    return render_template(
        "catalog/category.html", page=answer.head, category=answer.category, listing=answer.listing
    )


@blueprint.get("/search")
@page_limiter.limit(_search_limit)
def search() -> str:
    """What the shop has for `q`."""
    answer = service.show_search(request.args.items(multi=True))
    ids = tuple(card.product_id for card in answer.listing.page.items)
    plan_page("search", _context(query=answer.query, product_ids=ids))
    if answer.query:
        behaviour.note("search", query=answer.query, hits=answer.hits)
        if not answer.hits:
            service.report_miss(answer.query, current_language().code)
    return render_template(
        "catalog/search.html",
        page=answer.head,
        query=answer.query,
        listing=answer.listing,
        corrections=answer.corrections,
        also=answer.also,
    )


@blueprint.get("/search/suggest")
@page_limiter.limit("300 per minute")
def suggest() -> Response:
    """The inside of the list under the search box; may be kept by the browser for a moment."""
    query = clean_query(request.args.get("q", ""))
    groups = service.show_suggestions(query) if query else []
    response = current_app.make_response(render_template("search/_suggest.html", groups=groups))
    response.headers["Cache-Control"] = "private, max-age=60"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# --- one thing --------------------------------------------------------------------------------------------


@blueprint.get("/p/<slug>")
def product(slug: str) -> str:
    """A product with one of its variants chosen by `sku` or by option values."""
    view = service.get_product(slug, request.args)
    facts = {"stock": view.variant.stock, "variant": view.variant, "titles": {view.id: view.title}}
    place = {"product_id": view.id, "category_id": view.category_id, "product_ids": (view.id,)}
    plan_page("product", _context(**place, more=facts))
    behaviour.note("view_item", product_id=view.id, sku=view.variant.sku, price=view.variant.price.minor)
    head = service.product_head(view, f"/p/{slug}")
    return render_template("catalog/product.html", page=head, product=view)


@blueprint.get("/pages/<slug>")
def page(slug: str) -> str:
    """A content page: delivery, returns, about."""
    view = service.get_page(slug)
    plan_page("page", _context(more={"page": slug}))
    trail = (service.home(), (view.title, view.url))
    head = service.content_head(view, f"/pages/{slug}", trail)
    return render_template("catalog/page.html", page=head, content=view)


@blueprint.get("/media/<name>")
def media(name: str) -> Response:
    """A stored picture. Its name is the hash of its content, so it may be kept for ever."""
    return service.send_picture(name)


# --- for search engines -----------------------------------------------------------------------------------


def _for_machines(text: Any, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=600"
    return response


@blueprint.get("/robots.txt")
def robots() -> Response:
    return _for_machines(service.robots_txt(), "text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    return _for_machines(service.sitemap_index(), XML)


@blueprint.get("/sitemap-<name>.xml")
def sitemap_part(name: str) -> Response:
    return _for_machines(service.sitemap_part(name), XML)


@blueprint.get("/feeds/merchant.xml")
def merchant_feed() -> Response:
    """The merchant feed in the language of the URL, streamed."""
    return _for_machines(stream_with_context(service.merchant_feed()), XML)


# --- moved ------------------------------------------------------------------------------------------------


def _moved_or_missing(error: Exception) -> AnyResponse:
    """Whatever is not found may have moved: 301 to where it is now. What is gone stays gone."""
    if isinstance(error, Gone):
        return error_answer(error.status, error.message)
    target = service.find_redirect(request.path) if request.method in {"GET", "HEAD"} else None
    if target is not None:
        return redirect(target if "://" in target else request.script_root + target, 301)
    return error_answer(404)
