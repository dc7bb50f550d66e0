"""Draws the product pictures: one .svg per thing and colourway, and the second views made of them.

    pip install svgelements
    python draw.py            draws every thing once, as it is kept in this folder
    python draw.py bottle-sky bottle-with-teddy camera-near

A name says what is in the picture: `thing`, `thing-colour`, `A-with-B` (two things on one shelf) or `A-near`
(close by). README.md has the rules of the hand.
"""

from __future__ import annotations

import csv
import sys
from importlib import import_module
from pathlib import Path

from hand import THINGS, Colour, start

HERE = Path(__file__).parent
for _things in ("things_first", "things_baby_books", "things_tech_sport", "things_home_garden"):
    import_module(_things)  # importing a file of things puts them on the list

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
    "headphones": {"green": ("green", "dark"), "gold": ("gold", "dark")},
    "shoes": {"sky": ("sky", "gold2")},
    "mug": {"sky": ("sky2", "clay"), "gold": ("gold2", "green"), "green": ("green2", "cream")},
    "mat": {"green": ("green", "green2"), "plum": ("lilac", "lilac2"), "sky": ("sky", "sky2"),
            "clay": ("clay", "clay2")},
    "gift": {"green": ("green2", "gold"), "sky": ("sky2", "clay"), "gold": ("gold2", "clay")},
    "laptop": {"ink": ("dark", "lilac"), "steel": ("steel2", "sky")},
    "camera": {"steel": ("steel", "dark"), "cream": ("wood", "steel2")},
    "nappies": {"sky": ("sky2", "sky")},
    "pills": {"sky": ("white", "sky"), "clay": ("white", "clay")},
    "software": {"sky": ("sky", "gold2"), "clay": ("clay", "cream")},
    "teddy": {"wood": ("#c98f56", "#efd2a4"), "cream": ("#e3d2ae", "#fff6e4")},
    "pram": {"sky": ("sky", "clay")},
    "blanket": {"cream": ("cream", "clay"), "mint": ("green2", "gold2"), "ice": ("sky2", "clay")},
    "projector": {"white": ("white", "clay"), "sand": ("sand", "green")},
    "charger": {"white": ("white", "clay")},
    "tower": {"ink": ("dark", "sky2"), "white": ("white", "sky2")},
    "kettle": {"clay": ("clay", "dark"), "green": ("green", "dark"), "cream": ("#efe0c4", "dark"),
               "sky": ("sky", "dark")},
    "secateurs": {"clay": ("clay", "steel2"), "green": ("green", "steel2")},
    "birdhouse": {"wood": ("wood", "clay"), "green": ("green", "clay"), "sky": ("sky", "clay")},
    "puzzle": {"sky": ("sky", "gold2")},
    "press": {"green": ("green", "steel"), "clay": ("clay", "steel")},
    "hotbottle": {"clay": ("clay", "cream"), "green": ("green", "cream"), "cream": ("#efe0c4", "clay")},
    "cushion": {"gold": ("gold", "cream"), "plum": ("lilac", "cream"), "green": ("green", "cream"),
                "clay": ("clay", "cream")},
    "gloves": {"green": ("green", "cream"), "gold": ("gold2", "green")},
    "jacket": {"gold": ("gold", "dark"), "sky": ("sky", "dark"), "green": ("green", "dark")},
    "socks": {"clay": ("clay", "cream"), "sky": ("sky", "cream")},
    "flask": {"green": ("green", "steel2"), "clay": ("clay", "cream"), "sky": ("sky", "cream")},
    "towel": {"sky": ("sky", "cream"), "mint": ("green2", "cream"), "cream": ("#efe0c4", "clay"),
              "clay": ("clay", "cream"), "sand": ("sand", "cream"), "gold": ("gold2", "cream")},
    "bowl": {"sky": ("sky", "cream"), "clay": ("clay", "cream"), "cream": ("#efe0c4", "white"),
             "mint": ("green2", "cream")},
    "toaster": {"cream": ("cream", "clay"), "sky": ("sky", "cream"), "clay": ("clay", "cream")},
    "scales": {"cream": ("#efe0c4", "clay")},
    "highchair": {"wood": ("wood", "green2"), "white": ("white", "green2")},
    "wrap": {"green": ("green", "gold"), "gold": ("gold2", "clay")},
    "helmet": {"cream": ("#efe0c4", "clay")},
    "pen": {"green": ("green", "gold")},
    "duck": {"gold": ("gold2", "clay")},
    "printer": {"ink": ("dark", "sky2")},
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
    behind = _placed(_body(other), 287, 0.52)
    start(200)
    return behind + _placed(_body(main), 140, 0.76)


def _near(name: str) -> str:
    x, y = NEAR.get(name.partition("-")[0], (190, 215))
    start()
    return f'<g transform="translate(200 205) scale(1.85) translate({-x} {-y})">{_body(name)}</g>'


def _pieces(name: str) -> str:
    if "-with-" in name:
        return _beside(*name.split("-with-"))
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
    for wanted in sys.argv[1:] or THINGS:
        draw(wanted)
