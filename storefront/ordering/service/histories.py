"""From a scratch table of order lines to items: products and customers first, then orders, then returns."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from storefront.core.imports.problems import Problem
from storefront.core.imports.registry import Options
from storefront.core.imports.staging import Staging
from storefront.ordering.rules.history import (
    DAY,
    Group,
    Line,
    Purchases,
    groups,
    middle,
    set_aside,
    without_repeats,
)
from storefront.ordering.rules.lines import Charges, Titles, is_name, merge_spellings
from storefront.ordering.service import reasons  # noqa: F401 - adds its sentences

RECENT = 50
PACK = 20
TOLD = 2_000
# Some shops write cancelled orders under the old number with this letter in front.
CANCEL_MARK = "C"


class History:
    """The lines of one file, once they are all in the scratch table `line`.

    `cells` holds the word lists by field; `given` names the fields that the file has.
    """

    def __init__(self, staging: Staging, cells: Mapping[str, Any], given: set[str], options: Options) -> None:
        self.staging = staging
        self.sql = staging.connection.execute
        self.words = {field: getattr(parser, "words", [""]) for field, parser in cells.items()}
        self.given = given
        self.options = options
        self.charges = Charges(**options.more.get("charges", {}))
        # Goods counted in or out look like orders, but nobody bought and nothing was paid.
        self.knows_free = {"price", "customer"} <= given
        self.main_sku: dict[int, int] = {}
        self.kind: dict[int, str] = {}
        self.title: dict[int, str] = {}
        self.marked = self._cancel_marks()

    def stage(self) -> None:
        """Adds every item and accounts for every row."""
        self._name_codes()
        self._stage_products()
        self._stage_customers()
        self._stage_orders()

    # --- codes and products -------------------------------------------------------------------------------

    def _kept(self) -> str:
        free = "price = 0 AND customer = 0" if self.knows_free else "0"
        return f"quantity <> 0 AND NOT ({free})"

    def _name_codes(self) -> None:
        """Decides for each code its spelling, its usual title, and whether it is a product."""
        codes: dict[int, Titles] = {}
        titles, skus = self.words.get("title", [""]), self.words["sku"]
        query = "SELECT sku, title, price > 0 AND quantity > 0, count(*) FROM line GROUP BY 1, 2, 3"
        for sku, title, sold, count in self.sql(query):
            names = codes.setdefault(sku, Titles())
            counts = names.sold if sold else names.other
            counts[titles[title]] = counts.get(titles[title], 0) + count
        numbers = {skus[sku]: sku for sku in codes}
        merged = merge_spellings({skus[sku]: names for sku, names in codes.items()})
        for spelling, main in merged.items():
            self.main_sku[numbers[spelling]] = numbers[main]
            _add(codes[numbers[main]], codes[numbers[spelling]])
        if merged:
            self.staging.note("sku_spelling_merged", len(merged))
        for sku, names in codes.items():
            if sku not in self.main_sku:
                self.title[sku] = names.usual()
                self.kind[sku] = self.charges.kind(skus[sku], self.title[sku])
        self._note_titles(codes)

    def _note_titles(self, codes: Mapping[int, Titles]) -> None:
        several = sum(
            len({name for name in names.sold if is_name(name)}) > 1
            for sku, names in codes.items()
            if self.kind.get(sku) == "product"
        )
        if several:
            self.staging.note("title_varies", several)

    def _stage_products(self) -> None:
        prices, categories = self._prices(), self._categories()
        found = self.sql(f"SELECT DISTINCT sku FROM line WHERE {self._kept()} AND price >= 0 ORDER BY sku")  # noqa: S608
        wanted = dict.fromkeys(self.main_sku.get(sku, sku) for (sku,) in found)
        products = [sku for sku in wanted if self.kind[sku] == "product"]
        paths = sorted({categories[sku] for sku in products if categories.get(sku)})
        for path in paths:
            self.staging.add("history_category", path, {"path": path})
        for sku in products:
            code, price = self.words["sku"][sku], prices.get(sku, 0)
            payload = {
                "sku": code,
                "title": self.title[sku] or code,
                "price": price,
                "category": categories.get(sku, ""),
                # Nothing may be sold for nothing by accident; a history without prices says nothing.
                "status": "draft" if price == 0 and "price" in self.given else "active",
            }
            self.staging.add("history_product", code, payload, weight=6)
        codes = [self.words["sku"][sku] for sku in products]
        for start in range(0, len(codes), PACK):
            pack = codes[start : start + PACK]
            self.staging.add("search", str(start), {"skus": pack}, weight=4 * len(pack))

    def _prices(self) -> dict[int, int]:
        """What each product cost of late: the middle one of its last sales."""
        prices: dict[int, int] = {}
        recent: dict[int, deque[int]] = {}
        for sku, price in self.sql(
            "SELECT sku, price FROM line WHERE quantity > 0 AND price > 0 ORDER BY at, n"
        ):
            recent.setdefault(self.main_sku.get(sku, sku), deque(maxlen=RECENT)).append(price)
        for sku, last in recent.items():
            prices[sku] = middle(list(last))
        return prices

    def _categories(self) -> dict[int, str]:
        if "category" not in self.given:
            return {}
        counts: dict[int, Counter[str]] = {}
        words = self.words["category"]
        for sku, category, count in self.sql("SELECT sku, category, count(*) FROM line GROUP BY 1, 2"):
            if category:
                counts.setdefault(self.main_sku.get(sku, sku), Counter())[words[category]] += count
        return {sku: max(found, key=lambda name: (found[name], name)) for sku, found in counts.items()}

    # --- customers ----------------------------------------------------------------------------------------

    def _stage_customers(self) -> None:
        """Everybody with at least one line; the country is the one of the last order."""
        if "customer" not in self.given:
            return
        words, countries = self.words["customer"], self.words.get("country", [""])
        # A bare column beside max() is taken from the row with the maximum: the last country.
        query = "SELECT customer, country, max(at) FROM line WHERE customer > 0 GROUP BY customer ORDER BY 1"
        joined = dict(self.sql("SELECT customer, min(at) FROM line GROUP BY customer").fetchall())
        for customer, country, _last in self.sql(query):
            payload = {"who": words[customer], "joined": joined[customer], "country": countries[country]}
            self.staging.add("history_customer", words[customer], payload, weight=2)

    # --- orders and returns -------------------------------------------------------------------------------

    def _cancel_marks(self) -> bool:
        """Whether the cancel letter means something here: not when most numbers start with it."""
        numbers = self.words.get("order", [])
        marked = sum(number[:1].upper() == CANCEL_MARK for number in numbers)
        return 0 < marked * 2 < len(numbers)

    def _is_return(self, number: str, quantity: int) -> bool:
        if quantity < 0:
            return True
        return self.marked and number[:1].upper() == CANCEL_MARK and number[1:2].isdecimal()

    def _lines(self) -> Iterator[Line]:
        """All lines in the order of order number, customer and time."""
        words = self.words
        skus, titles = words["sku"], words.get("title", [""])
        numbers, customers = words.get("order", [""]), words.get("customer", [""])
        countries, currencies = words.get("country", [""]), words.get("currency", [""])
        query = (
            "SELECT n, number, customer, sku, title, at, quantity, price, "
            "coalesce(total, quantity * price), country, currency FROM line ORDER BY number, customer, at, n"
        )
        main, kinds = self.main_sku, self.kind
        for n, number, customer, sku, title, at, quantity, price, total, country, currency in self.sql(query):
            sku = main.get(sku, sku)
            who = customers[customer]
            yield Line(
                n,
                numbers[number] or (f"{who}-{at // DAY}" if who else f"line-{n}"),
                who,
                skus[sku],
                titles[title] or self.title[sku],
                at,
                quantity,
                price,
                total,
                countries[country],
                kinds[sku],
                _iso(currencies[currency]),
            )

    def _shared(self) -> frozenset[str]:
        """Order numbers that more than one customer has."""
        if not {"order", "customer"} <= self.given:
            return frozenset()
        query = (
            "SELECT number FROM line WHERE customer > 0 AND number > 0 GROUP BY number "
            "HAVING min(customer) <> max(customer)"
        )
        return frozenset(self.words["order"][number] for (number,) in self.sql(query))

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """Customer and product of everything that is a return."""
        customers, skus = self.words.get("customer", [""]), self.words["sku"]
        self.sql("CREATE TEMP TABLE marked (number INTEGER PRIMARY KEY)")
        marked = [
            (place,) for place, number in enumerate(self.words.get("order", [])) if self._is_return(number, 1)
        ]
        self.staging.connection.executemany("INSERT INTO marked VALUES (?)", marked)
        query = (
            "SELECT DISTINCT customer, sku FROM line "
            "WHERE customer > 0 AND (quantity < 0 OR number IN (SELECT number FROM marked))"
        )
        for customer, sku in self.sql(query):
            yield customers[customer], skus[self.main_sku.get(sku, sku)]

    def _stage_orders(self) -> None:
        purchases = Purchases(self._wanted())
        returns: list[Group] = []
        for done, group in enumerate(groups(self._lines(), self._shared())):
            self._sort_out(group)
            back = [line for line in group.lines if self._is_return(line.number, line.quantity)]
            bought = [line for line in group.lines if not self._is_return(line.number, line.quantity)]
            if bought:
                self._stage_order(group, bought, purchases)
            if back:
                returns.append(replace(group, lines=back))
            if done % TOLD == 0:
                self.staging.tell("orders", done)
        purchases.settle()
        returns.sort(key=lambda group: (group.at, group.number))
        for group in returns:
            self._stage_return(group, purchases)

    def _sort_out(self, group: Group) -> None:
        """Leaves the group with the lines that count, and accounts for the others."""
        kept, repeats = without_repeats(group.lines)
        if repeats:
            self.staging.skip("line_repeated", len(repeats))
        group.lines = []
        for line in kept:
            reason = set_aside(line, self.knows_free)
            if reason:
                self.staging.reject(Problem(line.n, "", reason, {"value": line.sku}, fatal=False))
            elif line.currency and line.currency != self.options.currency:
                data = {"value": line.currency, "currency": self.options.currency}
                self.staging.reject(Problem(line.n, "", "currency_differs", data))
            else:
                group.lines.append(line)
        if group.lines and group.at != group.last_at:
            self.staging.note("order_with_two_times")

    def _stage_order(self, group: Group, lines: list[Line], purchases: Purchases) -> None:
        rows = []
        for position, line in enumerate(lines):
            rows.append([line.sku, line.title, line.quantity, line.price, line.total, line.kind])
            purchases.add(line, group.number, position)
            if line.kind == "charge":
                self.staging.note("charge_line")
            elif not line.price and "price" in self.given:
                self.staging.note("free_line")
        self.staging.add(
            "order", group.number, self._head(group, rows), lines=len(lines), weight=len(lines) + 1
        )

    def _stage_return(self, group: Group, purchases: Purchases) -> None:
        rows = []
        for line in group.lines:
            taken = purchases.take(line)
            if line.kind == "charge":
                self.staging.note("charge_returned")
            if not taken:
                self.staging.note("return_unmatched")
            rows.append(
                [line.sku, line.title, abs(line.quantity), line.price, abs(line.total), line.kind, taken]
            )
        self.staging.add(
            "return", group.number, self._head(group, rows), lines=len(rows), weight=3 * len(rows) + 1
        )

    def _head(self, group: Group, rows: list[list[Any]]) -> dict[str, Any]:
        return {"who": group.customer, "at": group.at, "country": group.country, "lines": rows}


def _iso(currency: str) -> str:
    """A currency's code; signs such as £ are shared by several currencies and prove nothing."""
    code = currency.upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else ""


def _add(counts: Titles, more: Titles) -> None:
    for mine, theirs in ((counts.sold, more.sold), (counts.other, more.other)):
        for title, number in theirs.items():
            mine[title] = mine.get(title, 0) + number
