"""A demo build that was killed goes on the next day with the same history, and adds no second one."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storefront.app import create_app
from storefront.bundled.demo import catalogue_path, write_history
from storefront.core.database import dispose, snapshot
from storefront.core.state import read_state
from storefront.ordering.models import Order

CUSTOMERS, SEED = 60, 7

# The builder in a process of its own, which kills itself in the middle of the orders when it is told to.
BUILDER = f"""
import json, os, signal, sys
from pathlib import Path
from storefront.bundled.demo import building

read = building.import_file
def import_file(kind, *rest, progress, **more):
    def told(step, done, total):
        if sys.argv[2] == "cut" and (kind, step) == ("orders", "apply") and done > total / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        progress(step, done, total)
    return read(kind, *rest, progress=told, **more)

building.import_file = import_file
wanted = dict(port=5000, customers={CUSTOMERS}, seed={SEED}, orders=None, quiet=True)
print(json.dumps(building.build(**wanted, catalogue=Path(sys.argv[1]))))
"""


def test_a_build_that_was_cut_off_goes_on_with_the_same_history(tmp_path: Path) -> None:
    shop, catalogue = tmp_path / "shop", without_pictures(tmp_path / "catalogue.csv")
    cut = run(shop, catalogue, "cut", clock="2026-03-02T22:00:00+00:00")
    assert cut.returncode == -signal.SIGKILL
    some = orders_in(shop)
    done = run(shop, catalogue, "whole", clock="2026-03-03T09:00:00+00:00")
    assert done.returncode == 0, done.stderr[-3000:]
    whole = history(tmp_path, catalogue, until=datetime.fromisoformat("2026-03-02T22:00:00+00:00"))
    assert 0 < len(some) < len(whole)
    assert orders_in(shop) == whole
    assert json.loads(done.stdout)["built"]["orders"] == len(whole)


def test_a_folder_for_a_shop_in_earnest_becomes_no_demo(tmp_path: Path) -> None:
    said = 'mode = "production"\n'
    (tmp_path / "regulars.toml").write_text(said)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    environment["REGULARS_INSTANCE"] = str(tmp_path)
    command = [sys.executable, "-m", "storefront.cli", "demo", "--no-serve"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (answer.returncode, "no demo" in answer.stderr) == (1, True), answer.stderr[-900:]
    assert (tmp_path / "regulars.toml").read_text() == said
    assert not (tmp_path / "shop.db").exists()


# --- the shop and its history -----------------------------------------------------------------------------


def without_pictures(path: Path) -> Path:
    """The demo's catalogue with nothing to draw, which is most of the work."""
    with catalogue_path().open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] != "picture"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"picture": ""} for row in rows)
    return path


def run(folder: Path, catalogue: Path, how: str, clock: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    environment |= {"REGULARS_INSTANCE": str(folder), "REGULARS_CLOCK": clock, "REGULARS_MODE": "demo"}
    command = [sys.executable, "-c", BUILDER, str(catalogue), how]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def history(folder: Path, catalogue: Path, until: datetime) -> dict[str, datetime]:
    """The orders that an undisturbed build would have had, and when each was placed."""
    with catalogue.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    write_history(folder / "history", rows, customers=CUSTOMERS, seed=SEED, until=until)
    with gzip.open(folder / "history" / "orders.csv.gz", "rt", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    bought = (line for line in lines if not line["returns_order"])
    return {line["order"]: datetime.fromisoformat(line["at"]) for line in bought}


def orders_in(folder: Path) -> dict[str, datetime]:
    app = create_app({"instance": str(folder), "mode": "demo"})
    with app.app_context(), snapshot() as session:
        found = dict(session.execute(sa.select(Order.number, Order.placed_at)).all())
        assert read_state("demo-until") == "2026-03-02T22:00:00+00:00"
    dispose(app)
    return found
