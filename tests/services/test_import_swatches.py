"""Colours of option values: in by the own format, kept by files that do not know them, out again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storefront.core.imports.engine import FileRefused, import_file
from storefront.core.imports.exporting import export_file

HEAD = "kind,handle,title@en,option1,option1@en,sku,option1_value,option1_value@en,option1_swatch,price\n"
PRODUCT = "product,mug,Mug,colour,Colour,,,,,\n"


def mugs(folder: Path, green: str = "#1F6654", red: str = "") -> Path:
    path = folder / "mugs.csv"
    rows = f"variant,mug,,,,MUG-G,green,Green,{green},9.50\nvariant,mug,,,,MUG-R,red,Red,{red},9.50\n"
    path.write_text(HEAD + PRODUCT + rows, encoding="utf-8")
    return path


def swatches(rows: Any) -> list[tuple[str, str | None]]:
    return [tuple(row) for row in rows("SELECT key, swatch FROM option_value ORDER BY id")]


def test_a_colour_comes_in_and_goes_out(app_context: None, rows: Any, tmp_path: Path) -> None:
    import_file("catalog", mugs(tmp_path))
    assert swatches(rows) == [("green", "#1f6654"), ("red", None)]
    export_file("catalog", tmp_path / "out.csv")
    assert "#1f6654" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert import_file("catalog", tmp_path / "out.csv").changed == 0


def test_a_colour_changes_and_is_kept_where_a_file_says_nothing(
    app_context: None, rows: Any, tmp_path: Path
) -> None:
    import_file("catalog", mugs(tmp_path))
    import_file("catalog", mugs(tmp_path, green="", red="#c4553a"))
    assert swatches(rows) == [("green", "#1f6654"), ("red", "#c4553a")]


@pytest.mark.parametrize("colour", ["green", "#12", "#1f66544", "javascript:1"])
def test_what_is_no_colour_is_refused(app_context: None, rows: Any, tmp_path: Path, colour: str) -> None:
    with pytest.raises(FileRefused, match="option1_swatch"):
        import_file("catalog", mugs(tmp_path, green=colour))
    assert swatches(rows) == []
