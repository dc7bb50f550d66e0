"""Dates and times in cells: the styles in use, told apart per column, into aware UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from storefront.core.imports.cells import Cells
from storefront.core.imports.problems import CellError

STYLES = ("iso", "dmy", "mdy")
_CLOCK = (
    r"(?:[T ,]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<a>[0-9]{4})[-/.](?P<b>[0-9]{1,2})[-/.](?P<c>[0-9]{1,2})" + _CLOCK, re.ASCII)
_COMPACT = re.compile(r"(?P<a>[0-9]{4})(?P<b>[0-9]{2})(?P<c>[0-9]{2})" + _CLOCK, re.ASCII)
_YEAR_LAST = re.compile(
    r"(?P<a>[0-9]{1,2})[-/.](?P<b>[0-9]{1,2})[-/.](?P<c>[0-9]{4}|[0-9]{2})" + _CLOCK, re.ASCII
)
_NAMED = re.compile(
    r"(?:(?P<a>[0-9]{1,2})[- ](?P<b>[A-Za-z]{3,9})\.?|(?P<b2>[A-Za-z]{3,9})\.? (?P<a2>[0-9]{1,2}))"
    r"[-, ]+(?P<c>[0-9]{4})" + _CLOCK,
    re.ASCII,
)
_CHINESE = re.compile(r"(?P<a>[0-9]{4})年(?P<b>[0-9]{1,2})月(?P<c>[0-9]{1,2})日?" + _CLOCK, re.ASCII)
_EPOCH = re.compile(r"-?[0-9]{9,10}(?:\.[0-9]+)?|[0-9]{13}|[0-9]{16}", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Moments(Cells[datetime]):
    """Moments of one column. `style` says what `03/04/2011` means; a time without a zone is UTC."""

    def __init__(self, style: str = "iso", zone: tzinfo = UTC, earliest: int = 1900, latest: int = 2200):
        super().__init__()
        self.style, self.zone, self.years = style, zone, (earliest, latest)

    def parse(self, text: str) -> datetime:
        stripped = text.strip()
        if not stripped:
            raise CellError("empty")
        if len(stripped) > 40:
            raise CellError("not_a_date", value=text)
        try:
            moment = self._read(stripped)
        except (ValueError, OverflowError) as error:
            raise CellError("not_a_date", value=text) from error
        if not self.years[0] <= moment.year <= self.years[1]:
            raise CellError("not_a_date", value=text)
        return moment

    def _read(self, text: str) -> datetime:
        for pattern in (_YEAR_FIRST, _CHINESE, _COMPACT):
            if found := pattern.fullmatch(text):
                return self._build(int(found["a"]), int(found["b"]), int(found["c"]), found)
        if _EPOCH.fullmatch(text):
            return _from_epoch(text)
        if found := _YEAR_LAST.fullmatch(text):
            day, month = (found["b"], found["a"]) if self.style == "mdy" else (found["a"], found["b"])
            return self._build(_four_digits(found["c"]), int(month), int(day), found)
        if found := _NAMED.fullmatch(text):
            month = _MONTHS.index((found["b"] or found["b2"])[:3].lower()) + 1
            return self._build(int(found["c"]), month, int(found["a"] or found["a2"]), found)
        raise CellError("not_a_date", value=text)

    def _build(self, year: int, month: int, day: int, found: re.Match[str]) -> datetime:
        hour = _hour(int(found["hour"] or 0), found["half"])
        fraction = int(((found["fraction"] or "") + "000000")[:6])
        minute, second = int(found["minute"] or 0), int(found["second"] or 0)
        zone = _zone(found["zone"]) or self.zone
        moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=zone)
        return moment.astimezone(UTC)


def date_style(texts: Iterable[str]) -> str:
    """How a column writes its dates: `iso`, `dmy`, `mdy`, or `unclear` when the cells allow both.

    Reads no further than needed. Raises CellError date_mixed when one cell can only be one style and
    another only the other; judged on cells with the year last alone.
    """
    style = "iso"
    for text in texts:
        found = _YEAR_LAST.fullmatch(text.strip()) if len(text) <= 40 else None
        if not found:
            continue
        first, second = int(found["a"]), int(found["b"])
        if first > 12 >= second:
            return "dmy"
        if second > 12 >= first:
            return "mdy"
        style = "unclear"
    return style


def style_by_order(texts: list[str]) -> str:
    """`dmy` or `mdy` for an unclear column: the one under which the file runs through time more evenly."""
    spans = {style: _jumps(Moments(style), texts) for style in ("dmy", "mdy")}
    if spans["dmy"] == spans["mdy"]:
        return "unclear"
    return min(spans, key=lambda style: spans[style])


def _jumps(moments: Moments, texts: list[str]) -> int:
    days, before = 0, None
    for text in texts:
        try:
            moment = moments[text]
        except CellError:
            continue
        if before is not None:
            days += abs((moment - before).days)
        before = moment
    return days


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("hour")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _four_digits(year: str) -> int:
    number = int(year)
    if len(year) == 4:
        return number
    return 2000 + number if number < 70 else 1900 + number


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError("zone")
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if text[0] == "-" else shift)


def _from_epoch(text: str) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    whole, _, part = text.partition(".")
    if part:
        return start + timedelta(seconds=int(whole), microseconds=int((part + "000000")[:6]))
    unit = {13: "milliseconds", 16: "microseconds"}.get(len(whole), "seconds")
    return start + timedelta(**{unit: int(whole)})
