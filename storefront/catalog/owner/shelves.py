"""Owner: the tree of categories, content pages, menus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.catalog import forms, service
from storefront.catalog.owner.frame import Answer, Stale, blueprint, codes, go, saved, show, typed
from storefront.catalog.owner.parts import STEPS, prepared_files
from storefront.catalog.rules.own_format import HUES
from storefront.catalog.rules.texts import as_markup, sanitize
from storefront.catalog.service import desk_shelves, shelf_editing
from storefront.core.console import Given, staff
from storefront.core.errors import NotFound

SPARE_ENTRIES = 2
MENU_NAMES = {
    "main": _l("Main menu"),
    "footer-shop": _l("Foot of the page: shopping"),
    "footer-help": _l("Foot of the page: help"),
}


# --- categories -------------------------------------------------------------------------------------------


@blueprint.get("/console/categories")
@staff("products.read")
def categories() -> Answer:
    """The tree, to be moved with buttons."""
    return show("categories", "categories", _("Categories"), tree=desk_shelves.tree())


@blueprint.route("/console/categories/new", methods=["GET", "POST"])
@staff("products.write")
def category_new() -> Answer:
    """A category that was not there."""
    return _category(None, {"parent": request.args.get("parent", "")})


@blueprint.route("/console/categories/<int:category_id>", methods=["GET", "POST"])
@staff("products.write")
def category(category_id: int) -> Answer:
    """One category: texts, place, colour, picture."""
    return _category(*_category_known(category_id))


def _category_known(category_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the category, the fields of its form)."""
    sheet = desk_shelves.category_sheet(category_id)
    known: dict[str, Any] = {
        "slug": sheet["slug"],
        "parent": sheet["parent_id"] or "",
        "hue": sheet["hue"] or "",
        "sensitive": sheet["sensitive"],
    }
    return sheet, known | _text_fields(sheet)


def _text_fields(sheet: dict[str, Any]) -> dict[str, Any]:
    return {
        f"{name}_{at}": text[name] for at, text in sheet["texts"].items() for name in ("title", "description")
    }


def _category(sheet: dict[str, Any] | None, known: dict[str, Any]) -> Answer:
    if request.method != "POST":
        return _category_shown(sheet, known)
    given = Given(request.form)
    values: dict[str, Any] = {
        "slug": given.text("slug", 160),
        "parent_id": given.maybe_whole("parent"),
        "hue": forms.hue(given),
        "sensitive": given.yes("sensitive"),
        "texts": forms.titled_texts(given, codes()),
        "seen": given.text("seen"),
    }
    at = sheet["id"] if sheet else None
    new, problems = saved(given, lambda tx: shelf_editing.save_category(tx, at, **values))
    if not problems:
        flash(_("Saved. The shop shows it at once."))
        return go("category", category_id=new)
    if sheet and isinstance(problems, Stale):
        sheet, known = _category_known(sheet["id"])
        return _category_shown(sheet, known, problems, typed(known))
    return _category_shown(sheet, request.form.to_dict(), problems)


def _category_shown(
    sheet: dict[str, Any] | None,
    known: dict[str, Any],
    problems: Mapping[str, str] | None = None,
    mine: Sequence[str] = (),
) -> Answer:
    """The form with what is `known`; `mine` was typed into one that was out of date."""
    title = known.get(f"title_{codes()[0]}") or (sheet["slug"] if sheet else "")
    more: dict[str, Any] = {
        "sheet": sheet,
        "known": known,
        "wrong": problems or {},
        "mine": mine,
        "seen": desk_shelves.category_seen(sheet["id"]) if sheet else "",
        "hues": [("", _("none")), *((hue, hue) for hue in HUES)],
        "parents": _parents(sheet),
        "previews": _previews(known),
    }
    heading = title if sheet else _("New category")
    return show("category", "category", heading, 422 if problems else 200, **more)


def _parents(sheet: dict[str, Any] | None) -> list[tuple[Any, str]]:
    """Where a category may hang: not below itself."""
    return [
        ("", _("at the top")),
        *((at, title) for at, title in service.category_choices() if not sheet or at != sheet["id"]),
    ]


def _previews(known: dict[str, Any]) -> dict[str, Any]:
    """Texts by language as the shop would show them, made harmless."""
    return {code: as_markup(sanitize(known.get(f"description_{code}") or "")) for code in codes()}


@blueprint.post("/console/categories/<int:category_id>/move")
@staff("products.write")
def category_move(category_id: int) -> Answer:
    """One place up or down among its sisters."""
    step = STEPS.get(request.form.get("way", ""), 0)
    saved(Given({}), lambda tx: shelf_editing.step_category(tx, category_id, step))
    return go("categories", f"c-{category_id}")


@blueprint.post("/console/categories/<int:category_id>/picture")
@staff("products.write")
def category_picture(category_id: int) -> Answer:
    """A picture of its own, or none."""
    prepared, refused = prepared_files(request.files.getlist("picture")[:1])
    picture = prepared[0] if prepared else None
    if picture is None and not request.form.get("remove"):
        flash(refused[0] if refused else _("Please choose at least one picture."))
    else:
        saved(Given({}), lambda tx: shelf_editing.hang_category_picture(tx, category_id, picture))
        flash(_("Saved."))
    return go("category", category_id=category_id)


@blueprint.post("/console/categories/<int:category_id>/remove")
@staff("products.write")
def category_remove(category_id: int) -> Answer:
    """Take an empty category away."""
    _done, problems = saved(Given({}), lambda tx: shelf_editing.remove_category(tx, category_id))
    flash(next(iter(problems.values())) if problems else _("The category is gone."))
    return go("category", category_id=category_id) if problems else go("categories")


# --- pages and menus --------------------------------------------------------------------------------------


@blueprint.get("/console/pages")
@staff("pages.write")
def pages() -> Answer:
    """Content pages and the menus that lead to them."""
    return _pages()


def _pages(wrong: dict[str, str] | None = None, menu: str = "") -> Answer:
    menus, mine = desk_shelves.menu_entries(), []
    shown = {name: _menu_fields(entries) for name, entries in menus.items() if name in MENU_NAMES}
    if wrong:
        mine = typed(shown[menu]) if isinstance(wrong, Stale) else []
        if not isinstance(wrong, Stale):
            shown[menu] = {**request.form.to_dict(), "rows": _rows_sent() or shown[menu]["rows"]}
    more: dict[str, Any] = {"menus": shown, "menu_names": MENU_NAMES, "wrong": wrong or {}, "mine": mine}
    more["seen"] = {name: desk_shelves.menu_seen(name) for name in shown}
    return show(
        "pages", "pages", _("Pages and menus"), 422 if wrong else 200, pages=desk_shelves.pages(), **more
    )


def _rows_sent() -> int:
    """How many rows the form said it had, as far as that can be; 0 for what is no such number."""
    return min(max(Given(request.form).whole("rows", empty=0) or 0, 0), shelf_editing.MOST_ENTRIES)


def _menu_fields(entries: list[dict[str, Any]]) -> dict[str, Any]:
    shown: dict[str, Any] = {"rows": len(entries) + SPARE_ENTRIES}
    for place, entry in enumerate(entries):
        shown[f"place_{place}"], shown[f"target_{place}"] = place + 1, entry["target"]
        shown.update({f"title_{place}_{code}": title for code, title in entry["titles"].items()})
    return shown


@blueprint.post("/console/menus/<menu>")
@staff("pages.write")
def menu_save(menu: str) -> Answer:
    """The whole menu: an empty row is taken away, numbers put it in order."""
    if menu not in MENU_NAMES:
        raise NotFound()
    given = Given(request.form)
    rows = []
    for at in range(min(given.whole("rows", empty=0), shelf_editing.MOST_ENTRIES)):
        titles = {code: given.text(f"title_{at}_{code}", 255) for code in codes()}
        titles = {code: title for code, title in titles.items() if title}
        target = given.text(f"target_{at}", 500).removeprefix("/")
        if target or titles:
            rows.append((given.whole(f"place_{at}", empty=999), at, target, titles))
    entries = [(target, titles) for _place, _at, target, titles in sorted(rows, key=lambda row: row[:2])]
    _done, problems = saved(given, lambda tx: shelf_editing.save_menu(tx, menu, entries, given.text("seen")))
    if problems:
        return _pages(problems, menu)
    flash(_("Saved. The shop shows it at once."))
    return go("pages", f"menu-{menu}")


@blueprint.route("/console/pages/new", methods=["GET", "POST"])
@staff("pages.write")
def page_new() -> Answer:
    """A content page that was not there."""
    return _page(None, {"slug": request.args.get("slug", "")[:160]})


@blueprint.route("/console/pages/<int:page_id>", methods=["GET", "POST"])
@staff("pages.write")
def page(page_id: int) -> Answer:
    """One content page in each language, with how it will look."""
    return _page(*_page_known(page_id))


def _page_known(page_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the page, the fields of its form)."""
    sheet = desk_shelves.page_sheet(page_id)
    seen = desk_shelves.page_seen(page_id)
    return sheet, {"slug": sheet["slug"], "seen": seen, **_text_fields(sheet)}


def _page(sheet: dict[str, Any] | None, known: dict[str, Any]) -> Answer:
    if request.method != "POST":
        return _page_shown(sheet, known)
    given = Given(request.form)
    texts = forms.titled_texts(given, codes())
    if given.yes("look"):
        clean = {f"description_{code}": text["description"] for code, text in texts.items()}
        return _page_shown(sheet, {**request.form.to_dict(), **clean}, looking=True)
    new, problems = _save_page(given, sheet, texts)
    if new:
        flash(_("Saved. The shop shows it at once."))
        return go("page", page_id=new)
    if sheet and isinstance(problems, Stale):
        sheet, known = _page_known(sheet["id"])
        return _page_shown(sheet, known, problems, typed(known))
    return _page_shown(sheet, request.form.to_dict(), problems)


def _page_shown(
    sheet: dict[str, Any] | None,
    known: dict[str, Any],
    problems: Mapping[str, str] | None = None,
    mine: Sequence[str] = (),
    *,
    looking: bool = False,
) -> Answer:
    """The form with what is `known`; `mine` was typed into one that was out of date."""
    title = known.get(f"title_{codes()[0]}") or (sheet["slug"] if sheet else "")
    more: dict[str, Any] = {
        "sheet": sheet,
        "known": known,
        "wrong": problems or {},
        "looking": looking,
        "mine": mine,
    }
    heading = title if sheet and title else _("New page")
    return show("page", "page", heading, 422 if problems else 200, previews=_previews(known), **more)


def _save_page(given: Given, sheet: dict[str, Any] | None, texts: shelf_editing.Texts) -> Any:
    at, slug, seen = sheet["id"] if sheet else None, given.text("slug", 160), given.text("seen")
    return saved(given, lambda tx: shelf_editing.save_content_page(tx, at, slug, texts, seen))


@blueprint.post("/console/pages/<int:page_id>/remove")
@staff("pages.write")
def page_remove(page_id: int) -> Answer:
    """Take a content page away."""
    saved(Given({}), lambda tx: shelf_editing.remove_content_page(tx, page_id))
    flash(_("The page is gone."))
    return go("pages")
