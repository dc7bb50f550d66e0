"""The demo catalogue: complete in both languages, consistent, wide enough, and as its sources say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from storefront.bundled.demo import catalogue_path, catalogue_rows

FOLDER = catalogue_path().parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
HUES = {"baby", "books", "sport", "tech", "parts", "home", "garden", "gift", "care", "soft"}
NUMBER = re.compile(r"[\d.]+\s?[A-Z]{1,3}")  # 16GB is Chinese, too
PRICE = re.compile(r"\d{1,4}\.\d\d")
Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return catalogue_rows()


@pytest.fixture(scope="module")
def kinds(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["kind"]].append(row)
    return found


def test_it_is_wide_enough(kinds: dict[str, list[Row]]):
    assert len(kinds["product"]) >= 230
    assert {row["hue"] for row in kinds["category"] if not row["parent"]} == HUES
    assert len(kinds["release"]) >= 20
    assert {row["handle"] for row in kinds["menu"]} == {"announcement", "main", "footer-shop", "footer-help"}
    departments = Counter(row["category"].partition("-")[0] for row in kinds["product"])
    assert min(departments[hue] for hue in HUES) >= 12
    assert any(row["age_limit"] == "18" for row in kinds["product"])
    assert any(row["status"] == "draft" for row in kinds["product"])
    assert any(row["visible_from"] for row in kinds["product"])


def test_handles_and_skus_are_unique(kinds: dict[str, list[Row]]):
    for kind, column in (
        ("product", "handle"),
        ("category", "handle"),
        ("page", "handle"),
        ("variant", "sku"),
    ):
        counted = Counter(row[column] for row in kinds[kind])
        assert [name for name, count in counted.items() if count > 1] == [], kind
    barcodes = Counter(row["barcode"] for row in kinds["variant"])
    assert max(barcodes.values()) == 1


def test_every_reference_has_its_target(kinds: dict[str, list[Row]]):
    categories = {row["handle"] for row in kinds["category"]}
    products = {row["handle"] for row in kinds["product"]}
    pages = {row["handle"] for row in kinds["page"]}
    assert {row["parent"] for row in kinds["category"]} <= categories | {""}
    for row in kinds["product"]:
        assert {row["category"], *filter(None, row["categories"].split("|"))} <= categories, row["handle"]
    for kind in ("variant", "picture", "release"):
        assert {row["handle"] for row in kinds[kind]} <= products, kind
    targets = {f"c/{name}" for name in categories} | {f"p/{name}" for name in products}
    targets |= {f"pages/{name}" for name in pages}
    assert [row["target"] for row in kinds["menu"] if row["target"] not in targets] == []
    skus = {row["sku"] for row in kinds["variant"]}
    assert {row["sku"] for row in kinds["picture"]} <= skus | {""}


def test_prices_and_stock_can_be_read(kinds: dict[str, list[Row]]):
    for row in kinds["variant"]:
        assert PRICE.fullmatch(row["price"]), row
        assert not row["compare_at"] or Decimal(row["compare_at"]) > Decimal(row["price"]), row
        assert not row["stock"] or int(row["stock"]) >= 0, row
    left = [int(row["stock"]) for row in kinds["variant"] if row["stock"]]
    assert 5 <= sum(stock == 0 for stock in left) <= len(left) * 0.1
    assert sum(0 < stock <= 4 for stock in left) >= 10


def test_everything_is_said_in_both_languages(rows: list[Row]):
    columns = sorted({column[:-3] for column in rows[0] if column.endswith("@en")})
    for row in rows:
        for column in columns:
            english, chinese = row[f"{column}@en"], row[f"{column}@zh"]
            where = (row["kind"], row["handle"], column, english)
            assert bool(english) == bool(chinese), where
            if english:
                assert english != chinese, where
                assert CHINESE.search(chinese) or NUMBER.fullmatch(chinese), where
                assert not CHINESE.search(english), where


def test_every_product_is_described_sold_and_shown(kinds: dict[str, list[Row]]):
    sold = {row["handle"] for row in kinds["variant"]}
    shown = Counter(row["handle"] for row in kinds["picture"])
    for row in kinds["product"]:
        assert row["handle"] in sold
        wanted = 1 if row["category"].startswith("soft") else 2
        assert shown[row["handle"]] >= wanted, row["handle"]
        text = re.sub(r"<[^>]+>", "", row["description@en"])
        sentences = re.findall(r"[.?!](?:\s|$|(?=[A-Z]))", text)
        assert 2 <= len(sentences) <= 7 and len(text) > 60, (row["handle"], text)
        assert len(re.sub(r"<[^>]+>", "", row["description@zh"])) >= 20, row["handle"]


def test_no_sentence_is_used_twice(kinds: dict[str, list[Row]]):
    for column in ("description@en", "description@zh", "title@en", "title@zh"):
        counted = Counter(row[column] for row in kinds["product"])
        assert [text for text, count in counted.items() if count > 1] == [], column


def test_options_and_their_values_fit(kinds: dict[str, list[Row]]):
    options = {
        row["handle"]: [row[f"option{i}"] for i in (1, 2) if row[f"option{i}"]] for row in kinds["product"]
    }
    combinations: Counter[tuple[str, ...]] = Counter()
    for row in kinds["variant"]:
        values = [row[f"option{i}_value"] for i in (1, 2) if row[f"option{i}_value"]]
        assert len(values) == len(options[row["handle"]]), row
        combinations[(row["handle"], *values)] += 1
    assert max(combinations.values()) == 1


def test_medicines_are_kept_apart(kinds: dict[str, list[Row]]):
    medicines = [row for row in kinds["product"] if "medicine" in row["tags"].split("|")]
    assert len(medicines) >= 4
    assert all("fixed" in row["tags"].split("|") for row in medicines)
    assert sum(row["age_limit"] == "16" for row in medicines) >= 3


def test_parts_of_computers_say_what_they_need(kinds: dict[str, list[Row]]):
    parts = {row["handle"]: row for row in kinds["product"] if row["category"].startswith("parts")}

    def having(*keys: str) -> int:
        return sum(all(row[f"attribute:{key}"] for key in keys) for row in parts.values())

    assert having("gives_watts") >= 5
    assert having("draws_watts", "length_mm") >= 3
    assert having("socket", "memory_slots", "gpu_slots", "form") >= 3
    assert having("socket", "cores", "draws_watts") >= 4
    assert having("gpu_max_mm", "bays", "form") >= 3
    sockets = {row["attribute:socket"] for row in parts.values() if row["attribute:cores"]} - {""}
    boards = {row["attribute:socket"] for row in parts.values() if row["attribute:memory_slots"]}
    assert sockets <= boards


def test_attributes_are_named_where_they_are_first_used(rows: list[Row]):
    keys = {c.removeprefix("attribute:") for c in rows[0] if c.startswith("attribute:") and "@" not in c}
    assert len(keys) >= 40
    for key in keys:
        first = next(row for row in rows if row[f"attribute:{key}"])
        assert first[f"attribute_name:{key}@en"] and first[f"attribute_name:{key}@zh"], key


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_two_attributes_share_a_name(rows: list[Row], language: str):
    """Filters of one name beside each other could not be told apart."""
    columns = [
        name for name in rows[0] if name.startswith("attribute_name:") and name.endswith(f"@{language}")
    ]
    names = Counter(name for column in columns for name in {row[column] for row in rows} - {""})
    assert [name for name, count in names.items() if count > 1] == []


def test_every_picture_is_there_and_clear_around_its_thing(rows: list[Row]):
    for name in sorted({row["picture"] for row in rows} - {""}):
        file = FOLDER / name
        assert file.is_file(), f"{name} is missing: run art/raster.py"
        with Image.open(file) as image:
            assert image.size[0] == image.size[1] >= 640, name
            assert image.format == "WEBP", name
            assert image.mode == "RGBA" or name.endswith("-near.webp"), (
                f"{name} stands on a ground of its own"
            )
    unused = {f"art/{file.name}" for file in (FOLDER / "art").glob("*.webp")} - {
        row["picture"] for row in rows
    }
    assert not unused


def test_pictures_stay_light():
    assert sum(file.stat().st_size for file in (FOLDER / "art").iterdir() if file.is_file()) < 9_000_000


def test_the_file_is_what_its_sources_say(tmp_path: Path):
    content = FOLDER / "content"
    code = (
        f"import sys; sys.path.insert(0, {str(content)!r}); import make_catalogue as m; from pathlib import Path;"
        f"m.OUT = Path({str(tmp_path / 'again.csv')!r}); m.main()"
    )
    subprocess.run([sys.executable, "-B", "-c", code], check=True, capture_output=True)
    assert (tmp_path / "again.csv").read_bytes() == catalogue_path().read_bytes()
