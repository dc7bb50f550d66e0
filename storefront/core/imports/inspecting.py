"""The first look at a file: is it whole, how is it written, which delimiter parts its cells?

Reads the file once in blocks, so its size does not matter.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from storefront.core.imports.problems import Problem

BLOCK = 1 << 18
DELIMITERS = ",;\t|"
NAMED_LINES = 20


@dataclass(frozen=True, slots=True)
class Look:
    """What the first look found. `damaged` means some bytes are not valid in the encoding."""

    encoding: str
    delimiter: str
    has_nul: bool
    damaged: bool
    cut: bool
    problems: tuple[Problem, ...] = ()


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked when it is gzip (known by its first bytes, not by its name)."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def look_at(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Look:
    """Inspects the whole file. `encoding` and `delimiter` are taken as given instead of guessed."""
    survey = _survey(path)
    problems = list(survey.problems)
    if survey.size == 0 and not survey.cut:
        problems.append(Problem(0, "", "file_empty"))
    chosen = encoding or _encoding(path, survey, problems)
    damaged = _is_damaged(path, chosen, survey)
    opening = _decode(survey.head, chosen)
    return Look(
        encoding=chosen,
        delimiter=delimiter or _delimiter(opening),
        has_nul=survey.has_nul and not chosen.startswith("utf-16"),
        damaged=damaged,
        cut=survey.cut,
        problems=tuple(problems),
    )


@dataclass(slots=True)
class _Survey:
    head: bytes = b""
    size: int = 0
    has_nul: bool = False
    utf8_errors: int = 0
    utf8_good: int = 0
    cut: bool = False
    problems: list[Problem] = field(default_factory=list)


def _survey(path: Path) -> _Survey:
    survey = _Survey()
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for block in _blocks(path, survey):
        if not survey.size:
            survey.head = block[:65536]
        survey.size += len(block)
        survey.has_nul = survey.has_nul or b"\0" in block
        if not block.isascii() or decoder.getstate()[0]:
            _count(decoder.decode(block), survey)
    _count(decoder.decode(b"", final=True), survey)
    return survey


def _count(text: str, survey: _Survey) -> None:
    errors = sum("\udc80" <= char <= "\udcff" for char in text) if not _is_encodable(text) else 0
    survey.utf8_errors += errors
    if not text.isascii():
        survey.utf8_good += sum(not char.isascii() for char in text) - errors


def _is_encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _blocks(path: Path, survey: _Survey) -> Iterator[bytes]:
    with open_bytes(path) as stream:
        while True:
            try:
                block = stream.read(BLOCK)
            except EOFError:
                survey.cut = True
                survey.problems.append(Problem(0, "", "gzip_cut"))
                return
            except (OSError, zlib.error):
                survey.cut = True
                survey.problems.append(Problem(0, "", "gzip_damaged"))
                return
            if not block:
                return
            yield block


def _encoding(path: Path, survey: _Survey, problems: list[Problem]) -> str:
    if survey.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if survey.head.startswith(codecs.BOM_UTF8) or not survey.utf8_errors:
        return "utf-8-sig"
    # Mostly valid multi-byte characters with a few errors: damaged UTF-8, not another encoding.
    if survey.utf8_good > 2 * survey.utf8_errors:
        return "utf-8-sig"
    if _is_gb18030(path):
        return "gb18030"
    fallback = "cp1252" if _decodes(path, "cp1252") else "latin-1"
    problems.append(Problem(0, "", "encoding_guessed", {"encoding": fallback}, fatal=False))
    return fallback


def _is_gb18030(path: Path) -> bool:
    """Valid GB18030 throughout, and its pairs look like Chinese rather than like accented Latin letters.

    A file cut in the middle of a character is still what it was: read as something else it would be taken
    for whole.
    In Chinese text both bytes of nearly every pair are high; in Latin text a high byte is followed by a
    letter.
    """
    if not _decodes(path, "gb18030", whole=False):
        return False
    high_pairs = mixed_pairs = 0
    for block in _blocks(path, _Survey()):
        index, end = 0, len(block) - 1
        while index < end:
            if block[index] < 0x80:
                index += 1
                continue
            if block[index + 1] >= 0xA1:
                high_pairs += 1
            else:
                mixed_pairs += 1
            index += 2
        if high_pairs + mixed_pairs > 100_000:
            break
    return high_pairs > 2 * mixed_pairs


def _decodes(path: Path, encoding: str, *, whole: bool = True) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    survey = _Survey()
    try:
        for block in _blocks(path, survey):
            decoder.decode(block)
        decoder.decode(b"", final=whole and not survey.cut)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged(path: Path, encoding: str, survey: _Survey) -> bool:
    if encoding in ("utf-8", "utf-8-sig"):
        return survey.utf8_errors > 0
    return not _decodes(path, encoding)


def _decode(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")


def _delimiter(opening: str) -> str:
    """The character that parts the header into most cells and the next rows into as many."""
    lines = opening.splitlines()[:50]
    if not lines:
        return ","
    scores = {sign: _agreement(lines, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: (scores[sign], -DELIMITERS.index(sign)))
    return best if scores[best] else ","


def _agreement(lines: list[str], sign: str) -> int:
    try:
        rows = [row for row in csv.reader(lines[:20], delimiter=sign) if row]
    except csv.Error:
        return 0
    if not rows or len(rows[0]) < 2:
        return 0
    same = sum(len(row) == len(rows[0]) for row in rows)
    return len(rows[0]) * same
