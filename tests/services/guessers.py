"""Somebody who guesses a password at one process of a shop, for `test_limits.py`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from storefront.app import create_app
from storefront.core.database import dispose

EMAIL = "ann@example.test"
OWN = "http://127.0.0.1:5000"


def guess(settings: dict[str, Any], tries: int, forged: str, start: Any, answers: Any) -> None:
    """Sends `tries` wrong passwords from addresses that `forged` makes up; answers with the statuses."""
    app = create_app(settings)
    client = app.test_client()
    token = token_of(client)
    start.wait(60)
    found: Counter[int] = Counter()
    for number in range(tries):
        headers = {"X-Forwarded-For": f"{forged}.{number}", "X-Real-IP": f"{forged}.{number}"}
        data = {"email": EMAIL, "password": f"guess {number}", "csrf_token": token}
        found[client.post("/account/login", data=data, headers=headers, base_url=OWN).status_code] += 1
    answers.put(found)
    dispose(app)


def token_of(client: Any) -> str:
    """The token of the sign-in form."""
    page = client.get("/account/login", base_url=OWN).get_data(as_text=True)
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
