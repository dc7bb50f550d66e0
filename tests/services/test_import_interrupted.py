"""Imports that are killed, imports beside buyers, and imports that meet each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from storefront.core.database import db, snapshot, transaction
from storefront.core.errors import Refusal
from storefront.core.imports.engine import import_file
from storefront.core.imports.pacing import AIM_SECONDS, Pace
from storefront.core.imports.undo import undo_batch
from storefront.core.models import ImportBatch

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

# A process of its own: it imports a file and kills itself where it is told to.
CHILD = """
import os, signal, sys
from storefront.app import create_app
from storefront.core.imports import applying
from storefront.core.imports.engine import import_file
from tests import stores
from pathlib import Path

folder, file, where, after = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
seen = 0
def die():
    global seen
    seen += 1
    if seen == after:
        os.kill(os.getpid(), signal.SIGKILL)

step, chunk, close, add = applying._step, applying._apply_chunk, applying._close, applying.Ledger.flush
def steps(*a, **k):
    step(*a, **k)
    if where == "before commit": die()
def chunks(*a, **k):
    for done in chunk(*a, **k):
        if where == "after commit": die()
        yield done
def closes(*a, **k):
    if where == "before the end": die()
    close(*a, **k)
def told(*a):
    if where == "while reading" and a[0] == "read": die()
applying._step, applying._apply_chunk, applying._close = steps, chunks, closes
app = create_app(stores.settings(Path(folder)))
with app.app_context():
    import_file("orders", file, progress=told)
"""


def history(path: Path, orders: int = 400) -> Path:
    rows = [HEAD]
    for number in range(orders):
        day = f"2011-{1 + number * 11 // orders:02}-{1 + number % 28:02} 10:00:00"
        rows += [
            f"{5000 + number},S{place % 37:02},THING {place % 37},{1 + place},{day},2.50,{number % 23},UK\n"
            for place in range(number % 9 + 1)
        ]
        if number % 10 == 9:
            rows.append(f"C{5000 + number},S00,THING 0,-1,{day},2.50,{number % 23},UK\n")
    path.write_text("".join(rows))
    return path


def child(folder: Path, file: Path, where: str, after: int) -> int:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", CHILD, str(folder), str(file), where, str(after)]
    return subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    ).returncode


def contents(app: Flask) -> dict[str, Any]:
    """What a history leaves in the shop, without ids."""
    queries = {
        "orders": "SELECT number, lines_minor, placed_at FROM orders ORDER BY number",
        "lines": "SELECT o.number, l.position, l.sku, l.quantity, l.returned_quantity FROM order_line l JOIN orders o ON o.id = l.order_id ORDER BY 1, 2",
        "returns": "SELECT number, total_minor FROM order_return ORDER BY number",
        "return_lines": "SELECT r.number, l.sku, l.quantity, l.order_line_id IS NULL FROM return_line l JOIN order_return r ON r.id = l.return_id ORDER BY 1",
        "customers": "SELECT external_id FROM customer ORDER BY 1",
        "products": "SELECT sku, price_minor FROM variant ORDER BY 1",
        "events": "SELECT event FROM outbox",
        "batches": "SELECT state, counts FROM import_batch",
    }
    with app.app_context(), snapshot() as session:
        return {name: session.execute(sa.text(query)).all() for name, query in queries.items()}


@pytest.mark.parametrize(
    ("where", "after"),
    [("before commit", 1), ("before commit", 6), ("after commit", 1), ("after commit", 5), ("after commit", 9), ("before the end", 1), ("while reading", 1)],
)  # fmt: skip
def test_a_killed_import_goes_on_without_loss_or_repeat(
    make_shop: Callable[..., Flask], tmp_path: Path, where: str, after: int
) -> None:
    file = history(tmp_path / "lines.csv")
    whole, killed = make_shop(), make_shop()
    with whole.app_context():
        expected = import_file("orders", file)
    assert child(Path(killed.instance_path), file, where, after) == -signal.SIGKILL
    with killed.app_context():
        resumed = import_file("orders", file)
        assert resumed.resumed == (where != "while reading")
        left = [
            path
            for path in (Path(killed.instance_path) / "imports").iterdir()
            if not path.name.startswith("new-")
        ]
        assert left == []
    assert contents(killed) == contents(whole)
    for name in ("read", "created", "changed", "skipped", "rejected", "reasons", "objects"):
        assert getattr(resumed, name) == getattr(expected, name)


def test_a_lost_staging_file_is_made_again(make_shop: Callable[..., Flask], tmp_path: Path) -> None:
    file = history(tmp_path / "lines.csv")
    whole, killed = make_shop(), make_shop()
    with whole.app_context():
        import_file("orders", file)
    assert child(Path(killed.instance_path), file, "after commit", 4) == -signal.SIGKILL
    for path in (Path(killed.instance_path) / "imports").glob("*.db"):
        path.write_bytes(path.read_bytes()[:5000])
    with killed.app_context():
        assert import_file("orders", file).resumed
    assert contents(killed) == contents(whole)


def test_an_unfinished_import_is_not_undone(make_shop: Callable[..., Flask], tmp_path: Path) -> None:
    file, shop = history(tmp_path / "lines.csv"), make_shop()
    assert child(Path(shop.instance_path), file, "after commit", 3) == -signal.SIGKILL
    with shop.app_context():
        batch = db.session.execute(sa.select(ImportBatch.public_id)).scalar_one()
        with pytest.raises(Refusal):
            undo_batch(batch)
        import_file("orders", file)
        assert undo_batch(batch).refused == 0
        assert db.session.execute(sa.text("SELECT count(*) FROM orders")).scalar() == 0


# A buyer in a process of its own: takes one piece again and again, and says how it went.
BUYER = """
import sys, time
from pathlib import Path
from storefront.app import create_app
from storefront.core.database import transaction
from storefront.inventory.service import take
from tests import stores

app = create_app(stores.settings(Path(sys.argv[1])))
bought = failed = 0
print("ready", flush=True)
with app.app_context():
    while not Path(sys.argv[1], "stop").exists():
        try:
            with transaction() as tx:
                take(tx, {int(sys.argv[2]): 1}, reference="buyer")
            bought += 1
        except Exception as error:
            failed += 1
            print(repr(error), file=sys.stderr)
        time.sleep(0.002)
print(bought, failed, flush=True)
"""


def test_buyers_go_on_buying_during_an_import(make_shop: Callable[..., Flask], tmp_path: Path) -> None:
    from tests import factories

    shop, root = make_shop(), Path(__file__).parents[2]
    file = history(tmp_path / "lines.csv", orders=2500)
    with shop.app_context(), transaction() as tx:
        variant = factories.product(tx, sku="BOUGHT", stock=900_000)
        variant_id = tx.execute(sa.text("SELECT id FROM variant WHERE sku = 'BOUGHT'")).scalar_one()
        assert variant.id
    command = [sys.executable, "-c", BUYER, shop.instance_path, str(variant_id)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    buyer = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert buyer.stdout is not None and buyer.stdout.readline() == "ready\n"
    try:
        with shop.app_context():
            report = import_file("orders", file)
    finally:
        Path(shop.instance_path, "stop").touch()
    out, errors = buyer.communicate(timeout=60)
    bought, failed = (int(word) for word in out.split())
    assert failed == 0, errors
    assert bought > 20
    assert report.created == report.read
    # Many short holds instead of one long one: that is what lets buyers through.
    assert report.holds > 20
    with shop.app_context():
        taken = "SELECT available FROM stock WHERE variant_id = :id"
        assert db.session.execute(sa.text(taken), {"id": variant_id}).scalar() == 900_000 - bought


def test_chunks_shrink_at_once_and_grow_slowly() -> None:
    pace = Pace(first=100)
    pace.learn(100, AIM_SECONDS * 4)
    assert pace.allowance == 25
    for _ in range(20):
        pace.learn(pace.allowance, AIM_SECONDS / 10)
    assert 25 < pace.allowance <= 20_000
    before = pace.allowance
    pace.learn(1, AIM_SECONDS / 100)
    assert pace.allowance == before
    pace.learn(before, 1.0)
    assert pace.allowance < before / 10


def test_two_processes_do_not_apply_the_same_import(app_context: None, tmp_path: Path) -> None:
    from storefront.core.imports import applying

    file = history(tmp_path / "lines.csv", orders=30)
    report = import_file("orders", file)
    batch_id = db.session.execute(
        sa.select(ImportBatch.id).where(ImportBatch.public_id == report.batch)
    ).scalar_one()
    with pytest.raises(Refusal), transaction() as tx:
        applying._step(tx, batch_id, 0, 1, {})
