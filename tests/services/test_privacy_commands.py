"""`regulars privacy export` and `erase`, as an operator calls them."""

from __future__ import annotations

import json
import zipfile

import pytest
from click.testing import CliRunner

from storefront.cli import main
from storefront.core.database import transaction
from tests import factories

ANN = "ann@example.test"


def run(shop, *words):
    environment = {"REGULARS_INSTANCE": shop.instance_path, "REGULARS_MODE": "test"}
    return CliRunner().invoke(main, list(words), env=environment)


def test_all_that_is_known_goes_into_one_archive(shop, tmp_path):
    target = tmp_path / "ann.zip"
    answer = run(shop, "privacy", "export", ANN.upper(), str(target), "--json")
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["tables"]["customer"] == 1
    with zipfile.ZipFile(target) as file:
        assert ANN in file.read("data.json").decode()
    assert target.stat().st_mode & 0o077 == 0


def test_erasing_reports_what_was_done_and_why_something_is_kept(shop):
    answer = run(shop, "privacy", "erase", ANN, "--yes")
    assert answer.exit_code == 0, answer.output
    assert (
        "emptied       1 customer" in answer.output
        and "kept          1 customer (joined_at): " in answer.output
    )
    again = run(shop, "privacy", "export", ANN)
    assert again.exit_code == 1 and f"nothing is known of {ANN}" in again.output + again.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("export", "nobody@example.test"),
        ("erase", "nobody@example.test", "--yes"),
        ("erase", "nobody", "--yes"),
    ],
)
def test_nobody_is_said_in_one_line(shop, words):
    answer = run(shop, "privacy", *words)
    assert answer.exit_code == 1 and len((answer.output or answer.stderr).strip().splitlines()) == 1


@pytest.fixture
def shop(make_shop):
    made = make_shop()
    with made.app_context(), transaction() as tx:
        factories.customer(tx, ANN)
    return made
