"""What can be wrong with a cell, a row or a file, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext


class CellError(ValueError):
    """A cell that cannot be taken as what its column says; `code` names why."""

    def __init__(self, code: str, **data: object) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `line` is the line in the file (0: the file as a whole), `column` a header cell or ''.

    `fatal` problems stop an import unless the owner asked to keep the good rows; the others are
    rows set aside for a known reason.
    """

    line: int
    column: str
    code: str
    data: Mapping[str, object] = field(default_factory=dict)
    fatal: bool = True

    @property
    def message(self) -> str:
        """The finding as one translated sentence with its place."""
        sentence = describe(self.code, self.data)
        if self.line and self.column:
            return gettext(
                "Row %(line)d, column %(column)s: %(sentence)s",
                line=self.line,
                column=self.column,
                sentence=sentence,
            )
        if self.line:
            return gettext("Row %(line)d: %(sentence)s", line=self.line, sentence=sentence)
        return sentence


def describe(code: str, data: Mapping[str, object] | None = None) -> str:
    """The sentence for a code; a code without a sentence of its own is shown as it is."""
    for sentences in _SENTENCES:
        found = sentences().get(code)
        if found:
            return found % _printable(data or {})
    return code.replace("_", " ")


def add_sentences(sentences: Callable[[], dict[str, str]]) -> None:
    """Adds a feature's own codes and their sentences; called at import, so it is idempotent."""
    if sentences not in _SENTENCES:
        _SENTENCES.append(sentences)


class _Missing(dict):
    def __missing__(self, key: str) -> str:
        return ""


def _printable(data: Mapping[str, object]) -> dict[str, object]:
    """Cell texts shortened and without control characters, so a message stays one line."""
    shown = _Missing()
    for key, value in data.items():
        if isinstance(value, str):
            value = "".join(c if c.isprintable() else "\ufffd" for c in value[:60])
        shown[key] = value
    return shown


def _core_sentences() -> dict[str, str]:
    return {
        "file_empty": gettext("The file is empty."),
        "file_cut": gettext("The file ends in the middle of a row; it was probably cut off."),
        "gzip_cut": gettext("The compressed file ends too early; copy or download it again."),
        "gzip_damaged": gettext("The compressed file is damaged; copy or download it again."),
        "encoding_mixed": gettext("These characters are not valid %(encoding)s."),
        "encoding_guessed": gettext("Read as %(encoding)s, because the file is neither UTF-8 nor GB18030."),
        "nul": gettext("It contains a NUL character."),
        "control_character": gettext("It contains a control character."),
        "quote_open": gettext("A quotation mark is opened and never closed."),
        "quote_misplaced": gettext("A quotation mark stands in the wrong place."),
        "row_too_long": gettext("The row is longer than %(limit)d characters."),
        "cell_too_long": gettext("The cell is longer than %(limit)d characters."),
        "too_many_cells": gettext("%(cells)d cells, but the header has %(columns)d."),
        "too_many_columns": gettext("The header has more than %(limit)d columns."),
        "column_twice": gettext("The column appears twice."),
        "column_unknown": gettext("The column is not known and was left out."),
        "column_kept": gettext("The column is not known; it is kept for exports and not shown."),
        "column_missing": gettext("No column for “%(field)s”. Columns found: %(found)s."),
        "column_not_there": gettext("There is no column “%(wanted)s”. Columns found: %(found)s."),
        "field_unknown": gettext("“%(field)s” is no field of this format. Fields: %(fields)s."),
        "empty": gettext("It is empty."),
        "not_a_number": gettext("“%(value)s” is not a number."),
        "not_whole": gettext("“%(value)s” is not a whole number."),
        "number_too_long": gettext("The number has %(digits)d digits; at most %(limit)d are possible."),
        "number_too_big": gettext("“%(value)s” is beyond the limit of %(limit)s."),
        "negative": gettext("“%(value)s” is negative."),
        "too_many_decimals": gettext("“%(value)s” has more decimals than the currency."),
        "not_a_date": gettext("“%(value)s” is not a date that is understood."),
        "date_ambiguous": gettext(
            "Day and month cannot be told apart."
            " Say which comes first with --map COLUMN=%(field)s:dmy or :mdy."
        ),
        "date_mixed": gettext("Some dates have the day first and some the month."),
        "not_kept_cells": gettext("It is not what an export writes here; leave it empty."),
        "not_yes_no": gettext("“%(value)s” is neither yes nor no."),
        "not_one_of": gettext("“%(value)s” is not one of %(choices)s."),
        "empty_row": gettext("The row is empty."),
        "format_unknown": gettext(
            "The format was not recognised. Say it with --format (%(formats)s). Columns found: %(found)s."
        ),
    }


_SENTENCES: list[Callable[[], dict[str, str]]] = [_core_sentences]
