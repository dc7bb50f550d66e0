"""What every single answer of the shop owes, whoever asked for whatever."""

from __future__ import annotations

import re

from werkzeug.test import TestResponse

NONCE = re.compile(r"'nonce-([\w-]+)'")
# What an engine, a driver or an interpreter would say; no page does.
INSIDES = re.compile(
    rb"Traceback \(most recent|sqlite3\.|sqlalchemy\.|psycopg\.|OperationalError|IntegrityError|no such (?:table|column)"
    rb"|syntax error at|unrecognized token|UNIQUE constraint|jinja2\.|werkzeug\.|UndefinedError|fts5:"
)
seen_nonces: set[str] = set()
count = {"answers": 0}


def check(answer: TestResponse, what: str) -> None:
    """Headers, no failure, nothing of the machine's insides. Raises AssertionError."""
    count["answers"] += 1
    assert answer.status_code < 500, f"{what}: {answer.status}"
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    for part in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert part in policy, f"{what}: {part} is not in {policy}"
    assert "unsafe" not in policy and "*" not in policy, what
    assert headers["X-Content-Type-Options"] == "nosniff", what
    assert headers["X-Frame-Options"] == "DENY", what
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer", "strict-origin-when-cross-origin"}, (
        what
    )
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", what
    assert "Strict-Transport-Security" not in headers, f"{what}: this is plain http"
    if (nonce := NONCE.search(policy)) is not None:
        assert nonce[1] not in seen_nonces, f"{what}: a nonce was used twice"
        assert len(nonce[1]) >= 22, f"{what}: a nonce of fewer than 128 bits"
        seen_nonces.add(nonce[1])
        assert "no-store" in headers.get("Cache-Control", "") or "private" in headers["Cache-Control"], what
    found = INSIDES.search(answer.get_data()[:400_000])
    assert found is None, f"{what}: {found and found[0]!r}"
