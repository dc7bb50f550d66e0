"""Blocks of the homepage as the templates print them. Frozen values, no web, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

# Content pages with these handles stand for promises that a shop makes; their icon on the homepage.
PROMISES = {"delivery": "truck", "returns": "rotate-ccw", "contact": "message-circle"}
SENTENCE_ENDS = "。！？!?"


@dataclass(frozen=True)
class Hero:
    """The shop window: words, and things standing on the board."""

    title: str
    lede: str
    lang: str | None
    hue: str
    hello: str
    actions: tuple[tuple[str, str], ...]
    scene: tuple[Any, ...]
    kind: str = "hero"
    note: Markup | None = None
    personal: bool = False
    note_links: tuple[tuple[str, str], ...] = ()
    leaf: Any = None


@dataclass(frozen=True)
class Alcoves:
    """The departments, each with a picture and a count."""

    items: tuple[Any, ...]
    title: str = ""
    kind: str = "categories"


@dataclass(frozen=True)
class NewThings:
    """Cards on a shelf, without reasons: what came in last."""

    items: tuple[Any, ...]
    title: str
    kind: str = "shelf"


@dataclass(frozen=True)
class Story:
    """A teaser of a content page."""

    title: str
    text: str
    url: str
    lang: str | None
    hue: str
    scene: tuple[Any, ...]
    kicker: str = ""
    link_label: str = ""
    kind: str = "story"


@dataclass(frozen=True)
class Promise:
    """One thing that one can count on."""

    icon: str
    title: str
    text: str
    url: str = ""


@dataclass(frozen=True)
class Promises:
    """What one can count on, from the shop's own pages."""

    items: tuple[Promise, ...]
    title: str = ""
    kind: str = "trust"


def first_sentences(text: str, most: int = 160) -> str:
    """The beginning of a text up to the end of a sentence, at most `most` characters."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = max(
        (place for place, sign in enumerate(text[:most]) if _ends(text, place, sign)),
        default=-1,
    )
    if cut > 20:
        return text[: cut + 1]
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _ends(text: str, place: int, sign: str) -> bool:
    return sign in SENTENCE_ENDS or (sign == "." and text[place + 1 : place + 2] in {" ", ""})


def window_hue(hues: Sequence[str | None], default: str = "books") -> str:
    """The wall of the window: that of most of the things in it."""
    known = [hue for hue in hues if hue]
    return max(known, key=known.count) if known else default
