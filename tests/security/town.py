"""A shop full of other people's secrets, for tests that ask every address of it as everybody.

Everything is made as it is made in life: through services and forms. What belongs to Anna says so
("qanary" in every text), so that a byte of it in somebody else's answer is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from storefront.core.database import JOURNAL, snapshot, transaction
from storefront.core.events import sweep
from storefront.core.mail import deliver_due
from storefront.core.routes import Route, classified_routes
from storefront.customers import service as customers
from tests.conftest import Browser
from tests.pages.walking import OWN, filled
from tests.security.answers import check

PASSWORD = "correct horse battery"
HASH = customers.hash_password(PASSWORD)
STAFF = ("support", "warehouse", "moderator", "manager", "owner")
MEMBERS = ("unverified", "anna", "bert", "disabled")
EVERYBODY = ("anonymous", *MEMBERS, *STAFF)
HOME = {"line1": "7 Qanary Wharf", "city": "Qanarytown", "postcode": "EC1A 1HQ", "country": "GB"}
# Logs and marks that a look may leave behind: words without a person, what somebody who agreed looked at,
# tries that were counted, and that somebody was here.
NOTES = {"search_miss", "journal_event", "rate_count"}
MARKS = {"sign_in": {"last_seen_at"}}
Rows = dict[str, Counter[str]]


@dataclass
class Person:
    """Somebody with a browser. Each answer is checked for what every answer owes (`answers.check`)."""

    app: Flask
    name: str
    token: str = ""
    email: str = ""
    id: int = 0
    client: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.client = Browser(self.app)
        self.token = self.read_token("/account/login")

    def open(self, method: str, path: str, **more: Any) -> TestResponse:
        """Ask; the answer is checked for what every answer owes."""
        answer = self.client.open(path, method=method, base_url=OWN, **more)
        check(answer, f"{self.name}: {method} {path}")
        return answer

    def get(self, path: str) -> TestResponse:
        return self.open("GET", path)

    def text(self, path: str) -> str:
        return self.get(path).get_data(as_text=True)

    def post(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        """A form with its token."""
        return self.open("POST", path, data={"csrf_token": self.token, **(data or {})})

    def send(self, path: str, data: dict[str, Any]) -> None:
        """A form that has to work."""
        answer = self.post(path, data)
        assert answer.status_code in {302, 303}, f"{self.name} {path}: {answer.status}"

    def read_token(self, path: str) -> str:
        return self.text(path).split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    def sign_in(self, email: str) -> None:
        answer = self.post("/account/login", {"email": email, "password": PASSWORD})
        assert answer.status_code in {302, 303}, answer.get_data(as_text=True)
        assert self.get("/account").status_code == 200
        self.email, self.token = email, self.read_token("/")


@dataclass
class Town:
    """The shop and everybody in it. `keys` fills rules with what is Anna's or the staff's own."""

    app: Flask
    people: dict[str, Person] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    orders: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    def path(self, route: Route) -> str | None:
        """The address of the real thing behind a rule; None where nobody said which that is.

        Of pages of the staff the table's own samples do: customers must not get that far.
        """
        if "<" not in route.rule or route.audience == "operator" or _is_public(route):
            return filled(route.rule, {**route.sample, "slug": _PUBLIC.get(route.rule)})
        found = [start for start in self.keys if route.rule.startswith(start)]
        if not found:
            return filled(route.rule, route.sample) if route.audience == "owner" else None
        return filled(route.rule, {**route.sample, **self.keys[max(found, key=len)]})

    def routes(self) -> list[tuple[Route, str]]:
        """Every rule and method with the address of its real thing."""
        table = classified_routes(self.app).routes
        return [(route, self.path(route) or filled(route.rule, route.sample)) for route in table]

    def rows(self, statement: Any, **values: Any) -> list[Any]:
        with self.app.app_context(), snapshot() as session:
            query = sa.text(statement) if isinstance(statement, str) else statement
            return list(session.execute(query, values).all())

    def do(self, act: Any, *values: Any, **more: Any) -> Any:
        with self.app.app_context():
            return act(*values, **more)

    def write(self, statement: str, **values: Any) -> None:
        with self.app.app_context(), transaction() as tx:
            tx.execute(sa.text(statement), values)

    def work(self) -> None:
        """What the worker does meanwhile."""
        with self.app.app_context():
            sweep()
            deliver_due()

    def mails(self) -> list[Any]:
        files = sorted((Path(self.app.instance_path) / "mail").glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    def contents(self) -> Rows:
        """Every row of both stores, but for logs and marks of visits."""
        found: Rows = {}
        with self.app.app_context():
            for bind in (None, JOURNAL):
                with snapshot(bind) as session:
                    for table in sa.inspect(session.connection()).get_table_names():
                        if table not in NOTES:
                            found[table] = self._rows_of(session, table)
        return found

    @staticmethod
    def _rows_of(session: Any, table: str) -> Counter[str]:
        rows = session.execute(sa.text(f'SELECT * FROM "{table}"')).mappings()
        skipped = MARKS.get(table, set())
        return Counter(repr({k: v for k, v in row.items() if k not in skipped}) for row in rows)


def changes(before: Rows, after: Rows) -> dict[str, list[str]]:
    """Rows that came, went or became others, by table."""
    found = {}
    for table in after:
        gone, new = before.get(table, Counter()) - after[table], after[table] - before.get(table, Counter())
        if gone or new:
            found[table] = [f"- {row}" for row in gone] + [f"+ {row}" for row in new]
    return found


def leaks(answer: TestResponse, secrets: Iterable[str]) -> list[str]:
    """Which secrets stand in an answer: body, headers, cookies."""
    said = answer.get_data() + "\n".join(f"{k}: {v}" for k, v in answer.headers).encode("utf-8", "replace")
    said = said.lower()
    return [secret for secret in secrets if secret.lower().encode() in said]


_PUBLIC = {"/c/<slug>": "shelf", "/p/<slug>": "lamp", "/pages/<slug>": "delivery"}


def _is_public(route: Route) -> bool:
    return route.audience == "anyone" and route.owner_rule == "none"
