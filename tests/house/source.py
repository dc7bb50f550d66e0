"""What the house rules look at: the tracked source files, parsed."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("storefront", "recommender", "plugins")


@dataclass(frozen=True)
class Source:
    """One Python file: `path` as from the root of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def package(self) -> str:
        """`storefront.catalog.service` for storefront/catalog/service/search.py."""
        return ".".join(Path(self.path).parent.parts)

    @property
    def feature(self) -> str | None:
        """The feature (or core) that the file belongs to; None for files of storefront itself."""
        parts = Path(self.path).parts
        return parts[1] if parts[0] == "storefront" and len(parts) > 2 else None

    @property
    def layer(self) -> str | None:
        """`service` for catalog/service.py and catalog/service/search.py."""
        parts = Path(self.path).parts
        return Path(parts[2]).stem if parts[0] == "storefront" and len(parts) > 2 else None

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every imported name in full (`a.b.c` for `from a.b import c`), with its line."""
        hidden = {id(n) for n in self._type_checking() for n in ast.walk(n)}
        for node in ast.walk(self.tree):
            if id(node) in hidden:
                continue
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parents = Path(self.path).parent.parts[
                        : len(Path(self.path).parent.parts) - node.level + 1
                    ]
                    base = ".".join([*parents, base] if base else parents)
                yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)

    def _type_checking(self) -> Iterator[ast.If]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield node

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the dotted name of what is called (`datetime.now`); '' where it has none."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func), node

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain that starts with a name; '' otherwise."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else [""]), *reversed(parts)])


def tracked() -> tuple[str, ...]:
    """Files under version control, and new ones that are not ignored; without git, what lies there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listing.returncode == 0:
        return tuple(name for name in listing.stdout.splitlines() if (ROOT / name).is_file())
    skipped = {".git", ".venv", "__pycache__", "build", "dist"}
    files = (p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file())
    return tuple(str(p) for p in files if not skipped & set(p.parts) and "egg-info" not in str(p))


def sources(*folders: str) -> list[Source]:
    """The Python files of `folders` (default: the shop, the engine, the bundled plugins)."""
    wanted = tuple(f"{folder}/" for folder in folders or OURS)
    return [
        Source(name, (ROOT / name).read_text(encoding="utf-8"))
        for name in tracked()
        if name.endswith(".py") and name.startswith(wanted)
    ]


def broken(findings: Iterable[str], rule: str) -> None:
    """Fail with the rule and every place that breaks it."""
    found = list(findings)
    assert not found, f"{rule}\n  " + "\n  ".join(found)
