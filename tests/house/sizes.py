"""Sizes of functions and files. `python -m tests.house.sizes` lists what is above the budget."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.source import Source, sources

BUDGET = {"lines": 40, "file": 350, "complexity": 8, "nesting": 3, "view": 25, "positional": 5}
TOLERANCE = 1.5  # above the budget: a word in `make check`; above 1.5 times of it: a failure
_BRANCHES = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.IfExp,
    ast.Assert,
    ast.comprehension,
)
_NESTS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Size:
    where: str
    kind: str
    value: int

    @property
    def over(self) -> float:
        return self.value / BUDGET[self.kind]

    def __str__(self) -> str:
        return f"{self.where} {self.kind} {self.value} (budget {BUDGET[self.kind]})"


def measure(source: Source) -> Iterator[Size]:
    """Every size of one file."""
    yield Size(source.path, "file", len(source.text.splitlines()))
    for function in source.functions():
        where = f"{source.path}:{function.lineno} {function.name}"
        lines = _lines(function)
        yield Size(where, "lines", lines)
        yield Size(where, "complexity", complexity(function))
        yield Size(where, "nesting", nesting(function))
        yield Size(where, "positional", _positional(function))
        if source.layer in {"views", "owner"} and any(
            ".route" in d or ".get" in d or ".post" in d for d in _marks(function)
        ):
            yield Size(where, "view", lines)


def _lines(function: Function) -> int:
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def complexity(function: Function) -> int:
    """One, and one more for each branch; functions inside count by themselves."""
    total = 1
    for node in _own_nodes(function):
        total += isinstance(node, _BRANCHES)
        if isinstance(node, ast.BoolOp):
            total += len(node.values) - 1
        if isinstance(node, ast.match_case):
            total += 1
    return total


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        yield node
        todo.extend(ast.iter_child_nodes(node))


def nesting(node: ast.AST, depth: int = 0) -> int:
    """How deep blocks stand in each other; `elif` is no deeper than its `if`."""
    deepest = depth
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.FunctionDef | ast.ClassDef):
                continue
            chained = (
                name == "orelse"
                and isinstance(node, ast.If)
                and isinstance(child, ast.If)
                and len(value) == 1
            )
            deeper = depth + (isinstance(child, _NESTS) and not chained)
            deepest = max(deepest, nesting(child, deeper))
    return deepest


def _positional(function: Function) -> int:
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return len([name for name in names if name not in {"self", "cls"}])


def _marks(function: Function) -> list[str]:
    return [ast.unparse(mark) for mark in function.decorator_list]


def above(factor: float = 1.0) -> list[Size]:
    """What is above `factor` times its budget, the worst first."""
    found = [size for source in sources() for size in measure(source) if size.over > factor]
    return sorted(found, key=lambda size: -size.over)


if __name__ == "__main__":
    listed = above()
    print("\n".join(f"above the budget: {size}" for size in listed))
    sys.exit(1 if any(size.over > TOLERANCE for size in listed) else 0)
