"""Sizes: a function, a file, a view that grew past one and a half budgets fails; the list starts empty."""

from __future__ import annotations

import pytest

from tests.house.sizes import BUDGET, TOLERANCE, above, measure
from tests.house.source import Source, broken

# (start of the line that is reported) -> why it is right as it is
EXCEPTIONS: dict[str, str] = {}


def test_nothing_is_far_above_its_budget():
    found = (str(size) for size in above(TOLERANCE))
    broken(
        (line for line in found if not line.startswith(tuple(EXCEPTIONS))) if EXCEPTIONS else found,
        "Too large",
    )


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("lines", "def f():\n" + "    x = 1\n" * 61, 62),
        ("lines", 'def f():\n    """Two\n\n    lines."""\n    x = 1\n', 2),
        ("file", "x = 1\n" * 700, 700),
        ("complexity", "def f(a):\n" + "    if a and a: pass\n" * 7, 15),
        ("nesting", "def f(a):\n if a:\n  for b in a:\n   with b:\n    while a:\n     if b: pass\n", 5),
        ("nesting", "def f(a):\n if a: pass\n elif a: pass\n elif a: pass\n else: pass\n", 1),
        ("positional", "def f(self, a, b, c, d, e, f, g, h, *, i): pass\n", 8),
        ("view", "@blueprint.get('/')\ndef home():\n" + "    x = 1\n" * 39, 40),
    ],
)
def test_sizes_are_measured(kind, text, value):
    sizes = {size.kind: size.value for size in measure(Source("storefront/a/views.py", text))}
    assert sizes[kind] == value


def test_a_seeded_giant_is_above_the_limit():
    giant = Source("storefront/a/service.py", "def f():\n" + "    x = 1\n" * 61)
    assert any(size.over > TOLERANCE for size in measure(giant))
    assert BUDGET["lines"] == 40
