"""A demo shop in a folder of its own for benches: built or copied, served, and visited by a customer."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from storefront.core.errors import Refusal
from storefront.core.serving.supervisor import ONE_THREAD
from storefront.personalization.service.loading import HEADERS

CUSTOMERS = 200
WEB = "storefront.core.serving.web"
SECONDS_TO_START = 60
NEVER_SENT = (
    "regulars_visit"  # a visit of its own for each request: thousands of pages a minute are a robot's
)


def built_shop(folder: Path, given: Path | None) -> dict[str, Any]:
    """Put a demo shop into an empty folder (a copy of `given`, else a new one); its accounts by role.

    An engine of another version is trained anew. Raises Refusal when that is impossible, for instance
    because `given` is no demo.
    """
    if given is not None:
        shutil.copytree(given, folder, dirs_exist_ok=True)
    told = json.loads(shop_command(folder, "demo", "--no-serve", "--json", "--customers", str(CUSTOMERS)))
    if given is not None and not _has_engine(folder):
        shop_command(folder, "train", "--force", "--json")
    return {account["role"]: account for account in told["accounts"]}


def _has_engine(folder: Path) -> bool:
    from recommender.errors import BadArtifact
    from recommender.publishing import load_current

    try:
        return not load_current(folder / "models").skipped
    except BadArtifact:
        return False


def shop_command(folder: Path, *words: str) -> str:
    """What `regulars WORDS` prints on that shop. Raises Refusal with its last line of complaint."""
    command = [sys.executable, "-P", "-m", "storefront.cli", *words]
    done = subprocess.run(command, env=_environ(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Refusal(f"regulars {words[0]} failed: {said}")
    return done.stdout


def _environ(folder: Path, **more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("REGULARS_")}
    return {**known, "REGULARS_INSTANCE": str(folder), **more}


# --- serving ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """Process ids of the web workers, as /proc knows them."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(one) for one in task.read_text().split()]


@contextmanager
def served(folder: Path, *, workers: int = 2, module: str = WEB, proxies: int = 0) -> Iterator[Served]:
    """Serve the shop as `regulars serve` does (gunicorn, sync workers), on a free port, until the block ends.

    `module` may be another one that takes the same words; so many `proxies` may name the address of others.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    reading, writing = os.pipe()
    numbers = (str(workers), str(listener.fileno()), str(writing), str(os.getpid()))
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module, "gunicorn", *numbers],
        env={**ONE_THREAD, **_environ(folder, REGULARS_BASE_URL=url, REGULARS_PROXY_COUNT=str(proxies))},
        pass_fds=(listener.fileno(), writing),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    os.close(writing)
    try:
        if os.read(reading, 1) != b"1":
            raise Refusal(f"the shop in {folder} could not be served")
        yield Served(url, process)
    finally:
        os.close(reading)
        listener.close()
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(SECONDS_TO_START)


# --- visiting ---------------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """A browser with cookies, for the few pages before a measurement."""

    url: str
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def cookies(self) -> str:
        """What it sends as its cookies."""
        return "; ".join(f"{name}={value}" for name, value in self.kept.items() if name != NEVER_SENT)

    def get(self, path: str) -> str:
        """The page. Raises Refusal when it is not answered with 200."""
        status, text = self._ask("GET", path)
        if status != 200:
            raise Refusal(f"{self.url}{path} answered {status}")
        return text

    def post(self, path: str, form: dict[str, str]) -> int:
        """The status of the answer."""
        return self._ask("POST", path, urlencode(form))[0]

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS_TO_START)
        more = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        headers = {**HEADERS, "Cookie": self.cookies, "Referer": self.url + path, **more}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.kept |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        connection.close()
        return answer.status, text

    def sign_in(self, account: dict[str, Any]) -> None:
        """Sign in and agree to being remembered. Raises Refusal when that did not work."""
        form = fields_of(self.get("/account/login"), "/account/login")
        self.post("/account/login", {**form, "email": account["email"], "password": account["password"]})
        if "/account/login" in self.get("/account") or not self.kept:
            raise Refusal(f"{account['email']} could not sign in")

    def fill_cart(self, products: list[str], lines: int) -> None:
        """Put one piece each of the first products that can be bought into the cart."""
        added = 0
        for path in products:
            form = fields_of(self.get(path), "/cart/add")
            if form and added < lines:
                added += self.post("/cart/add", {**form, "quantity": "1"}) in (200, 302, 303)
        if added < lines:
            raise Refusal("there are too few products that can be bought")


def links(page: str, start: str) -> list[str]:
    """Addresses in the page that begin so, each once, without their queries."""
    return list(dict.fromkeys(re.findall(rf'href="({re.escape(start)}[^"?#]+)', page)))


def fields_of(page: str, action: str) -> dict[str, str]:
    """Hidden and filled fields of the page's form for that action; empty without one."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    if form is None:
        return {}
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = (re.search(rf'{word}="([^"]*)"', tag) for word in ("name", "value"))
        if name:
            found[name[1]] = html.unescape(value[1]) if value else ""
    return found
