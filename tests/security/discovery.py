"""Every form of the shop, found by walking through its pages, and what a browser would send from it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from tests.pages.walking import OWN, inside
from tests.security.town import Person, Town

# What ends the session that all others need, or takes people away; tried by itself.
LAST = re.compile(r"/logout$|/erase$|/sign-ins/end-all$|/account/login$|/console/first/|/console/join/")


@dataclass(frozen=True)
class Form:
    """One form as it stood on a page: `fields` as a browser would send them unchanged."""

    page: str
    action: str
    fields: tuple[tuple[str, str], ...] = field(compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _value in self.fields))

    @property
    def values(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name, []).append(value)
        return found

    @property
    def shape(self) -> tuple[str, tuple[str, ...]]:
        """Forms of one shape do the same: ids in the address aside."""
        path = re.sub(r"[0-9A-Za-z_-]{12,}|R-\w+|\b\d+\b", "*", urlsplit(self.action).path)
        return path, tuple(sorted({re.sub(r"\d+", "*", name) for name in self.names}))


def forms_of(person: Person, paths: Iterable[str]) -> list[Form]:
    """One form of each shape that this person sees on these pages."""
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for path in paths:
        answer = person.get(path)
        if answer.mimetype != "text/html":
            continue
        soup = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
        for element in soup.find_all("form"):
            if (element.get("method") or "get").lower() == "post":
                for form in _sent(path, element, soup):
                    found.setdefault(form.shape, form)
    return list(found.values())


def _sent(page: str, element: Tag, soup: BeautifulSoup) -> list[Form]:
    """A form for each of its buttons that sends somewhere else or says something else."""
    inputs = element.find_all(["input", "select", "textarea"])
    if element.get("id"):
        inputs += [one for one in soup.find_all(attrs={"form": element["id"]}) if one.name != "button"]
    fields = [pair for one in inputs for pair in _pairs(one)]
    buttons = [one for one in element.find_all("button") if one.get("type", "submit") == "submit"]
    actions = {one.get("formaction") or element.get("action") or page for one in buttons or [element]}
    named = tuple((one["name"], one.get("value", "")) for one in buttons if one.get("name"))
    return [
        Form(page, inside(page, urljoin(OWN + page, action)) or "/", tuple(fields) + named[:1])
        for action in sorted(actions)
    ]


def _pairs(one: Tag) -> list[tuple[str, str]]:
    name = one.get("name")
    if not name or one.get("type") in {"submit", "file", "image"}:
        return []
    if one.name == "select":
        options = one.find_all("option")
        chosen = [o for o in options if o.has_attr("selected")] or options[:1]
        return [(name, o.get("value", o.get_text())) for o in chosen]
    if one.name == "textarea":
        return [(name, one.get_text())]
    return [(name, one.get("value", "on"))]  # ticked, too: what is not ticked is not sent


def pages(place: Town, person: Person) -> list[str]:
    """Every page that this person may open, and the states of some that have a form only then."""
    for_staff = person.name not in {"anonymous", "anna", "bert"}
    known = [
        path
        for route, path in place.routes()
        if route.method == "GET" and (route.audience == "owner") == for_staff and route.audience != "operator"
    ]
    return [*known, *(() if for_staff else ("/p/gone", f"/orders/{place.orders['sent'].public_token}"))]
