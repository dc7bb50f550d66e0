"""Model files that are damaged, foreign or gone, in short: the shop starts, answers, and says that it has no model."""

from __future__ import annotations

import pytest

from storefront.app import create_app
from storefront.core.database import dispose
from tests import stores
from tests.chaos import models, swaps


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    stores.copy_databases(stores.sqlite_template(tmp_path_factory.mktemp("template")), folder)
    app = create_app(stores.settings(folder))
    app.extensions["test_settings"] = stores.settings(folder)
    yield app
    dispose(app)


def test_no_damaged_file_stops_the_shop_or_is_used(shop):
    result = models.damaged_files(shop, cuts=2, flips=2)
    assert result.damage == []
    assert result.rounds > 30


def test_without_checksums_the_same_damage_goes_unnoticed(shop):
    result = models.damaged_files(shop, cuts=0, flips=3, control=True)
    assert result.damaged_rounds == 6


def test_a_training_that_is_killed_leaves_the_model_in_use(shop):
    result = swaps.killed_trainings(shop, shop.extensions["test_settings"], kills=1)
    assert result.damage == []


def test_models_change_while_pages_are_asked_for(shop):
    result = swaps.swaps(shop, swaps=4)
    assert result.damage == []


def test_another_shops_model_would_be_noticed(shop):
    result = swaps.swaps(shop, swaps=1, control=True)
    assert result.damaged_rounds == 1
