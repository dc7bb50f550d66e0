"""`regulars bench queries`: goal 10, the SQL statements of each kind of page of a signed-in customer."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storefront.core.errors import Refusal
from storefront.personalization.service.costs import Advance, Costs, exact
from storefront.personalization.service.trial_shops import built_shop, fields_of, links, shop_command

MOST, GOAL_PRODUCT_PAGE = 8, 5
LINES = 3
BASE = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class Effort:
    """How many customers the larger shop has."""

    customers: int = 10_000


QUICK = Effort()
SMALLEST = Effort(20)


def bench_queries(
    *,
    quick: bool = False,
    instance: Path | None = None,
    effort: Effort | None = None,
    advance: Advance | None = None,
) -> Costs:
    """Count statements of every kind of page, also with longer listings and with many more customers."""
    chosen, say = effort or QUICK, advance or (lambda step, share: None)
    costs = Costs("queries", quick=quick)
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        say("building a shop", 0.0)
        place = Path(folder)
        account = built_shop(place, instance)["new_parent"]
        say("counting", 0.5)
        few = _counted(place, account)
        wide = _counted(place, account, page_size=48)
        say(f"{chosen.customers:,} customers more", 0.6)
        _more_customers(place, chosen.customers)
        many = _counted(place, account)
    found = {"24 products": few, "48 products": wide, f"{chosen.customers:,} customers more": many}
    costs.facts = {f"statements, {how}": numbers for how, numbers in found.items()}
    for how, numbers in found.items():
        for page, number in numbers.items():
            costs.checks.append(exact(10, "queries", f"{page}, {how}", "statements", number, most=MOST))
    for page, number in few.items():
        more = max(wide[page], many[page]) - number
        costs.checks.append(exact(10, "queries", page, "more when the shop is larger", more, most=0))
    aimed = f"A product page sends {few['product page']}; beyond the bound, {GOAL_PRODUCT_PAGE} are aimed at."
    costs.notes.append(aimed)
    say("done", 1.0)
    return costs


def _more_customers(folder: Path, count: int) -> None:
    path = folder / "more-customers.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "name"])
        writer.writerows([f"person{one}@bench.example", f"Person {one}"] for one in range(count))
    shop_command(folder, "import", "customers", str(path), "--json")


def _counted(folder: Path, account: dict[str, Any], page_size: int = 24) -> dict[str, int]:
    """Statements by page, counted by a process of its own inside the shop."""
    command = [sys.executable, "-P", "-m", __name__, account["email"], account["password"]]
    own = {"INSTANCE": str(folder), "BASE_URL": BASE, "PAGE_SIZE": str(page_size)}
    environ = {**os.environ, **{f"REGULARS_{name}": value for name, value in own.items()}}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(f"counting failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return json.loads(done.stdout)


# --- inside the shop --------------------------------------------------------------------------------------


def main(email: str, password: str) -> None:
    """Print how many statements each page costs the customer with this address."""
    from storefront.core.commands import shop_app
    from storefront.core.counting import counted_statements

    app = shop_app()
    browser = app.test_client()

    def page(path: str) -> str:
        answer = browser.get(path, base_url=BASE, buffered=True)
        if answer.status_code != 200:
            raise Refusal(f"{path} answered {answer.status_code}")
        return answer.get_data(as_text=True)

    def post(path: str, form: dict[str, str]) -> None:
        browser.post(path, data=form, base_url=BASE, headers={"Referer": BASE + path}, buffered=True)

    form = fields_of(page("/account/login"), "/account/login")
    post("/account/login", {**form, "email": email, "password": password})
    found = {}
    for name, path in _pages(page, post).items():
        page(path)  # what a process remembers is remembered now
        with counted_statements(app) as statements:
            page(path)
        found[name] = len([one for one in statements if not one.startswith("INSERT INTO journal_event")])
    sys.stdout.write(json.dumps(found))


def _pages(page: Any, post: Any) -> dict[str, str]:
    """One page of each kind; three products of the fullest shelf go into the cart on the way."""
    shelves = {path: links(page(path), "/p/") for path in links(page("/"), "/c/")[:8]}
    shelf = max(shelves, key=lambda path: len(shelves[path]))
    added = 0
    for product in shelves[shelf]:
        form = fields_of(page(product), "/cart/add")
        if form and added < LINES:
            post("/cart/add", {**form, "quantity": "1"})
            added += 1
    product = next(one for one in shelves[shelf] if "data-strip=" in page(one))
    return {
        "home": "/",
        "product page": product,
        "category": shelf,
        "search": "/search?q=a",
        "cart": "/cart",
        "product page, Chinese": "/zh" + product,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
