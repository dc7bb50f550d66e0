"""Counting the statements that a shop sends, for tests and benches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from storefront.core.database import db


@contextmanager
def counted_statements(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to any store of this shop inside the block, reads and writes, in order."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engines = [*db.engines.values(), *app.extensions["regulars_write"].values()]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
