"""S10, CPU: every regular expression of the code against texts made to hold it up."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import pytest

from tests.house.source import ROOT
from tests.security.amount import EVERYTHING

LENGTHS = (1_000, 10_000, 100_000)  # what is slow already over a few is not tried over many
LIMIT = 0.05
# Machines that run tests are busy: there a search may take four times as long. Backtracking takes hours.
PATIENCE = 1 if EVERYTHING else 4
CALLS = {"compile", "match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"}
# Repeated to the length, then something that lets no match end.
SEEDS = (
    "a", "A", "0", " ", "\t", "\n", "-", "_", ".", "/", "@", "a@", "a.", ".a", "a-", "0-", "1,", "1.", "(", "<", "<a ",
    "&#", "%", "%20", "\\", '"', "'", '="', "\u3000", "é", "中", "a b ", "\u202e", "x=", "?a&", "::", "[]", "{{", "a1",
)  # fmt: skip
END = "\x00"


def expressions():
    """(file and line, pattern, flags, how it is used) of every regular expression written in the code."""
    found = {}
    for folder in ("storefront", "recommender", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            links = {"_templates", "_migrations", "bundled"} & set(path.relative_to(ROOT).parts)
            if not links:
                for place, *expression in written(path):
                    found.setdefault(tuple(expression), place)
    return [(place, *expression) for expression, place in found.items()]


def written(path: Path):
    """Calls of `re` whose pattern can be read: a text, or texts put together."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    fields = {
        node.target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        called = node.func
        if isinstance(called.value, ast.Name) and called.value.id == "re" and called.attr in CALLS:
            given = node.args[0]
            if isinstance(given, ast.Attribute) and ast.unparse(given).startswith("self."):
                given = fields.get(given.attr, given)  # a pattern that is a field with a default
            pattern = literal(given)
            use = called.attr if called.attr != "compile" else use_of(tree, names.get(id(node), ""))
            if pattern is not None:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", pattern, flags_of(node), use


def use_of(tree, name):
    """How a compiled expression is used in its file: `match` when never otherwise, else `search`."""
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    return used.pop() if len(used) == 1 and used <= {"match", "fullmatch"} else "search"


def literal(node):
    """The pattern; a part that is only known at run time counts as one letter. None: a name, compiled elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "a" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal(node.left), literal(node.right)
        return (left or "a") + (right or "a") if left or right else None
    return None


def flags_of(call):
    names = {node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)} - CALLS
    flags = 0
    for name in names:
        flags |= getattr(re, name, 0) if name.isupper() else 0
    return int(flags)


def words_of(pattern):
    """What the pattern itself looks for, so that texts begin to match again and again."""
    words = dict.fromkeys(re.findall(r"[A-Za-z]{2,}", re.sub(r"\\.|\[[^]]*\]|\?P<\w+>", " ", pattern)))
    return [*list(words)[:3], *(f"{word} " for word in list(words)[:2])]


def slowest(pattern, flags, use):
    """The longest run of this pattern, and the text that it took so long over; ends with the first too long."""
    run = getattr(re.compile(pattern, flags), use if use in {"match", "fullmatch"} else "search")
    worst = (0.0, "")
    for seed in (*SEEDS, *words_of(pattern)):
        for length in LENGTHS:
            text = (seed * (length // len(seed) + 1))[:length] + END
            began = time.process_time()
            run(text)
            took = time.process_time() - began
            worst = max(worst, (took, f"{seed!r} to {length} characters"))
            if took > LIMIT * PATIENCE:
                return worst
    return worst


EXPRESSIONS = expressions()


def test_the_expressions_of_the_code_are_found():
    assert len(EXPRESSIONS) > 40
    assert any("core/" in place for place, *_rest in EXPRESSIONS)


def test_no_expression_is_passed_over():
    """Those that are made where they are used are read too; a pattern from elsewhere would be none of these."""
    places = {place.rpartition(":")[0] for place, *_rest in EXPRESSIONS}
    assert "storefront/ordering/rules/lines.py" in places


def test_a_bad_one_would_be_caught():
    took, text = slowest(r"\s+$", 0, "search")
    assert took > LIMIT, f"blank after blank is walked again from each: {text}"


@pytest.mark.parametrize(
    ("place", "pattern", "flags", "use"), EXPRESSIONS, ids=[place for place, *_rest in EXPRESSIONS]
)
def test_no_text_holds_it_up(place, pattern, flags, use):
    took, text = slowest(pattern, flags, use)
    assert took <= LIMIT * PATIENCE, f"{place}: {pattern!r} takes {took * 1000:.0f} ms over {text}"
