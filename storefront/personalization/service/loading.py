"""A small closed-loop load tool: so many connections, each asking again as soon as it was answered.

Both sides of a comparison are asked by this same tool, on the same machine, by turns. It opens a connection
for each request, as the buffering proxy in front of sync workers does, and costs some CPU itself.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from urllib.parse import urlsplit

import numpy as np

ADDRESS = b"10.255.255.255"
PATIENCE = 30.0  # seconds for one answer
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.7",
    "Connection": "close",
}


@dataclass(frozen=True)
class Ask:
    """One request, again and again: an address, cookies, and a form to post or None."""

    url: str
    cookies: str = ""
    form: str | None = None
    from_many: bool = False  # each request from another address, as a trusted proxy would say

    def wire(self) -> tuple[tuple[str, int], bytes]:
        """Where to connect, and what to send."""
        parts = urlsplit(self.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = (self.form or "").encode()
        lines = {"Host": parts.netloc, **HEADERS}
        if self.cookies:
            lines["Cookie"] = self.cookies
        if self.from_many:
            lines["X-Forwarded-For"] = ADDRESS.decode()
        if self.form is not None:
            lines |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        method = "GET" if self.form is None else "POST"
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        raw = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
        return (parts.hostname or "127.0.0.1", parts.port or 80), raw


@dataclass
class Answers:
    """What one connection was told: seconds, statuses, bytes of each answer."""

    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    size: int = 0
    lost: int = 0

    @property
    def bad(self) -> int:
        """How many were lost or answered with something else than 2xx."""
        return self.lost + sum(not 200 <= one < 300 for one in self.statuses)


def load(ask: Ask, *, connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, p50 and p99 in ms, how many were not answered with 2xx, bytes of an answer."""
    address, raw = ask.wire()
    answers = [Answers() for _ in range(connections)]
    until = perf_counter() + seconds
    threads = [threading.Thread(target=_ask_until, args=(address, raw, until, one)) for one in answers]
    started = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = perf_counter() - started
    return _summed(answers, spent)


def _summed(answers: list[Answers], spent: float) -> dict[str, float]:
    took = np.array([one for part in answers for one in part.seconds]) * 1000
    if not len(took):
        return {"rps": 0.0, "p50_ms": np.inf, "p99_ms": np.inf, "bad": float(len(answers)), "bytes": 0.0}
    p50, p99 = np.quantile(took, [0.5, 0.99])
    bad = sum(part.bad for part in answers)
    return {
        "rps": (len(took) - bad) / spent,
        "p50_ms": float(p50),
        "p99_ms": float(p99),
        "bad": float(bad),
        "bytes": float(max(part.size for part in answers)),
    }


def _ask_until(address: tuple[str, int], raw: bytes, until: float, answers: Answers) -> None:
    while perf_counter() < until:
        started = perf_counter()
        try:
            answer = _asked(address, raw.replace(ADDRESS, _address()))
        except OSError:
            answers.lost += 1
            continue
        answers.seconds.append(perf_counter() - started)
        answers.statuses.append(int(answer[9:12]) if answer[:5] == b"HTTP/" else 0)
        answers.size = len(answer)


def _address() -> bytes:
    number = next(_NUMBERS)
    return b"10.%d.%d.%d" % (number >> 16 & 127, number >> 8 & 255, number & 255)


_NUMBERS = count()


def _asked(address: tuple[str, int], raw: bytes) -> bytes:
    with socket.create_connection(address, PATIENCE) as connection:
        connection.sendall(raw)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)
