"""What must not stand in the code: the demo's goods and people, and the machine it was written on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.source import ROOT, broken, tracked

CATALOGUE = ROOT / "plugins" / "demo" / "catalogue.csv"
SHOP = ("storefront/", "recommender/", "templates/")
TEXTS = (
    ".py",
    ".html",
    ".txt",
    ".xml",
    ".css",
    ".js",
    ".po",
    ".toml",
    ".md",
    ".cfg",
    ".csv",
    ".json",
    ".yml",
)
# A folder of the machine, a home, a scratch name: built from pieces, so that this file does not name one.
MACHINE = re.compile(
    r"(?<![\w.<>-])/(wor[k]|far[m]|roo[t]|hom[e]/\w+|User[s]/\w+)/[\w.]|subagen[t]|\bassistan[t] session\b",
    re.IGNORECASE,
)


def demo_words(rows: Iterable[dict[str, str]], people: str = "") -> set[str]:
    """SKUs, product addresses and product names of two words or more, and every e-mail of the demo."""
    found: set[str] = set()
    for row in rows:
        found.add(row.get("sku") or "")
        if row.get("kind") == "product":
            names = [row.get("handle") or "", row.get("title@en") or "", row.get("title@zh") or ""]
            found.update(n for n in names if "-" in n or " " in n or (len(n) > 3 and not n.isascii()))
    found.update(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", people))
    return {word for word in found if len(word) > 3}


def naming(text: str, words: set[str]) -> list[str]:
    """Which of the words stand in the text, as whole words."""
    present = (word for word in words if word in text)
    return [word for word in present if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


@pytest.fixture(scope="module")
def demo():
    rows = list(csv.DictReader(io.StringIO(CATALOGUE.read_text(encoding="utf-8-sig"))))
    code = "".join(
        (ROOT / n).read_text()
        for n in tracked()
        if n.startswith("plugins/demo/") and n.endswith((".py", ".toml"))
    )
    words = demo_words(rows, code)
    assert len(words) > 200, "the demo's catalogue was not understood"
    return words


def shop_files() -> list[str]:
    return [name for name in tracked() if name.startswith(SHOP) and name.endswith(TEXTS)]


def test_the_shop_names_nothing_of_the_demo(demo):
    found = (f"{name}: {word}" for name in shop_files() for word in naming((ROOT / name).read_text(), demo))
    broken(found, "No product, SKU or person of the demo stands in the shop, the engine or the templates")


def test_no_tracked_file_names_the_machine_it_was_written_on():
    texts = (name for name in tracked() if Path(name).suffix in {*TEXTS, ".sh", ""} or name == "Makefile")
    found = (
        f"{name}: {match.group(0)}"
        for name in texts
        for match in MACHINE.finditer((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    )
    broken(found, "No tracked file names a folder of the machine")


def test_these_rules_bite():
    rows = [
        {
            "kind": "product",
            "handle": "red-ball",
            "title@en": "Red ball",
            "title@zh": "红色的皮球",
            "sku": "",
        },
        {"kind": "variant", "handle": "red-ball", "sku": "BALL-1"},
    ]
    words = demo_words(rows, 'email = "ann@demo.example"')
    assert words == {"red-ball", "Red ball", "红色的皮球", "BALL-1", "ann@demo.example"}
    assert naming("return 'BALL-1'", words) == ["BALL-1"]
    assert not naming("return 'BALL-12'", words)
    assert MACHINE.search("see /" + "work/main/x")
    assert not MACHINE.search("https://example.test/home/x")
