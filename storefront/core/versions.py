"""Versions that every process compares once a request, so that it knows what of its memory is stale."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, has_request_context
from flask_login import current_user
from sqlalchemy.dialects import postgresql, sqlite

from storefront.core.database import Tx, db
from storefront.core.models import ShopState

KEYS = ("navigation", "catalog", "home", "plugins")
_STATE = ShopState.__table__


def version_columns() -> list[sa.ColumnElement[Any]]:
    """Columns that a page's first query takes along, so that versions cost no query of their own."""
    return [
        sa.select(_STATE.c.version).where(_STATE.c.key == key).scalar_subquery().label(f"version_{key}")
        for key in KEYS
    ]


_VERSIONS = sa.select(*version_columns())


def remember_versions(row: Mapping[Any, Any]) -> None:
    """Keep for this request what a query with `version_columns` brought along."""
    g.regulars_versions = {key: row[f"version_{key}"] or 0 for key in KEYS}


def version_of(key: str) -> int:
    """The version that counts in this request; at most one query a request."""
    if "regulars_versions" not in g:
        _load()
    return g.regulars_versions[key]


def _load() -> None:
    # Whoever is signed in is asked for on every page, and that query brings the versions along.
    if has_request_context() and hasattr(current_app, "login_manager"):
        bool(current_user.is_authenticated)
    if "regulars_versions" not in g:
        remember_versions(db.session.execute(_VERSIONS).mappings().one())


def raise_version(tx: Tx, key: str) -> None:
    """Tell every process that what it remembers under `key` is stale. Part of the caller's command."""
    # Steps of random size: a restored database does not reach a version that stood for other content.
    insert = (sqlite if tx.get_bind().dialect.name == "sqlite" else postgresql).insert(_STATE)
    first = insert.values(key=key, version=secrets.randbelow(1 << 20) + 1)
    step = {"version": _STATE.c.version + 1 + secrets.randbelow(1000)}
    tx.execute(first.on_conflict_do_update(index_elements=["key"], set_=step))
    g.pop("regulars_versions", None)  # what this page still shows is of after the command
