"""`regulars bench web`: pages beside the same with fixed strips (goal 9), or beside another shop (goal 8)."""

from __future__ import annotations

import random
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from storefront.core.errors import Refusal
from storefront.personalization.service.costs import Advance, Costs, condition
from storefront.personalization.service.loading import Ask, load
from storefront.personalization.service.trial_shops import Visitor, built_shop, links, served

FIXED = "storefront.personalization.service.fixed_strips"
SELF_LIMITS = {"p50_ms": 1.3, "p99_ms": 1.5}
PEER_PRODUCT = {"rps": 6.0, "p99_ms": 1 / 5}
PEER_LISTING = {"rps": 80.0}
UNITS = {"rps": "1/s", "p50_ms": "ms", "p99_ms": "ms"}


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int = 15
    seconds: float = 3.0
    connections: int = 4
    workers: int = 2


QUICK = Effort(rounds=5, seconds=1.5)
SMALLEST = Effort(rounds=2, seconds=0.2, connections=1, workers=1)


@dataclass(frozen=True)
class Peer:
    """Another shop that is running: its product page, and a listing of 24 products."""

    product: str
    listing: str | None = None


def bench_web(
    *,
    quick: bool = False,
    instance: Path | None = None,
    peer: Peer | None = None,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Costs:
    """Measure goal 9, and goal 8 where a peer is given, on a demo shop in a folder of its own."""
    chosen = effort or (QUICK if quick else Effort())
    costs, say = Costs("web", quick=quick), advance or (lambda step, share: None)
    costs.facts = {
        "connections": chosen.connections, "workers": chosen.workers, "seconds_per_round": chosen.seconds,
        "rounds": chosen.rounds,
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder, ExitStack() as stack:
        say("building a shop", 0.0)
        place = Path(folder)
        accounts = built_shop(place, instance)
        say("starting it", 0.3)
        personal = stack.enter_context(served(place, workers=chosen.workers)).url
        shopper = Visitor(personal)
        shopper.sign_in(accounts["new_parent"])
        home = shopper.get("/")
        product, listing = _pages(shopper, home)
        costs.facts["pages"] = [product, listing]
        if peer is None:
            fixed = stack.enter_context(served(place, workers=chosen.workers, module=FIXED)).url
            say("personal beside fixed strips", 0.4)
            for name, path in (("product page", product), ("home page", "/")):
                _compare_self(costs, name, (personal + path, fixed + path), shopper, chosen)
        else:
            say("beside the peer", 0.4)
            _compare_peer(costs, peer, (personal + product, personal + listing), shopper, chosen)
    say("done", 1.0)
    return costs


def _pages(shopper: Visitor, home: str) -> tuple[str, str]:
    """A product page with strips and a full listing; two other products go into the cart."""
    listings = links(home, "/c/")[:8]
    shelf = max(listings, key=lambda path: len(links(shopper.get(path), "/p/")))
    products = links(shopper.get(shelf), "/p/")
    random.Random(5).shuffle(products)  # noqa: S311 - which product is looked at is no secret
    shopper.fill_cart(products[:8], 2)
    product = next((path for path in products if "data-strip=" in shopper.get(path)), None)
    if product is None:
        raise Refusal("no product page of this shop has a strip: nothing personal can be measured")
    return product, shelf


def _compare_self(costs: Costs, name: str, urls: tuple[str, str], shopper: Visitor, effort: Effort) -> None:
    from recommender.evaluation.timing import Turns

    both = dict(zip(("personal", "fixed"), urls, strict=True))
    strips = {way: _strips(url, shopper) for way, url in both.items()}
    costs.facts[f"strips_{name}"] = strips
    ways = {way: partial(_load, both[way], shopper, effort) for way in ("fixed", "personal")}
    Turns().take(ways, 1)  # warms up
    turns = Turns().take(ways, effort.rounds)
    _refuse_errors(turns.ways["personal"] + turns.ways["fixed"])
    for what, unit in UNITS.items():
        costs.add("personal", name, turns.compared("personal", "fixed", what, unit))
        if what in SELF_LIMITS:
            costs.checks.append(condition(9, "web", costs.lines[-1], "fixed strips", most=SELF_LIMITS[what]))


def _strips(url: str, shopper: Visitor) -> str:
    """How many strips and cards the page has: both sides must be of like size."""
    base, _, path = url.partition("://")[2].partition("/")
    page = Visitor(f"http://{base}", dict(shopper.kept)).get("/" + path)
    return f"{page.count('data-strip=')} strips, {page.count('data-source=')} cards, {len(page):,} characters"


def _load(url: str, shopper: Visitor | None, effort: Effort) -> dict[str, float]:
    ask = Ask(url, shopper.cookies if shopper else "")
    return load(ask, connections=effort.connections, seconds=effort.seconds)


def _refuse_errors(rounds: list[dict[str, float]]) -> None:
    bad = sum(one["bad"] for one in rounds)
    if bad:
        raise Refusal(f"{bad:.0f} requests were not answered with 2xx: nothing of this run counts")


def _compare_peer(costs: Costs, peer: Peer, urls: tuple[str, str], shopper: Visitor, effort: Effort) -> None:
    from recommender.evaluation.timing import Turns

    for name, ours, theirs, limits in (
        ("product page", urls[0], peer.product, PEER_PRODUCT),
        ("listing", urls[1], peer.listing, PEER_LISTING),
    ):
        if theirs is None:
            continue
        ways = {
            "peer": partial(_load, theirs, None, effort),
            "signed in": partial(_load, ours, shopper, effort),
            "anonymous": partial(_load, ours, None, effort),
        }
        Turns().take(ways, 1)
        turns = Turns().take(ways, effort.rounds)
        _refuse_errors([turn for found in turns.ways.values() for turn in found])
        for who in ("signed in", "anonymous"):
            for what, unit in UNITS.items():
                costs.add(who, name, turns.compared(who, "peer", what, unit))
                if who == "signed in" and what in limits:
                    bound = {"least": limits[what]} if what == "rps" else {"most": limits[what]}
                    costs.checks.append(condition(8, "web", costs.lines[-1], peer.product, **bound))
