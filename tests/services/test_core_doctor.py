"""The doctor finds what is wrong, and nothing in a shop that is well."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from storefront.core.database import dispose, write_engine
from storefront.core.doctor import examine, sqlite_may_lose_writes
from storefront.core.filesystems import network_file_system
from storefront.core.models import Outbox, OutboxDelivery
from storefront.core.serving.web import database_line


def findings(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {finding.invariant: finding.detail for finding in examine(app).findings}


@pytest.mark.both
def test_an_empty_shop_is_well(app: Flask) -> None:
    with app.app_context():
        report = examine(app)
    assert report.findings == []
    assert {"settings", "migrations", "shop_store", "journal_store", "jobs_store"} <= set(report.checked)
    assert json.loads(json.dumps(report.as_json()))["ok"] is True


@pytest.mark.both
def test_deliveries_that_nobody_takes_are_found(app: Flask, tx: Any, clock: Any) -> None:
    deliver(tx, clock.now(), "new")
    assert findings(app) == {}
    clock.shift(timedelta(hours=2))
    assert "regulars worker" in findings(app)["outbox_moves"]


@pytest.mark.both
def test_parked_deliveries_are_found(app: Flask, tx: Any, clock: Any) -> None:
    deliver(tx, clock.now(), "parked", error="ValueError: no")
    assert "ValueError: no" in findings(app)["outbox_not_parked"]


def test_a_row_that_points_nowhere_is_found(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    with sqlite3.connect(Path(shop.instance_path) / "shop.db") as connection:
        connection.execute(
            "INSERT INTO product_category (product_id, category_id, position) VALUES (7, 8, 0)"
        )
    connection.close()
    assert "product_category" in findings(shop)["shop_store"]


def test_a_damaged_file_is_found(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    dispose(shop)
    path = Path(shop.instance_path) / "journal.db"
    with path.open("r+b") as file:
        file.seek(4096 + 8)
        file.write(b"\xff" * 512)
    assert "journal_store" in findings(shop)


def test_a_database_that_is_behind_is_found_and_said_how_to_mend(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop()
    with sqlite3.connect(Path(shop.instance_path) / "shop.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert "regulars init" in findings(shop)["migrations"]


def test_a_key_that_others_can_read_is_found(make_shop: Callable[..., Flask], tmp_path: Path) -> None:
    shop = make_shop(secret_key="")
    key = Path(shop.instance_path) / "secret.key"
    assert findings(shop) == {}
    key.chmod(0o644)
    assert "chmod 600" in findings(shop)["settings"]


@pytest.mark.postgresql
def test_a_sequence_that_lags_behind_its_column_is_found(app: Flask, tx: Any, clock: Any) -> None:
    with tx() as t:
        t.execute(sa.insert(Outbox).values(id=900_000, event="x", payload={}, created_at=clock.now()))
    assert "outbox.id" in findings(app)["shop_store"]


@pytest.mark.postgresql
def test_an_index_that_is_broken_is_found(app: Flask) -> None:
    broken = "UPDATE pg_index SET indisvalid = {} WHERE indexrelid = 'ix_product_brand'::regclass"
    with app.app_context(), write_engine().begin() as connection:
        connection.exec_driver_sql(broken.format("false"))
    try:
        assert "ix_product_brand" in findings(app)["shop_store"]
    finally:
        with app.app_context(), write_engine().begin() as connection:
            connection.exec_driver_sql(broken.format("true"))


@pytest.mark.parametrize(
    ("number", "faulty"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite_that_may_lose_writes(number: tuple[int, ...], faulty: bool) -> None:
    assert sqlite_may_lose_writes(number) is faulty


def test_the_faulty_version_is_advice_not_a_finding(app: Flask) -> None:
    with app.app_context():
        report = examine(app)
    advised = any("write-ahead log" in warning for warning in report.warnings)
    assert advised is sqlite_may_lose_writes(sqlite3.sqlite_version_info)
    assert report.findings == []


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /srv nfs4 rw 0 0
/dev/vdb /srv/local xfs rw 0 0
//box/share /mnt/my\\040share cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/shop", None),
        ("/srv/shop", "nfs4"),
        ("/srv/local/shop", None),
        ("/srvother", None),
        ("/mnt/my share/shop", "cifs"),
    ],
)
def test_network_file_systems_are_recognised_by_the_nearest_mount(folder: str, kind: str | None) -> None:
    assert network_file_system(Path(folder), MOUNTS) == kind


def deliver(tx: Any, moment: Any, state: str, error: str | None = None) -> None:
    with tx() as t:
        row = Outbox(event="tests.Happened", payload={}, created_at=moment)
        t.add(row)
        t.flush()
        t.add(
            OutboxDelivery(outbox_id=row.id, listener="tests.react", state=state, next_at=moment, error=error)
        )


@pytest.mark.both
def test_each_start_says_which_database_it_is(app: Flask, database: str) -> None:
    line = database_line(app)
    if database == "sqlite":
        assert line == f"SQLite {sqlite3.sqlite_version}"
    else:
        assert line.startswith("PostgreSQL 1")
