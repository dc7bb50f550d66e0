"""A serving process carries no training library."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import stores
from tests.house.source import ROOT

HEAVY = {"implicit", "pandas", "pyarrow", "pyspark", "openpyxl"}
PROGRAM = """
import json, sys
{planted}
from storefront import create_app
app = create_app(json.loads(sys.argv[1]))
client = app.test_client()
statuses = [client.get(path, buffered=True).status_code for path in ("/", "/search?q=thing", "/no-such-page")]
print(json.dumps([statuses, sorted(name for name in sys.modules if "." not in name)]))
"""


def serve(folder, planted=""):
    """Build the shop in a new process, ask for pages; returns the statuses and the loaded packages."""
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(planted=planted), json.dumps(stores.settings(folder))],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert answer.returncode == 0, answer.stderr
    statuses, modules = json.loads(answer.stdout.splitlines()[-1])
    return statuses, set(modules)


@pytest.fixture
def folder(sqlite_template, tmp_path):
    stores.copy_databases(sqlite_template, tmp_path)
    return tmp_path


def test_serving_pages_loads_no_training_library(folder):
    statuses, modules = serve(folder)
    assert statuses == [200, 200, 404]
    assert "storefront" in modules
    assert not modules & HEAVY


def test_a_planted_import_is_seen(folder):
    assert "openpyxl" in serve(folder, "import openpyxl")[1]
