"""Texts that come from outside: HTML made harmless, cut to length, fitted to the head of a page."""

from __future__ import annotations

import html
import re

import nh3
from markupsafe import Markup

TITLE_LENGTH, DESCRIPTION_LENGTH = 60, 155
TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "hr", "i",
    "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th",
    "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PART = re.compile(r"<h[2-6]\b", re.IGNORECASE)
_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)


def sanitize(text: str) -> str:
    """HTML that may stand in a page: known tags only, no scripts, no styles, links that pass on nothing.

    A first-level heading becomes a second: the page has its own.
    """
    lowered = _HEADING.sub(r"<\1h2", text.replace("\x00", ""))
    return nh3.clean(
        lowered,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener",
    )


def as_markup(clean: str) -> Markup:
    """Text that `sanitize` let through, as markup. It is stored clean, so it is not cleaned again here."""
    return Markup(clean)  # noqa: S704


def plain_text(clean: str) -> str:
    """The words of an HTML text, in one line."""
    return " ".join(html.unescape(_TAG.sub(" ", clean)).split())


def opening(clean: str) -> str:
    """The words before the first heading: what a text begins with, without the titles of its parts."""
    return plain_text(_PART.split(clean, maxsplit=1)[0]) or plain_text(clean)


def shorten(text: str, length: int) -> str:
    """`text` in at most `length` characters, cut between words where that is possible."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    head, space, _rest = cut.rpartition(" ")
    return (head if space and len(head) > length // 2 else cut).rstrip(" ,.;:，。、") + "…"


def page_title(title: str, shop: str) -> str:
    """The title of a page with the shop's name behind it as long as both fit into 60 characters."""
    joined = f"{title} · {shop}"
    return joined if len(joined) <= TITLE_LENGTH else shorten(title, TITLE_LENGTH)


def one_line(text: str, length: int) -> str:
    """A field of one line: without control characters, with single spaces, cut at `length`."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())[:length]
