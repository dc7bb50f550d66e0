"""Every address of the shop with what is promised about it: who may, what it changes, what guards it.

The table `storefront/routes.toml` is written by hand; this joins it with what the app really answers, so that
a page nobody classified cannot slip in.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

from storefront.core.database import LARGEST_KEY
from storefront.core.permissions import PERMISSIONS

FIELDS = {
    "audience": ("anyone", "customer", "owner", "operator"),
    "owner_rule": ("none", "own", "signed", "token_or_loopback"),
    "csrf": (True, False),
    "state_changing": (True, False),
    "rate": ("none", "search", "login", "form"),
    "cacheable": ("no", "private", "public"),
}


class RowNumber(IntegerConverter):
    """`<int:…>` in a rule: at most as large as a row's number can be; what is larger is not found.

    Without that a database is asked for a number it cannot hold, and says so with an error.
    """

    regex = r"[0-9]{1,10}"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max": LARGEST_KEY, **options})


@dataclass(frozen=True)
class Route:
    """One rule and method. `sample` holds parameters that fill the rule for a test. `permission` is what
    staff need where the audience is `owner`; "" is everybody on the staff."""

    rule: str
    method: str
    endpoint: str
    audience: str
    owner_rule: str
    state_changing: bool
    csrf: bool
    rate: str
    cacheable: str
    sample: dict[str, Any]
    permission: str = ""


@dataclass(frozen=True)
class Classified:
    """The table joined with the app. `missing` answers without a row, `extra` is a row without an answer."""

    routes: list[Route]
    missing: list[str]
    extra: list[str]

    def as_json(self) -> dict[str, Any]:
        """The table as `regulars routes --json` prints it."""
        rows = [asdict(route) for route in self.routes]
        return {"routes": rows, "missing": self.missing, "extra": self.extra}


def classified_routes(app: Flask) -> Classified:
    """Join `routes.toml` with `app.url_map`, one entry per rule and method (OPTIONS aside).

    Raises ValueError for a row with a field or value that does not exist.
    """
    table = {(row["rule"], method): row for row in read_table() for method in row["methods"]}
    routes, missing = [], []
    answered = set()
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            key = (rule.rule, "GET" if method == "HEAD" else method)
            answered.add(key)
            if key not in table:
                missing.append(f"{method} {rule.rule}")
            else:
                routes.append(_route(rule.rule, method, rule.endpoint, table[key]))
    extra = [f"{method} {rule}" for rule, method in sorted(set(table) - answered)]
    return Classified(routes, missing, extra)


def read_table() -> list[dict[str, Any]]:
    """The rows of `routes.toml`, each with every field. Raises ValueError for one that is wrong."""
    rows = tomllib.loads((files("storefront") / "routes.toml").read_text(encoding="utf-8"))["route"]
    for row in rows:
        _check(row)
    return rows


def _check(row: dict[str, Any]) -> None:
    row.setdefault("sample", {})
    row.setdefault("permission", "")
    wanted = {*FIELDS, "rule", "methods", "sample", "permission"}
    if set(row) != wanted:
        raise ValueError(f"routes.toml, {row.get('rule')}: {sorted(set(row) ^ wanted)} missing or unknown")
    for name, allowed in FIELDS.items():
        if row[name] not in allowed:
            raise ValueError(
                f"routes.toml, {row['rule']}: {name} must be one of {allowed}, not {row[name]!r}"
            )
    if row["permission"] and (row["audience"] != "owner" or row["permission"] not in PERMISSIONS):
        raise ValueError(f"routes.toml, {row['rule']}: no permission is called {row['permission']!r} there")


def _route(rule: str, method: str, endpoint: str, row: dict[str, Any]) -> Route:
    classes = {name: row[name] for name in FIELDS}
    more = {"sample": row["sample"], "permission": row["permission"]}
    return Route(rule, method, endpoint, **more, **classes)
