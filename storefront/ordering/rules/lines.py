"""The format `lines`: one order line per row, in whatever columns a shop kept its history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from storefront.core.imports.cells import (
    Cells,
    MinorUnits,
    WholeNumbers,
    decimal_parts,
    has_decimal_comma,
    plain_text,
    rescale,
)
from storefront.core.imports.columns import Field
from storefront.core.imports.moments import Moments, date_style, style_by_order
from storefront.core.imports.problems import CellError

FIELDS = (
    Field(
        "order",
        (
            "order_id", "order_number", "orderno", "invoice", "invoiceno", "invoice_id", "invoice_number",
            "name",
            "basket_id", "basket", "transaction_id", "transaction", "receipt_id", "receipt", "receiptno",
            "ticket",
            "session_id", "session", "sessionid",
        ),
    ),
    Field(
        "sku",
        (
            "stockcode", "product_id", "productid", "product_code", "product", "item_id", "itemid",
            "item_code",
            "item", "lineitem_sku", "article_id", "article", "asin", "ean", "upc", "code",
        ),
        required=True,
    ),
    Field("title", ("description", "product_name", "item_name", "lineitem_name", "productname", "prod_name")),
    Field("quantity", ("qty", "lineitem_quantity", "units", "pieces", "count", "item_quantity")),
    Field(
        "at",
        (
            "invoicedate", "created_at", "ordered_at", "placed_at", "order_date", "purchase_date",
            "order_time",
            "transaction_timestamp", "transaction_date", "timestamp", "datetime", "date", "event_time",
            "t_dat",
            "time", "day",
        ),
        required=True,
    ),
    Field("clock", ("time", "order_time", "hour")),
    Field("price", ("unitprice", "unit_price", "lineitem_price", "item_price", "price_per_unit", "net")),
    Field("total", ("line_total", "sales_value", "amount", "sales", "revenue", "line_amount", "subtotal")),
    Field(
        "customer",
        (
            "customerid", "customer_id", "customer_number", "customer_email", "email", "user_id",
            "userid", "user",
            "client_id", "client", "household_id", "household_key", "household", "member_id", "buyer",
            "visitor_id",
            "visitorid",
        ),
    ),
    Field("country", ("country_code", "shipping_country", "billing_country")),
    Field("currency", ("currency_code",)),
    Field("category", ("product_category", "category_name", "department", "section", "category_code")),
)  # fmt: skip

ID_LIMIT = 110
NUMBER_LIMIT = 50
TITLE_LIMIT = 255
_PANDAS_ID = re.compile(r"([0-9]{1,18})\.0", re.ASCII)


@dataclass(frozen=True, slots=True)
class Charges:
    """Which codes and titles are no products.

    Titles must match as a whole, so that a delivery van stays a toy.
    """

    codes: str = (
        r"post(age)?|ship(ping)?|carriage|delivery|freight|manual|disc(ount)?|samples?|fee|adjust(ment)?"
        r"|bank[ _-]?charges?|amazon[ _-]?fee|tax|vat|tip|rounding|deposit|surcharge"
        r"|gift[ _-]?(card|voucher)?[ _-]?[0-9_]*"
    )
    titles: str = (
        r"(\w+ )?(postage|shipping|carriage|delivery|freight)( (cost|charge|fee)s?)?|manual|discount|samples?"
        r"|(bank|handling|packing|service) (charge|fee)s?|\w+ (fee|commission)"
        r"|(\w+ )?gift (voucher|card|certificate)( *[£$€¥]? *[0-9.,]+)?"
        r"|(price )?adjustment|rounding|deposit|tip|surcharge"
    )
    debts: str = r"(adjust )?bad debts?|write[- ]?off"

    def kind(self, code: str, title: str) -> str:
        """`product`, `charge`, or `debt` (bookkeeping that is no part of any order)."""
        title = " ".join(title.split())
        if re.fullmatch(self.debts, title, re.IGNORECASE):
            return "debt"
        if re.fullmatch(self.titles, title, re.IGNORECASE):
            return "charge"
        if re.fullmatch(self.codes, code.strip(), re.IGNORECASE | re.ASCII):
            return "charge"
        return "product"


class Words(Cells[int]):
    """Texts of one column as numbers: `words[number]` is the text. An empty cell is 0."""

    def __init__(self, limit: int, *, identifier: bool = False, collapse: bool = False) -> None:
        super().__init__()
        self.limit, self.identifier, self.collapse = limit, identifier, collapse
        self.words = [""]
        self._numbers = {"": 0}

    def parse(self, text: str) -> int:
        if self.collapse:
            text = " ".join(text[: 4 * self.limit].split())[: self.limit]
        word = plain_text(text, self.limit)
        if self.identifier and (found := _PANDAS_ID.fullmatch(word)):
            word = found[1]
        if word not in self._numbers:
            self._numbers[word] = len(self.words)
            self.words.append(word)
        return self._numbers[word]

    def __missing__(self, text: str) -> int:
        # Unlike other cells these are never forgotten: the numbers must stay what they are.
        value = self[text] = self.parse(text)
        return value


class Seconds(Moments):
    """Moments as whole seconds since 1970."""

    def parse(self, text: str) -> int:  # type: ignore[override]
        return int(super().parse(text).timestamp())


class Pieces(WholeNumbers):
    """Quantities. Weights such as 0.532 become at least one piece; `rounded` holds such cells."""

    def __init__(self, comma: bool) -> None:
        super().__init__(comma=comma)
        self.rounded: set[str] = set()

    def parse(self, text: str) -> int:
        try:
            return super().parse(text)
        except CellError as error:
            if error.code != "not_whole":
                raise
        amount, scale = decimal_parts(text, comma=self.comma)
        pieces, _ = rescale(amount, scale, 0)
        self.rounded.add(text)
        return pieces or (1 if amount > 0 else -1)


class Prices(MinorUnits):
    """Unit prices; `rounded` holds the cells with more decimals than the currency. An empty cell is 0."""

    def __init__(self, digits: int, comma: bool) -> None:
        super().__init__(digits, comma=comma, rounding=True)
        self.exact = MinorUnits(digits, comma=comma)
        self.rounded: set[str] = set()

    def parse(self, text: str) -> int:
        if not text.strip():
            return 0
        try:
            return self.exact.parse(text)
        except CellError as error:
            if error.code != "too_many_decimals":
                raise
        self.rounded.add(text)
        return super().parse(text)


@dataclass(frozen=True, slots=True)
class Styles:
    """How the columns of one file are written."""

    date: str = "iso"
    price_comma: bool = False
    quantity_comma: bool = False


def judge_styles(index: Mapping[str, int], hints: Mapping[str, str], rows: Sequence[Sequence[str]]) -> Styles:
    """Styles judged from sample rows; a hint given with the mapping (`at:mdy`, `price:comma`) wins."""

    def column(name: str) -> list[str]:
        place = index.get(name)
        return [row[place] for row in rows] if place is not None else []

    def comma(name: str) -> bool:
        return hints[name] == "comma" if name in hints else has_decimal_comma(column(name))

    return Styles(
        date=hints.get("at") or date_style(column("at")),
        price_comma=comma("price") or comma("total"),
        quantity_comma=comma("quantity"),
    )


def settle_date_style(style: str, texts: Iterable[str]) -> str:
    """A style for a column that its first rows left unclear, from all of its cells.

    Raises CellError date_ambiguous when nothing tells day from month.
    """
    if style != "unclear":
        return style
    distinct = list(dict.fromkeys(texts))
    found = date_style(distinct)
    if found == "unclear":
        found = style_by_order(distinct)
    if found == "unclear":
        raise CellError("date_ambiguous", field="at")
    return found


def parsers(index: Mapping[str, int], styles: Styles, digits: int) -> dict[str, Cells]:
    """A parser for each mapped column."""
    made: dict[str, Cells] = {
        "order": Words(NUMBER_LIMIT, identifier=True),
        "sku": Words(ID_LIMIT, identifier=True),
        "title": Words(TITLE_LIMIT, collapse=True),
        "quantity": Pieces(styles.quantity_comma),
        "at": Seconds(styles.date),
        "price": Prices(digits, styles.price_comma),
        "total": Prices(digits, styles.price_comma),
        "customer": Words(ID_LIMIT, identifier=True),
        "country": Words(60),
        "currency": Words(12),
        "category": Words(200),
    }
    return {name: made[name] for name in made if name in index}


@dataclass(slots=True)
class Titles:
    """What one code was called, and how often in a sale."""

    sold: dict[str, int] = field(default_factory=dict)
    other: dict[str, int] = field(default_factory=dict)

    def usual(self) -> str:
        """The name most sales used; names of other lines (often notes) only when nothing was ever sold."""
        for counts in (self.sold, self.other):
            names = [name for name in counts if is_name(name)]
            if names:
                return max(names, key=lambda name: (counts[name], len(name), name))
        return ""

    def lines(self) -> int:
        """How many lines carried the code."""
        return sum(self.sold.values()) + sum(self.other.values())


def is_name(text: str) -> bool:
    """Whether a description can be a product's name: at least three letters or Chinese characters."""
    letters = sum(char.isalpha() for char in text)
    return letters >= 3 or any("\u4e00" <= char <= "\u9fff" for char in text)


def merge_spellings(codes: Mapping[str, Titles]) -> dict[str, str]:
    """Codes that differ only in letter case, mapped to the spelling used most.

    They are kept apart when both were sold under names that share no word: then case does tell them apart.
    """
    groups: dict[str, list[str]] = {}
    for code in codes:
        groups.setdefault(code.casefold(), []).append(code)
    merged: dict[str, str] = {}
    for spellings in groups.values():
        if len(spellings) < 2:
            continue
        main = max(spellings, key=lambda code: (codes[code].lines(), code))
        for code in spellings:
            if code != main and _alike(codes[code].usual(), codes[main].usual()):
                merged[code] = main
    return merged


def _alike(one: str, other: str) -> bool:
    words = set(re.findall(r"\w+", one.casefold()))
    others = set(re.findall(r"\w+", other.casefold()))
    return not words or not others or bool(words & others)
