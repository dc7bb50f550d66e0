"""The hand that draws the product pictures: palette, cut-paper strokes, shadow, grain.

Paths are written plainly and then cut "by hand": each control point moves along one smooth field (`wob`),
so neighbouring shapes lean the same way. The rules of the hand are in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, sin

from svgelements import Close, CubicBezier, Line, Move, Path

Colour = str
Point = tuple[float, float]

P: dict[str, Colour] = {
    "cream": "#fff6e4", "white": "#fffdf8", "ink": "#2e2723", "dark": "#453d39",
    "green": "#1f6654", "green2": "#5aa08a", "gold": "#d9952b", "gold2": "#f3c873",
    "clay": "#c4553a", "clay2": "#eb9a7e", "sky": "#3a6d97", "sky2": "#93bcd8",
    "rose": "#e6aaa7", "lilac": "#83719f", "lilac2": "#c3b6d8", "sand": "#dcc7a3",
    "wood": "#ab764a", "steel": "#a9b2b8", "steel2": "#dfe5e6",
}  # fmt: skip
THINGS: dict[str, Callable[..., str]] = {}
SWAY = 0.78
_clips = [0]


def art(drawing: Callable[..., str]) -> Callable[..., str]:
    """Puts a drawing on the list under its own name; its two arguments are main and second colour."""
    THINGS[drawing.__name__] = drawing
    return drawing


def start(first_clip: int = 0) -> None:
    """Resets the numbering of clip shapes: once per file, further on for each thing of a scene."""
    _clips[0] = first_clip


def _sway(x: float, y: float) -> Point:
    return (
        SWAY * (1.9 * sin(x * 0.047 + y * 0.029 + 1.3) + 1.1 * sin(y * 0.083 - x * 0.037 + 0.5)),
        SWAY * (1.9 * sin(y * 0.043 - x * 0.033 + 2.1) + 1.1 * sin(x * 0.079 + y * 0.041 + 4)),
    )


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _point(x: float, y: float) -> str:
    dx, dy = _sway(x, y)
    return f"{_number(x + dx)} {_number(y + dy)}"


def _line(start_at: Point, end_at: Point) -> list[str]:
    """A straight edge in pieces of about 46 units, so that it bends with the field."""
    (ax, ay), (bx, by) = start_at, end_at
    length = hypot(bx - ax, by - ay)
    if length <= 0.01:
        return []

    def along(t: float) -> str:
        return _point(ax + (bx - ax) * t, ay + (by - ay) * t)

    pieces = max(1, round(length / 46))
    if length < 14:
        return ["L" + along((i + 1) / pieces) for i in range(pieces)]
    return ["C" + " ".join(along((i + j) / pieces) for j in (1 / 3, 2 / 3, 1)) for i in range(pieces)]


def wob(d: str) -> str:
    """The path `d` cut by hand: every control point moves along one smooth field."""
    path = Path(d)
    path.approximate_arcs_with_cubics()
    out: list[str] = []
    for part in path:
        if isinstance(part, Move):
            out.append("M" + _point(*part.end))
        elif isinstance(part, CubicBezier):
            out.append("C" + " ".join(_point(*q) for q in (part.control1, part.control2, part.end)))
        elif isinstance(part, (Close, Line)):
            if part.start is not None and part.end is not None:
                out += _line(tuple(part.start), tuple(part.end))
            if isinstance(part, Close) or part.end is None:
                out.append("Z")
        else:
            raise ValueError(f"a drawing may not use {type(part).__name__}")
    return "".join(out)


def rr(x: float, y: float, w: float, h: float, r: float) -> str:
    """Path of a box with round corners."""
    a = f"a{r} {r} 0 0 1"
    return (
        f"M{x + r} {y}h{w - 2 * r}{a} {r} {r}v{h - 2 * r}{a}-{r} {r}h-{w - 2 * r}{a}-{r}-{r}"
        f"v-{h - 2 * r}{a} {r}-{r}z"
    )


def ci(x: float, y: float, r: float) -> str:
    """Path of a circle."""
    return f"M{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z"


def el(x: float, y: float, rx: float, ry: float) -> str:
    """Path of an ellipse."""
    return f"M{x - rx} {y}a{rx} {ry} 0 1 0 {2 * rx} 0a{rx} {ry} 0 1 0-{2 * rx} 0z"


def p(d: str, fill: Colour, opacity: float | None = None, extra: str = "") -> str:
    """A flat piece of paper."""
    see = f' opacity="{opacity}"' if opacity else ""
    return f'<path d="{wob(d)}" fill="{P.get(fill, fill)}"{see}{extra}/>'


def st(d: str, colour: Colour, width: float = 5, opacity: float | None = None, extra: str = "") -> str:
    """A line with round ends: for straps, laces, cables, text."""
    see = f' opacity="{opacity}"' if opacity else ""
    return (
        f'<path d="{wob(d)}" fill="none" stroke="{P.get(colour, colour)}" stroke-width="{width}" '
        f'stroke-linecap="round" stroke-linejoin="round"{see}{extra}/>'
    )


def ob(
    d: str,
    fill: Colour,
    sx: float | None = None,
    hl: tuple[float, float] | None = None,
    so: float = 0.15,
    extra: str = "",
    dark: Colour = "#1d1410",
) -> str:
    """A large piece: shade from `sx` to the right, a lit band `hl` = (x, width), `extra` clipped to the piece."""
    base = p(d, fill)
    if sx is None and hl is None and not extra:
        return base
    _clips[0] += 1
    clip = f"c{_clips[0]}"
    parts = [base, f'<clipPath id="{clip}"><path d="{wob(d)}"/></clipPath><g clip-path="url(#{clip})">', extra]
    if sx is not None:
        parts.append(f'<rect x="{sx}" y="0" width="400" height="400" fill="{dark}" opacity="{so}"/>')
    if hl:
        parts.append(f'<rect x="{hl[0]}" y="0" width="{hl[1]}" height="400" fill="#fff" opacity=".32"/>')
    return "".join(parts) + "</g>"


def sh(x1: float, x2: float, y: float = 322, reach: float = 46, h: float = 17) -> str:
    """The cast shadow on the shelf, falling right."""
    return (
        f'<path d="M{x1} {y}L{x2} {y}C{x2 + reach} {y} {x2 + reach + 8} {y + h} {x2 + reach - 22} {y + h}'
        f'L{x1 + 22} {y + h}C{x1 + 2} {y + h} {x1 - 6} {y + h - 6} {x1} {y}Z" fill="#2a1a0c" opacity=".17"/>'
    )


def rot(angle: float, x: float, y: float, inner: str) -> str:
    """`inner` turned by `angle` degrees about a point."""
    return f'<g transform="rotate({angle} {x} {y})">{inner}</g>'


def at(x: float, y: float, inner: str, scale: float = 1, angle: float = 0) -> str:
    """`inner`, drawn about the origin, put at a place."""
    turn = f" rotate({angle})" if angle else ""
    size = f" scale({scale})" if scale != 1 else ""
    return f'<g transform="translate({x} {y}){turn}{size}">{inner}</g>'
