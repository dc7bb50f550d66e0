"""Behaviour out of files: what people did, once; robots and refusals are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storefront.core.imports.engine import import_file
from storefront.customers.models import Consent
from tests import factories as make

HEADER = "event,event_id,at,visitor,session,customer,sku,user_agent\n"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0"


def events(folder: Path, *lines: str) -> Path:
    path = folder / "events.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_robots_are_left_out_and_counted(app_context: None, tx: Any, rows: Any, tmp_path: Path) -> None:
    with tx() as t:
        make.product(t, sku="MUG")
    path = events(
        tmp_path,
        f"view_item,a1,2026-01-01T10:00:00Z,v1,s1,,MUG,{FIREFOX}",
        "view_item,a2,2026-01-01T10:00:00Z,v2,s2,,MUG,Googlebot/2.1",
        "view_item,a3,2026-01-01T10:00:01Z,v2,s2,,MUG,",
    )
    report = import_file("events", path)
    assert (report.read, report.created, report.skipped) == (3, 2, 1)
    assert report.reasons == {"robot": 1}
    found = rows("SELECT event_id, params FROM journal_event ORDER BY id", bind="journal")
    assert [row.event_id for row in found] == ["a1", "a3"]
    assert "Firefox" not in str(found)


def test_who_refused_statistics_is_not_written_down(
    app_context: None, tx: Any, rows: Any, tmp_path: Path
) -> None:
    with tx() as t:
        make.product(t, sku="MUG")
        ann = make.customer(t, "ann@example.test")
        t.add(Consent(customer_id=ann.id, purpose="statistics", given=False, source="test", at=make.LONG_AGO))
    report = import_file(
        "events", events(tmp_path, "view_item,a1,2026-01-01T10:00:00Z,,,ann@example.test,MUG,")
    )
    assert report.reasons == {"consent_refused": 1}
    assert rows("SELECT COUNT(*) FROM journal_event", bind="journal")[0][0] == 0


def test_the_same_file_again_changes_nothing(app_context: None, tx: Any, rows: Any, tmp_path: Path) -> None:
    with tx() as t:
        make.product(t, sku="MUG")
    path = events(tmp_path, f"view_item,,2026-01-01T10:00:00Z,v1,s1,,MUG,{FIREFOX}")
    assert import_file("events", path).created == 1
    assert import_file("events", path).skipped == 1
    assert rows("SELECT COUNT(*) FROM journal_event", bind="journal")[0][0] == 1
