"""Walking through a shop: every link of every page, a few of each kind where there are thousands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, NavigableString, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.core.routes import classified_routes

OWN = "http://127.0.0.1:5000"
# (element, attribute) that lead on. Forms that only ask (GET) are walked too, without words.
LEADING = (
    ("a", "href"),
    ("link", "href"),
    ("img", "src"),
    ("script", "src"),
    ("form", "action"),
    ("source", "srcset"),
)
SPOKEN = ("alt", "title", "aria-label", "aria-description", "placeholder")
ENOUGH = 4  # pages of one shape (rule and names in the query)


@dataclass(frozen=True)
class Visit:
    """One page as it was answered."""

    path: str
    response: TestResponse

    @property
    def is_html(self) -> bool:
        return self.response.mimetype == "text/html"

    @cached_property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.response.get_data(as_text=True), "html.parser")


def walk(
    client: FlaskClient,
    start: str = "/",
    more: Iterable[str] = (),
    follow: Callable[[str], bool] = lambda _path: True,
) -> list[Visit]:
    """Follow every link of this shop from `start` and `more` that `follow` accepts; at most ENOUGH pages of
    one shape."""
    todo, seen, shapes = [start, *more], set(), Counter()
    visits: list[Visit] = []
    while todo:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        if path not in more and path != start:
            shapes[shape(path)] += 1
            if shapes[shape(path)] > ENOUGH:
                continue
        visit = Visit(path, client.get(path, base_url=OWN))
        visits.append(visit)
        location = visit.response.headers.get("Location")
        found = [location] if location else links(visit)
        todo += [link for link in (inside(path, link) for link in found) if link and follow(link)]
    return visits


def shape(path: str) -> str:
    """`/c/*?page` for /c/books?page=2: what kind of page it is."""
    parts = urlsplit(path)
    words = parts.path.split("/")
    # The last part names the thing; the folders before it are the kind.
    kind = "/".join([*words[:-1], "*"]) if len(words) > 2 else parts.path
    return f"{kind}?{'&'.join(sorted({name for name, _ in parse_qsl(parts.query)}))}"


def links(visit: Visit) -> Iterator[str]:
    """Where a page leads."""
    if not visit.is_html:
        return
    for name, attribute in LEADING:
        for element in visit.soup.find_all(name):
            if name == "form" and (element.get("method") or "get").lower() != "get":
                continue
            value = element.get(attribute)
            if value:
                yield value.split(",")[0].split(" ")[0]


def inside(base: str, link: str) -> str | None:
    """The path of a link within this shop, without its fragment; None for the world outside."""
    parts = urlsplit(urljoin(OWN + base, link))
    if f"{parts.scheme}://{parts.netloc}" != OWN:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def texts(visit: Visit) -> Iterator[tuple[str, Tag]]:
    """What a page says, text by text, with the element that says it; foreign languages left out."""
    soup = visit.soup
    language = "zh-CN" if visit.path.startswith("/zh") else "en"
    for node in soup.find_all(string=True):
        if isinstance(node, Comment | Doctype) or node.parent.name in {"script", "style"}:
            continue
        if spoken_in(node.parent) in {language, None} and node.strip():
            yield clean(node), node.parent
    for element in soup.find_all(True):
        for name in SPOKEN:
            if element.get(name) and spoken_in(element) in {language, None}:
                yield clean(element[name]), element
    for name in ("description", "og:title", "og:description"):
        for meta in soup.find_all("meta", attrs={"name": name}) + soup.find_all(
            "meta", attrs={"property": name}
        ):
            yield clean(meta.get("content", "")), meta


def clean(text: str | NavigableString) -> str:
    return " ".join(text.split())


def spoken_in(element: Tag) -> str | None:
    """The language that an element's text is marked with; names and addresses (translate="no") have none of
    their own and count as foreign everywhere."""
    for parent in (element, *element.parents):
        if parent.get("translate") == "no":
            return "names"
        if parent.get("lang"):
            return parent["lang"]
    return None


# --- where to begin ---------------------------------------------------------------------------------------

KNOWN = {"/p/<": "/p/choices", "/c/<": "/c/books-shelf", "/pages/<": "/pages/delivery"}


def samples(app: Flask) -> list[str]:
    """Addresses that no link leads to: samples of the table of routes, and what only machines ask for.

    The console has a walk of its own.
    """
    found = [
        "/search?q=thing",
        "/search?q=qqqqzzzz",
        "/search/suggest?q=thing",
        "/search/suggest?q=东西",
        "/nowhere",
    ]
    for route in classified_routes(app).routes:
        if route.audience == "owner":
            continue
        if route.method == "GET" and not route.rule.startswith("/media/"):  # pages lead to pictures
            known = next((path for start, path in KNOWN.items() if route.rule.startswith(start)), None)
            found.append(known or filled(route.rule, route.sample))
    return list(dict.fromkeys(found))


def filled(rule: str, sample: dict) -> str:
    """The rule with its sample parameters in place."""
    return re.sub(r"<[^>]*?(\w+)>", lambda match: str(sample.get(match[1], "1")), rule)


def rule_of(app: Flask, path: str) -> str:
    """The rule that answers a path, whatever its language."""
    bare = path.split("?")[0].removeprefix("/zh") or "/"
    return app.url_map.bind("127.0.0.1:5000").match(bare, "GET", return_rule=True)[0].rule
