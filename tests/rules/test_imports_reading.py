"""A damaged file says where it is damaged, and its other rows are read all the same."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from storefront.core.imports.problems import Problem
from storefront.core.imports.reading import named, open_table
from storefront.core.imports.writing import write_table

HEAD = "name,note,price\n"


def read(path: Path, **more: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    table = open_table(path, **more)
    problems = list(table.problems)
    rows = list(table.rows(problems.append))
    return rows, [named(problem, table.columns) for problem in problems]


def put(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_quoted_newlines_keep_the_line_numbers_right(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, HEAD + 'a,"one\ntwo",1\nb,x,2\n'))
    assert rows == [(2, ["a", "one\ntwo", "1"]), (4, ["b", "x", "2"])]
    assert problems == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    text = HEAD + "".join(f"茶壶{n},陶器店的说明文字,1\n" for n in range(20))
    rows, problems = read(put(tmp_path, text.encode(encoding)))
    assert rows[0][1][0] == "茶壶0"
    assert len(rows) == 20 and problems == []


def test_western_letters_are_read_with_a_remark(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, (HEAD + "Café Müller,für £5,1\n").encode("cp1252")))
    assert rows[0][1][:2] == ["Café Müller", "für £5"]
    assert [(problem.code, problem.fatal) for problem in problems] == [("encoding_guessed", False)]


def test_bytes_that_do_not_belong_name_row_and_column(tmp_path: Path) -> None:
    good = "".join(f"茶壶,说明{n},1\n" for n in range(5)).encode()
    rows, problems = read(put(tmp_path, HEAD.encode() + good + b"x,bad \xff\xfe here,2\n" + good))
    assert len(rows) == 10
    assert [(problem.line, problem.column, problem.code) for problem in problems] == [
        (7, "note", "encoding_mixed")
    ]


def test_nul_names_row_and_column(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, HEAD + "a,b\0c,1\nd,e,2\n"))
    assert [cells[0] for _, cells in rows] == ["d"]
    assert [(problem.line, problem.column, problem.code) for problem in problems] == [(2, "note", "nul")]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, sign: str) -> None:
    text = sign.join(["name", "note", "price"]) + "\n" + sign.join(["a", "x", "1"]) + "\n"
    rows, problems = read(put(tmp_path, text))
    assert rows == [(2, ["a", "x", "1"])] and problems == []


def test_an_unclosed_quote_costs_one_row(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, HEAD + 'a,x,1\nb,"open,2\nc,y,3\nd,z,4\n'))
    assert [cells[0] for _, cells in rows] == ["a", "c", "d"]
    assert [(problem.line, problem.code) for problem in problems] == [(3, "quote_open")]


def test_a_file_cut_in_a_row_says_so(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, HEAD + "a,x,1\nb,y"))
    assert len(rows) == 1
    assert [(problem.line, problem.code) for problem in problems] == [(3, "file_cut")]


def test_a_gzip_stream_cut_in_the_middle_says_so(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "".join(f"a{n},x{n * 7919},1\n" for n in range(20_000))).encode(), mtime=0)
    rows, problems = read(put(tmp_path, whole[: len(whole) // 2], "file.csv.gz"))
    assert 0 < len(rows) < 20_000
    assert "gzip_cut" in {problem.code for problem in problems}


def test_a_damaged_gzip_stream_says_so(tmp_path: Path) -> None:
    whole = bytearray(
        gzip.compress((HEAD + "".join(f"a{n},x{n * 7919},1\n" for n in range(20_000))).encode(), mtime=0)
    )
    whole[len(whole) // 2] ^= 0xFF
    _, problems = read(put(tmp_path, bytes(whole), "file.csv.gz"))
    assert {problem.code for problem in problems} & {
        "gzip_damaged",
        "encoding_mixed",
        "too_many_cells",
        "file_cut",
    }


def test_rows_too_wide_are_named_and_short_ones_filled(tmp_path: Path) -> None:
    rows, problems = read(put(tmp_path, HEAD + "a,x,1,more\nb\nc,y,2,,\nd,z,3\n"))
    assert rows == [(3, ["b", "", ""]), (4, ["c", "y", "2"]), (5, ["d", "z", "3"])]
    assert [(problem.line, problem.code) for problem in problems] == [(2, "too_many_cells")]


def test_giant_cells_and_rows_are_left_out_within_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    with path.open("w") as stream:
        stream.write(HEAD + "a,")
        for _ in range(30):
            stream.write("x" * 1_000_000)
        stream.write(",1\nb," + "," * 10_000_000 + "\nc,y,3\n")
    tracemalloc.start()
    rows, problems = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [cells[0] for _, cells in rows] == ["c"]
    assert [problem.code for problem in problems] == ["row_too_long", "row_too_long"]
    assert peak < 100_000_000


@pytest.mark.parametrize(("content", "code"), [(b"", "file_empty"), (b"a,b,a\n1,2,3\n", "column_twice")])
def test_headers_that_cannot_be_used(tmp_path: Path, content: bytes, code: str) -> None:
    _, problems = read(put(tmp_path, content))
    assert code in {problem.code for problem in problems}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows = [["=1+1", "two\nlines", '"quoted", with comma'], ["'=x", " ", "茶"], ["-5", "\ttab", ""]]
    for name in ("out.csv", "out.csv.gz"):
        write_table(tmp_path / name, ["a", "@b", "c"], rows)
        table = open_table(tmp_path / name)
        assert [cells for _, cells in table.rows(lambda problem: None)] == rows
    again = tmp_path / "again.csv.gz"
    write_table(again, ["a", "@b", "c"], rows)
    assert again.read_bytes() == (tmp_path / "out.csv.gz").read_bytes()


def test_sheets_of_a_workbook_and_parquet_are_tables(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["sku", "price"])
    book.active.append([85123, 2.55])
    book.save(tmp_path / "file.xlsx")
    rows, _ = read(tmp_path / "file.xlsx")
    assert rows == [(2, ["85123", "2.55"])]
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    parquet.write_table(pyarrow.table({"sku": ["85123"], "quantity": [6]}), tmp_path / "file.parquet")
    rows, _ = read(tmp_path / "file.parquet")
    assert rows == [(2, ["85123", "6"])]
