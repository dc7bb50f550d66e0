"""`regulars bench ingest`: goal 11, events beside a bare Flask, batches, many writers, how soon they tell."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

from storefront.core.errors import Refusal
from storefront.personalization.service.costs import Advance, Costs, condition, exact
from storefront.personalization.service.loading import Ask, load
from storefront.personalization.service.trial_shops import Visitor, built_shop, links, served

LEAST_OF_HELLO, LEAST_BATCHES, WRITERS, BATCH = 0.4, 10.0, 8, 50
AT_ONCE_SECONDS = 1.0
BECAUSE, VIEWED = 'data-strip="because_you_viewed"', "regulars_viewed"
HELLO = "storefront.personalization.service.hello"


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int = 10
    seconds: float = 2.0
    events: int = 20_000
    each: int = 200  # pages that each of the writers opens


QUICK = Effort(5, 1.0, 5_000, 50)
SMALLEST = Effort(2, 0.2, 200, 3)


def bench_ingest(
    *,
    quick: bool = False,
    instance: Path | None = None,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Costs:
    """Measure goal 11 on a demo shop in a folder of its own."""
    chosen = effort or (QUICK if quick else Effort())
    costs, say = Costs("ingest", quick=quick), advance or (lambda step, share: None)
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder, ExitStack() as stack:
        say("building a shop", 0.0)
        place = Path(folder)
        account = built_shop(place, instance)["new_parent"]
        say("starting it", 0.4)
        shop = stack.enter_context(served(place, workers=2, proxies=1)).url
        hello = stack.enter_context(served(place, workers=2, module=HELLO)).url
        shopper = Visitor(shop)
        shopper.sign_in(account)
        say("single events", 0.5)
        _singles(costs, shopper, hello, chosen)
        say("many writers", 0.7)
        _writers(costs, shopper, account, place, chosen)
        _soon(costs, shopper)
        say("batches", 0.9)
        _batches(costs, place, chosen)
    say("done", 1.0)
    return costs


def _event(shopper: Visitor) -> tuple[str, str]:
    """Where a page says how long it was looked at, and what it sends: one event a request."""
    page = shopper.get(links(shopper.get("/"), "/p/")[0])
    tag = re.search(r'<meta name="page-opened" content="([^"]+)" data-to="([^"]+)"', page)
    if tag is None:
        raise Refusal("the shop does not note what this customer does: there is nothing to measure")
    return tag[2], urlencode({"page": tag[1], "ms": "1500"})


def _singles(costs: Costs, shopper: Visitor, hello: str, effort: Effort) -> None:
    from recommender.evaluation.timing import Turns

    to, form = _event(shopper)
    asks = {"hello": Ask(hello + "/"), "event": Ask(shopper.url + to, shopper.cookies, form, from_many=True)}
    ways = {way: partial(load, ask, connections=4, seconds=effort.seconds) for way, ask in asks.items()}
    Turns().take(ways, 1)
    turns = Turns().take(ways, effort.rounds)
    costs.add("single events", "HTTP", turns.compared("event", "hello", "rps", "1/s"))
    bad = sum(turns.of("event", "bad"))
    costs.checks.append(exact(11, "ingest", "single events", "answers that were no 2xx", bad, most=0))
    costs.checks.append(condition(11, "ingest", costs.lines[-1], "bare Flask", least=LEAST_OF_HELLO))


def _writers(costs: Costs, shopper: Visitor, account: dict[str, Any], place: Path, effort: Effort) -> None:
    """Eight people open pages at the same time; every page has to be in the journal afterwards."""
    path = links(shopper.get("/"), "/p/")[0]
    before, bad = _events(place), [0] * WRITERS

    def write(number: int) -> None:
        browser = Visitor(shopper.url, dict(shopper.kept))
        for _ in range(effort.each):
            try:
                browser.get(path)
            except (Refusal, OSError):
                bad[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = WRITERS * effort.each - sum(bad)
    found = _settled(place, before + wanted) - before
    costs.facts["writers"] = f"{WRITERS} writers, {wanted:,} pages, {found:,} events written"
    data = f"{WRITERS} writers"
    costs.checks.append(exact(11, "ingest", data, "lost events", max(wanted - found, 0), most=0))
    costs.checks.append(exact(11, "ingest", data, "answers that were no 200", sum(bad), most=0))


def _settled(place: Path, wanted: int) -> int:
    until = monotonic() + 5
    while (found := _events(place)) < wanted and monotonic() < until:
        sleep(0.05)
    return found


def _events(place: Path) -> int:
    """Pages of products in the journal."""
    connection = sqlite3.connect(f"file:{place / 'journal.db'}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM journal_event WHERE name = 'view_item'").fetchone()[0]
    finally:
        connection.close()


def _soon(costs: Costs, shopper: Visitor) -> None:
    """Seconds until the home page of somebody who opened a product has a strip because of it."""
    browser = Visitor(shopper.url, {name: one for name, one in shopper.kept.items() if name != VIEWED})
    home = browser.get("/")
    if BECAUSE in home:
        raise Refusal("the home page has a strip of what was looked at before anything was")
    browser.get(links(home, "/p/")[0])
    started = monotonic()
    while BECAUSE not in browser.get("/") and monotonic() - started < 5 * AT_ONCE_SECONDS:
        sleep(0.05)
    spent = round(monotonic() - started, 3)
    costs.checks.append(
        exact(11, "ingest", "home page", "seconds until it counts", spent, most=AT_ONCE_SECONDS)
    )


# --- batches ----------------------------------------------------------------------------------------------


def _batches(costs: Costs, place: Path, effort: Effort) -> None:
    """Events a second into the journal, one and fifty at a time, by turns, in one process."""
    import json

    command = [sys.executable, "-P", "-m", __name__, str(effort.events), str(effort.rounds)]
    environ = {**os.environ, "REGULARS_INSTANCE": str(place)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"writing events failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    from recommender.evaluation.timing import Turns

    turns = Turns(json.loads(done.stdout))
    costs.add(f"batches of {BATCH}", "journal", turns.compared("batches", "singles", "events", "1/s"))
    costs.checks.append(condition(11, "ingest", costs.lines[-1], "singles", least=LEAST_BATCHES))


def main(events: int, rounds: int) -> None:
    """Print events a second by turns."""
    import json

    from recommender.evaluation.timing import Turns
    from storefront.core.commands import shop_context

    with shop_context():
        ways = {
            "singles": partial(_written, max(events // 10, 1), 1),
            "batches": partial(_written, events, BATCH),
        }
        turns = Turns().take(ways, rounds)
    sys.stdout.write(json.dumps(turns.ways))


def _written(events: int, at_once: int) -> dict[str, float]:
    from time import perf_counter

    from storefront.core.behaviour import Behaviour
    from storefront.journal.service.recording import record

    started, written = perf_counter(), 0
    for _ in range(0, events, at_once):
        looks = [Behaviour("view_item", {"product_id": 1}) for _ in range(at_once)]
        written += record(looks, customer_id=None, visitor="bench", session="bench")
    return {"events": written / (perf_counter() - started)}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
