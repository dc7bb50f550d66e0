"""A proxy that many people share, which keeps what RFC 9111 lets a shared cache keep, and hands it to the next one.

Where the rules leave a choice it does the worse: it keeps answers with cookies, takes a guess at how long an
answer without a word about it stays fresh, and asks again only where it must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from werkzeug.http import parse_date
from werkzeug.test import TestResponse

OWN = "http://127.0.0.1:5000"
UNDERSTOOD = frozenset({200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501})
# Which of them may be kept although nothing says for how long.
BY_GUESS = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
GUESSED_SECONDS = 60


@dataclass
class Kept:
    """An answer in the cache, and what the request that it answered said in the headers named by Vary."""

    answer: TestResponse
    body: bytes
    fresh_until: float
    asked: dict[str, str]
    ask_first: bool


@dataclass
class SharedCache:
    """Stands between browsers and the shop. `now` is its clock in seconds; `handed_on` counts answers of others."""

    now: float = 0.0
    kept: dict[str, list[Kept]] = field(default_factory=dict)
    handed_on: int = 0

    def get(
        self, browser: FlaskClient, path: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and everything that the browser gets to read: headers and body."""
        said = dict(headers or {})
        known = self._matching(path, said)
        if known is not None and known.fresh_until > self.now and not known.ask_first:
            return self._again(known)
        asked = {**said, **(_conditions(known) if known else {})}
        answer = browser.get(path, base_url=OWN, headers=asked)
        if known is not None and answer.status_code == 304:
            known.fresh_until = self.now + _lifetime(answer)
            return self._again(known)
        self._keep(path, said, answer)
        return answer.status_code, _all_of(answer, answer.get_data())

    def changed(self, path: str) -> None:
        """Somebody sent a form there: what was kept of it is over."""
        self.kept.pop(path, None)

    def _again(self, known: Kept) -> tuple[int, bytes]:
        self.handed_on += 1
        return known.answer.status_code, _all_of(known.answer, known.body)

    def _matching(self, path: str, said: Mapping[str, str]) -> Kept | None:
        for known in self.kept.get(path, []):
            if all(said.get(name, "") == value for name, value in known.asked.items()):
                return known
        return None

    def _keep(self, path: str, said: Mapping[str, str], answer: TestResponse) -> None:
        control = answer.cache_control
        vary = [name.strip() for name in answer.headers.get("Vary", "").split(",") if name.strip()]
        if control.no_store or control.private or "*" in vary or answer.status_code not in UNDERSTOOD:
            return
        if "Authorization" in said and not (control.public or control.s_maxage or control.must_revalidate):
            return
        seconds = _lifetime(answer)
        # A cookie is a header like others here: who forgets "Vary: Cookie" is punished.
        asked = {name: said.get(name, "") for name in vary}
        if seconds > 0 or control.no_cache:
            entry = Kept(answer, answer.get_data(), self.now + seconds, asked, bool(control.no_cache))
            self.kept.setdefault(path, []).insert(0, entry)


def _lifetime(answer: TestResponse) -> float:
    """Seconds for which an answer is fresh in a shared cache."""
    control = answer.cache_control
    for said in (control.s_maxage, control.max_age):
        if said is not None:
            return float(said)
    expires, date = parse_date(answer.headers.get("Expires")), parse_date(answer.headers.get("Date"))
    if expires is not None:
        return (expires - date).total_seconds() if date is not None else 0.0
    return GUESSED_SECONDS if answer.status_code in BY_GUESS or control.public else 0.0


def _conditions(known: Kept) -> dict[str, str]:
    pairs = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
    return {ask: known.answer.headers[tell] for tell, ask in pairs if tell in known.answer.headers}


def _all_of(answer: TestResponse, body: bytes) -> bytes:
    return "\n".join(f"{name}: {value}" for name, value in answer.headers).encode("utf-8", "replace") + body
