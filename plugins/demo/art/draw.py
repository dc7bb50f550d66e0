"""Draws the product pictures: one .svg per thing and colourway, and the second views made of them.

    pip install svgelements
    python draw.py            draws every picture that ../catalogue.csv names
    python draw.py bottle-sky bottle-with-teddy camera-near mug-row-gold-sky

A name says what is in the picture: `thing`, `thing-colour`, `A-with-B` (two things on one shelf),
`A-near` (close by), `thing-row-c1-c2` (its colours side by side). README.md has the rules of the hand.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import things_baby_books
import things_first  # noqa: F401  (importing a file of things puts them on the list)
import things_home_garden
import things_tech_sport  # noqa: F401
from hand import THINGS, Colour, start

HERE = Path(__file__).parent
__all__ = ["draw", "named_in"]
_ = (things_baby_books, things_home_garden)

GRAIN = (
    '<filter id="grain" filterUnits="userSpaceOnUse" x="0" y="0" width="400" height="400" '
    'color-interpolation-filters="sRGB"><feTurbulence type="fractalNoise" baseFrequency=".7" numOctaves="2" '
    'seed="4"/><feColorMatrix values="0 0 0 0 .2 0 0 0 0 .14 0 0 0 0 .08 0 0 0 -2.6 1.5"/>'
    '<feComposite in2="SourceGraphic" operator="in" result="g"/><feComponentTransfer in="g" result="dust">'
    '<feFuncA type="linear" slope=".14"/></feComponentTransfer><feMerge><feMergeNode in="SourceGraphic"/>'
    '<feMergeNode in="dust"/></feMerge></filter>'
)
BEAMS = (
    '<linearGradient id="beam" x2="0" y2="1"><stop stop-color="#f3c873" stop-opacity=".62"/>'
    '<stop offset="1" stop-color="#f3c873" stop-opacity=".1"/></linearGradient>'
    '<linearGradient id="ray" x1="1" x2="0"><stop stop-color="#f3c873" stop-opacity=".7"/>'
    '<stop offset="1" stop-color="#f3c873" stop-opacity="0"/></linearGradient>'
)
WAYS: dict[str, tuple[Colour, Colour]] = {
    "green": ("green", "gold2"), "clay": ("clay", "gold2"), "sky": ("sky", "sand"), "plum": ("lilac", "rose"),
    "gold": ("gold", "cream"), "ink": ("dark", "gold2"), "cream": ("#efe0c4", "wood"), "rose": ("rose", "clay"),
    "sand": ("sand", "green"), "white": ("white", "sky"), "mint": ("green2", "gold"), "ice": ("sky2", "clay"),
    "steel": ("steel", "clay"), "wood": ("wood", "gold2"), "lilac": ("lilac2", "lilac"),
}  # fmt: skip
OWN_WAYS: dict[str, dict[str, tuple[Colour, Colour]]] = {
    "notebook": {"sky": ("sky", "gold2"), "green": ("green", "gold")},
    "textbook": {"sky": ("sky", "gold2"), "plum": ("lilac", "gold2"), "cream": ("#d9c39a", "clay")},
    "pencils": {"clay": ("clay", "sky2"), "sky": ("sky", "gold2")},
    "backpack": {"green": ("green", "gold"), "sky": ("sky", "clay")},
    "calculator": {"sky": ("sky", "gold"), "green": ("green", "gold"), "ink": ("dark", "gold")},
    "headphones": {"green": ("green", "dark"), "cream": ("#efe0c4", "wood"), "gold": ("gold", "dark")},
    "bottle": {"green": ("green", "gold2")},
    "shoes": {"sky": ("sky", "gold2")},
    "mug": {"sky": ("sky2", "clay"), "gold": ("gold2", "green"), "green": ("green2", "cream")},
    "mat": {"green": ("green", "green2"), "plum": ("lilac", "lilac2"), "sky": ("sky", "sky2"),
            "clay": ("clay", "clay2")},
    "gift": {"green": ("green2", "gold"), "sky": ("sky2", "clay"), "gold": ("gold2", "clay")},
    "laptop": {"ink": ("dark", "lilac"), "steel": ("steel2", "sky")},
    "camera": {"steel": ("steel", "dark"), "cream": ("wood", "steel2")},
    "nappies": {"green": ("green2", "green"), "rose": ("rose", "clay"), "gold": ("gold2", "gold"),
                "sky": ("sky2", "sky")},
    "pills": {"sky": ("white", "sky"), "clay": ("white", "clay"), "plum": ("white", "lilac"),
              "gold": ("white", "gold")},
    "software": {"green": ("green", "gold2"), "sky": ("sky", "gold2"), "clay": ("clay", "cream")},
}  # fmt: skip
NEAR: dict[str, tuple[float, float]] = {}  # where a close view looks, if not at the middle of the thing
FEET = 328


def _body(name: str) -> str:
    """The pieces of `thing` or `thing-colour`, in drawing units (feet at y = 328)."""
    thing, _, way = name.partition("-")
    drawing = THINGS[thing]
    if not way:
        return drawing()
    return drawing(*(OWN_WAYS.get(thing, {}).get(way) or WAYS[way]))


def _placed(body: str, x: float, scale: float) -> str:
    """A thing standing on the same shelf, its middle at `x`."""
    return f'<g transform="translate({x - 200 * scale:.1f} {FEET - FEET * scale:.1f}) scale({scale})">{body}</g>'


def _beside(main: str, other: str) -> str:
    start()
    behind = _placed(_body(other), 296, 0.6)
    start(200)
    return behind + _placed(_body(main), 152, 0.84)


def _row(thing: str, ways: list[str]) -> str:
    count = len(ways)
    scale = {2: 0.7, 3: 0.56}.get(count, 0.46)
    step = {2: 158, 3: 112}.get(count, 86)
    parts = []
    for i, way in enumerate(ways):
        start(100 * i)
        parts.append(_placed(_body(f"{thing}-{way}"), 200 + step * (i - (count - 1) / 2), scale))
    return "".join(parts)


def _near(name: str) -> str:
    x, y = NEAR.get(name.partition("-")[0], (190, 215))
    start()
    return f'<g transform="translate(200 205) scale(1.85) translate({-x} {-y})">{_body(name)}</g>'


def _pieces(name: str) -> str:
    if "-with-" in name:
        return _beside(*name.split("-with-"))
    if "-row-" in name:
        thing, ways = name.split("-row-")
        return _row(thing, ways.split("-"))
    if name.endswith("-near"):
        return _near(name.removesuffix("-near"))
    start()
    return _body(name)


def draw(name: str, folder: Path = HERE) -> Path:
    """Writes the picture `name` as .svg into `folder`; KeyError if nobody has drawn that thing."""
    body = f'<g filter="url(#grain)"><g transform="translate(-24 -43) scale(1.13)">{_pieces(name)}</g></g>'
    beams = BEAMS if "url(#beam)" in body or "url(#ray)" in body else ""
    file = folder / f"{name}.svg"
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400" role="img">'
        f"<title>{name.replace('-', ' ')}</title><defs>{GRAIN}{beams}</defs>{body}</svg>\n",
        encoding="utf-8",
    )
    return file


def named_in(catalogue: Path) -> list[str]:
    """Names of the pictures that a catalogue file refers to, without folder and ending."""
    with catalogue.open(encoding="utf-8", newline="") as file:
        return sorted({Path(row["picture"]).stem for row in csv.DictReader(file) if row["picture"]})


if __name__ == "__main__":
    for wanted in sys.argv[1:] or named_in(HERE.parent / "catalogue.csv"):
        draw(wanted)
