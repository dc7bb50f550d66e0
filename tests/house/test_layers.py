"""Who may know whom: the contracts in setup.cfg hold, and each of them bites."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storefront.app import FEATURES
from tests.house.source import ROOT, Source, broken, sources

OWN_DOORS = {"service", "events", "errors", "rules"}


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of setup.cfg over the packages in `tree`."""
    program = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
    )


def test_every_contract_is_kept():
    answer = lint_imports(ROOT)
    assert answer.returncode == 0, answer.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the packages, to plant faults in."""
    tree = tmp_path_factory.mktemp("layers")
    for package in ("storefront", "recommender"):
        ignore = shutil.ignore_patterns("static", "translations", "__pycache__")
        shutil.copytree(ROOT / package, tree / package, ignore=ignore, symlinks=True)
    shutil.copy(ROOT / "setup.cfg", tree)
    return tree


@pytest.mark.parametrize(
    ("file", "planted", "rule"),
    [
        ("storefront/catalog/planted.py", "from storefront.customers import models", "stand before it"),
        ("storefront/core/planted.py", "import storefront.catalog.models", "stand before it"),
        ("storefront/forum/__init__.py", "", "stand before it"),
        ("storefront/inventory/rules.py", "import storefront.inventory.models", "Inside a feature"),
        ("storefront/journal/errors.py", "import storefront.journal.service", "Inside a feature"),
        ("recommender/planted.py", "import flask", "The engine knows"),
        ("recommender/planted.py", "import storefront.core.money", "The engine knows"),
        ("storefront/ordering/planted.py", "import recommender", "Only personalization"),
        ("storefront/ordering/rules.py", "from sqlalchemy import select", "Rules are pure"),
        ("storefront/catalog/rules/planted.py", "from storefront.core import clock", "Rules are pure"),
        ("storefront/catalog/planted.py", "def late():\n    import implicit", "Heavy libraries"),
        ("recommender/training/planted.py", "def late():\n    import pyspark.sql", "Spark is known"),
    ],
)
def test_a_planted_import_is_caught(copy, file, planted, rule):
    path = copy / file
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((before or "") + "\n" + planted + "\n")
    answer = lint_imports(copy)
    if before is None:
        path.unlink()
        if file.endswith("/__init__.py"):
            path.parent.rmdir()
    else:
        path.write_text(before)
    broken_rules = [line for line in " ".join(answer.stdout.split()).split("Contracts:")[0].split(" KEPT ")]
    assert answer.returncode != 0
    assert any(rule in line and "BROKEN" in line for line in broken_rules), answer.stdout


def test_the_contract_lists_the_features_of_the_app():
    text = (ROOT / "setup.cfg").read_text()
    layers = text.split("contract:house]")[1].split("layers =")[1].split("[")[0].split()
    assert [name for name in reversed(layers) if name in FEATURES] == list(FEATURES)


# --- what import-linter cannot say ------------------------------------------------------------------------


def foreign_insides(source: Source) -> list[str]:
    """Another feature is reached through its service, events, errors, rules; never its models or views."""
    found = []
    for name, line in source.imports():
        parts = name.split(".")
        if parts[0] != "storefront" or len(parts) < 3 or parts[1] in {"core", source.feature}:
            continue
        if parts[1] in FEATURES and parts[2] not in OWN_DOORS:
            found.append(f"{source.path}:{line} imports {name}")
    return found


def plugin_imports(source: Source) -> list[str]:
    """The shop and the engine know no plugin."""
    return [
        f"{source.path}:{line} imports {name}"
        for name, line in source.imports()
        if name.startswith(("storefront.bundled", "plugins"))
    ]


def beyond_the_public(source: Source) -> list[str]:
    """A plugin imports storefront.public, hookspecs, testing and the events of features: nothing else of ours."""
    doors = re.compile(
        r"storefront(\.(public|hookspecs|testing|bundled)(\.|$)|\.\w+\.events\.)|recommender\.\w+$"
    )
    return [
        f"{source.path}:{line} imports {name}"
        for name, line in source.imports()
        if name.split(".")[0] in {"storefront", "recommender"} and not doors.match(name)
    ]


def heavy_at_the_top(source: Source) -> list[str]:
    """Libraries of one task are imported inside the function that needs them."""
    heavy = ("implicit", "pandas", "pyarrow", "pyspark", "openpyxl", "PIL")
    top = Source(source.path, "\n".join(_top_level_imports(source)))
    return [f"{source.path} imports {name} at the top" for name, _ in top.imports() if name.startswith(heavy)]


def _top_level_imports(source: Source) -> list[str]:
    return [ast.unparse(n) for n in source.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]


def test_features_meet_at_their_doors():
    broken((f for s in sources("storefront") for f in foreign_insides(s)), foreign_insides.__doc__)


def test_the_shop_knows_no_plugin():
    broken(
        (f for s in sources("storefront", "recommender") for f in plugin_imports(s)), plugin_imports.__doc__
    )


def test_plugins_use_the_public_names():
    broken((f for s in sources("plugins") for f in beyond_the_public(s)), beyond_the_public.__doc__)


def test_heavy_libraries_are_imported_where_they_are_used():
    found = (f for s in sources("storefront", "recommender") for f in heavy_at_the_top(s))
    broken(found, heavy_at_the_top.__doc__)


def test_these_rules_bite():
    inside = Source("storefront/ordering/service.py", "from storefront.catalog.models import Product")
    assert foreign_insides(inside)
    assert not foreign_insides(
        Source("storefront/ordering/service.py", "from storefront.catalog import service")
    )
    assert not foreign_insides(
        Source("storefront/catalog/service/a.py", "from storefront.catalog import models")
    )
    assert plugin_imports(Source("storefront/app.py", "from storefront.bundled.demo import cli"))
    assert beyond_the_public(
        Source("plugins/demo/cli.py", "from storefront.core.database import transaction")
    )
    assert not beyond_the_public(Source("plugins/demo/cli.py", "from storefront.public import transaction"))
    assert heavy_at_the_top(Source("recommender/tables.py", "import pyarrow as pa"))
    assert not heavy_at_the_top(Source("recommender/tables.py", "def read():\n    import pyarrow"))
