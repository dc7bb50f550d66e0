"""Benches of the whole shop in their smallest form: they run on a demo shop and say what their JSON promises.

No time is asserted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from storefront.personalization.service import (
    ingest_costs,
    memory_costs,
    page_costs,
    query_costs,
    trial_shops,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="gunicorn and /proc")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo shop that every bench copies."""
    folder = tmp_path_factory.mktemp("bench") / "shop"
    assert "new_parent" in trial_shops.built_shop(folder, None)
    return folder


def told(costs, goals: set[int]) -> dict:
    """Its JSON, after both ways of printing it worked."""
    assert costs.as_text()
    found = json.loads(json.dumps(costs.as_json()))
    assert {check["goal"] for check in found["checks"]} == goals
    assert {"versions", "cores", "load", "load_after"} <= set(found["machine"])
    return found


def test_personal_pages_are_measured_beside_fixed_ones(shop):
    found = told(page_costs.bench_web(instance=shop, effort=page_costs.SMALLEST), {9})
    compared = {(line["name"], line["data"], line["what"]) for line in found["lines"]}
    assert ("personal", "product page", "p99_ms") in compared
    for page in ("product page", "home page"):  # of equal size, or the comparison says nothing
        sizes = found["facts"][f"strips_{page}"]
        assert sizes["personal"].split(" cards")[0] == sizes["fixed"].split(" cards")[0]


def test_pages_are_measured_beside_another_shop(shop, tmp_path):
    other = tmp_path / "peer"
    trial_shops.built_shop(other, shop)
    with trial_shops.served(other, workers=1) as peer:
        asked = page_costs.Peer(f"{peer.url}/p/first-cup", f"{peer.url}/c/baby")
        found = told(page_costs.bench_web(instance=shop, peer=asked, effort=page_costs.SMALLEST), {8})
    assert {line["name"] for line in found["lines"]} == {"signed in", "anonymous"}


def test_statements_are_counted_for_each_kind_of_page(shop):
    found = told(query_costs.bench_queries(instance=shop, effort=query_costs.SMALLEST), {10})
    assert found["facts"]["statements, 24 products"]["product page"] > 0
    assert {"home", "category", "search", "cart"} <= set(found["facts"]["statements, 48 products"])


def test_events_are_written_and_counted(shop):
    found = told(ingest_costs.bench_ingest(instance=shop, effort=ingest_costs.SMALLEST), {11})
    assert {line["name"] for line in found["lines"]} == {"single events", "batches of 50"}
    lost = next(check for check in found["checks"] if check["what"] == "lost events")
    assert lost["met"]


def test_memory_of_workers_is_read(shop):
    found = told(memory_costs.bench_memory(instance=shop, effort=memory_costs.SMALLEST), {12})
    assert set(found["facts"]["by_workers"]) == {"1", "2"}


def test_both_ways_of_asking_for_pages_at_once_are_refused():
    command = [sys.executable, "-P", "-m", "storefront.cli", "bench", "web", "--self", "--peer", "http://x/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--self or --peer" in done.stderr
