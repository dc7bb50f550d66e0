"""Cells turned into exact values: whole numbers, minor units, moments, yes and no.

Nothing here passes through a float, and only plain ASCII digits are digits. Every parser is a
dictionary from the cell's text to its value, filled on first sight, because columns repeat themselves.
"""

from __future__ import annotations

import json
import re
from typing import Generic, TypeVar

from storefront.core.imports.problems import CellError

DIGITS_LIMIT = 18
REMEMBERED = 200_000
KEPT_LIMIT = 200_000
_AFFIX = re.compile(
    r"^(?P<sign>[-+\u2212]?)\s*(?:(?:[A-Z]{1,3}\s?)?[£$€¥￥₹₽₩₺₴₫฿]|[A-Z]{3}|kr\.?|zł)?\s*(?P<body>.*?)"
    r"\s*(?:[£$€¥￥₹₽₩₺₴₫฿]|[A-Z]{3}|kr\.?|zł)?$",
    re.ASCII | re.DOTALL,
)
_PLAIN = re.compile(r"[0-9]+", re.ASCII)
_POINT = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:[, '\u00a0\u202f][0-9]{3})+)?(?:\.(?P<part>[0-9]+))?", re.ASCII
)
_COMMA = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:[. '\u00a0\u202f][0-9]{3})+)?(?:,(?P<part>[0-9]+))?", re.ASCII
)

Value = TypeVar("Value")


class Cells(dict, Generic[Value]):
    """A parser that remembers: `cells[text]` gives the value or raises CellError."""

    def __missing__(self, text: str) -> Value:
        value = self.parse(text)
        if len(self) >= REMEMBERED:
            self.clear()
        self[text] = value
        return value

    def parse(self, text: str) -> Value:
        """The value of a cell not seen before."""
        raise NotImplementedError


class WholeNumbers(Cells[int]):
    """Whole numbers within bounds. `6`, `-6`, `+6`, `1,000` and `6.0` are; `6.5`, `1e3` and `1_0` are not."""

    def __init__(
        self, *, low: int = -(10**9), high: int = 10**9, comma: bool = False, empty: int | None = None
    ):
        super().__init__()
        self.low, self.high, self.comma, self.empty = low, high, comma, empty

    def parse(self, text: str) -> int:
        stripped = text.strip()
        if not stripped and self.empty is not None:
            return self.empty
        digits, scale = decimal_parts(stripped, comma=self.comma)
        whole, rest = divmod(abs(digits), 10**scale)
        if rest:
            raise CellError("not_whole", value=text)
        number = -whole if digits < 0 else whole
        return within(number, text, self.low, self.high)


class MinorUnits(Cells[int]):
    """Amounts in minor units of a currency with `digits` decimals.

    Further decimals are refused unless `rounding`: then halves go away from zero.
    """

    def __init__(self, digits: int, *, comma: bool = False, rounding: bool = False, low: int = -(10**14)):
        super().__init__()
        self.digits, self.comma, self.rounding, self.low = digits, comma, rounding, low

    def parse(self, text: str) -> int:
        amount, scale = decimal_parts(money_body(text), comma=self.comma)
        minor, exact = rescale(amount, scale, self.digits)
        if not exact and not self.rounding:
            raise CellError("too_many_decimals", value=text)
        return within(minor, text, self.low, 10**14)


def within(number: int, text: str, low: int, high: int) -> int:
    """The number, or a refusal when it lies outside the bounds."""
    if number < low:
        if low == 0:
            raise CellError("negative", value=text)
        raise CellError("number_too_big", value=text, limit=low)
    if number > high:
        raise CellError("number_too_big", value=text, limit=high)
    return number


def money_body(text: str) -> str:
    """The amount of a cell without a currency sign or code around it."""
    stripped = text.strip()
    if len(stripped) > 60 or (stripped[:1].isdecimal() and stripped[-1:].isdecimal()):
        return stripped
    if stripped.startswith("(") and stripped.endswith(")"):
        return "-" + money_body(stripped[1:-1])
    found = _AFFIX.match(stripped)
    if not found:
        return stripped
    sign = "-" if found["sign"] in ("-", "\u2212") else found["sign"]
    return sign + found["body"]


def decimal_parts(text: str, *, comma: bool = False) -> tuple[int, int]:
    """A decimal as (all digits as one integer, number of decimals). `12.90` gives (1290, 2)."""
    text = text.strip()
    if not text:
        raise CellError("empty")
    negative = text[0] == "-"
    body = text[1:] if text[0] in "+-" else text
    _check_length(body)
    found = (_COMMA if comma else _POINT).fullmatch(body)
    if not found or not body.strip("., "):
        raise CellError("not_a_number", value=text)
    whole = re.sub(r"[^0-9]", "", found["whole"] or "0")
    part = (found["part"] or "").rstrip("0")
    if len(whole.lstrip("0")) + len(part) > DIGITS_LIMIT:
        raise CellError("number_too_long", digits=len(whole) + len(part), limit=DIGITS_LIMIT)
    amount = int(whole + part)
    return (-amount if negative else amount), len(part)


def _check_length(body: str) -> None:
    """Refuses endless cells before a pattern or int() sees them."""
    if len(body) <= 2 * DIGITS_LIMIT + 8:
        return
    if _PLAIN.fullmatch(body.replace(".", "").replace(",", "")):
        raise CellError("number_too_long", digits=len(body), limit=DIGITS_LIMIT)
    raise CellError("not_a_number", value=body)


def rescale(amount: int, scale: int, digits: int) -> tuple[int, bool]:
    """An amount with `scale` decimals as one with `digits`, and whether that was exact."""
    if scale <= digits:
        return amount * 10 ** (digits - scale), True
    divisor = 10 ** (scale - digits)
    whole, rest = divmod(abs(amount), divisor)
    if rest * 2 >= divisor:
        whole += 1
    return (-whole if amount < 0 else whole), rest == 0


def has_decimal_comma(texts: list[str]) -> bool:
    """Whether amounts of a column are written with a decimal comma, judged from a sample.

    `1,234` alone says nothing; `12,5` and `1.234,50` do, and a single `12.5` speaks against it.
    """
    bodies = [money_body(text).lstrip("+-") for text in texts]
    votes = sum(_is_comma_decimal(body) for body in bodies)
    against = sum(_is_point_decimal(body) for body in bodies)
    return votes > against


def _is_comma_decimal(body: str) -> bool:
    return bool(
        re.fullmatch(r"[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}(?:[. ][0-9]{3})+,[0-9]+", body, re.ASCII)
    )


def _is_point_decimal(body: str) -> bool:
    return bool(
        re.fullmatch(r"[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}(?:[, ][0-9]{3})+\.[0-9]+", body, re.ASCII)
    )


_YES = frozenset({"yes", "true", "1", "y", "t", "是"})
_NO = frozenset({"no", "false", "0", "n", "f", "否"})


def yes_no(text: str, default: bool = False) -> bool:
    """Yes or no from a cell; an empty one gives the default."""
    word = text.strip().casefold()
    if not word:
        return default
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise CellError("not_yes_no", value=text)


def one_of(text: str, choices: tuple[str, ...], default: str = "") -> str:
    """One of the given words, whatever its case; an empty cell gives the default."""
    word = text.strip().casefold()
    if not word and default:
        return default
    if word not in choices:
        raise CellError("not_one_of", value=text, choices=", ".join(choices))
    return word


def kept_cells(text: str) -> dict[str, dict[str, str]]:
    """What other formats brought along, as an export of ours wrote it: format -> column -> cell."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text) if len(text) <= KEPT_LIMIT else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(_is_kept(cells) for cells in found.values()):
        raise CellError("not_kept_cells")
    return found


def _is_kept(cells: object) -> bool:
    return isinstance(cells, dict) and all(isinstance(cell, str) for cell in cells.values())


def as_kept(extra: dict[str, dict[str, str]], own: str) -> str:
    """The cell for what other formats than `own` brought along."""
    others = {name: cells for name, cells in extra.items() if name != own}
    return json.dumps(others, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if others else ""


def plain_text(text: str, limit: int, *, lines: bool = False) -> str:
    """Text without spaces around it; refuses NUL, lone surrogates, control characters and excess length."""
    stripped = text.strip()
    if len(stripped) > limit:
        raise CellError("cell_too_long", limit=limit)
    if stripped.isprintable():
        return stripped
    for char in stripped:
        if char == "\0":
            raise CellError("nul")
        if "\ud800" <= char <= "\udfff":
            raise CellError("encoding_mixed", encoding="UTF-8")
        if (char < " " or char == "\x7f") and not (lines and char in "\n\r\t"):
            raise CellError("control_character")
    return stripped
