"""Writes ../catalogue.csv from the plain text files in this folder.

    python make_catalogue.py

`words.txt` holds colours, sizes, attribute names and values in both languages, `shop.txt` departments, pages
and menus, every other `.txt` the products of a department. README.md beside this file shows the notation.
"""

from __future__ import annotations

import csv
import re
import sys
import zlib
from pathlib import Path

from notation import Choice, Product, read_pages, read_products, read_words
from pictures import alt_texts, views

HERE = Path(__file__).parent
OUT = HERE.parent / "catalogue.csv"
Row = dict[str, str]
FIRST_COLUMNS = [
    "kind",
    "handle",
    "parent",
    "status",
    "category",
    "categories",
    "brand",
    "tax_class",
    "age_limit",
    "visible_from",
    "visible_until",
    "tags",
    "hue",
    "title@en",
    "title@zh",
    "subtitle@en",
    "subtitle@zh",
    "description@en",
    "description@zh",
    "seo_title@en",
    "seo_title@zh",
    "seo_description@en",
    "seo_description@zh",
    "option1",
    "option1@en",
    "option1@zh",
    "option2",
    "option2@en",
    "option2@zh",
    "sku",
    "barcode",
    "option1_value",
    "option1_value@en",
    "option1_value@zh",
    "option1_swatch",
    "option2_value",
    "option2_value@en",
    "option2_value@zh",
    "option2_swatch",
    "price",
    "compare_at",
    "weight_grams",
    "stock",
    "backorder",
    "picture",
    "alt@en",
    "alt@zh",
    "version",
    "published_at",
    "position",
    "target",
]


def number_of(text: str, below: int) -> int:
    """A number that looks arbitrary and stays the same for a text."""
    return zlib.crc32(text.encode()) % below


def html(text: str) -> str:
    """Paragraphs are parted by ` // `; a paragraph of `- a - b` is a list."""
    out = []
    for part in text.split(" // "):
        if part.startswith("- "):
            out.append("<ul>" + "".join(f"<li>{item}</li>" for item in part[2:].split(" - ")) + "</ul>")
        elif part.startswith("## "):
            out.append(f"<h2>{part[3:]}</h2>")
        else:
            out.append(f"<p>{part}</p>")
    return "".join(out)


def sku_of(product: Product) -> str:
    """Three letters of the maker and four digits that stay when products are added."""
    letters = re.sub(r"[^A-Z]", "", product.brand.upper())[:3]
    return f"{letters}-{1000 + number_of(product.handle, 9000)}"


def barcode_of(sku: str) -> str:
    """An EAN-13 in the range 20-29 that shops may use inside their own walls."""
    body = f"29{number_of(sku, 10**10):010d}"
    total = sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(body))
    return body + str(-total % 10)


def stock_of(product: Product, sku: str, choice: Choice) -> str:
    """What the notation says, or a usual amount: now and then low, seldom none."""
    if choice.stock is not None:
        return choice.stock
    if product.department == "soft":
        return ""
    lot = number_of("stock" + sku, 100)
    if lot < 3:
        return "0"
    return str(1 + lot % 4) if lot < 10 else str(8 + number_of("shelf" + sku, 130))


def product_row(product: Product, words: dict[str, dict], named: set[str]) -> Row:
    row = {
        "kind": "product", "handle": product.handle, "category": product.category, "brand": product.brand,
        "categories": product.flag("also"), "status": "draft" if "draft" in product.flags else "active",
        "tax_class": product.flag("tax") or "standard", "age_limit": product.flag("age"),
        "visible_from": product.flag("from"), "visible_until": product.flag("until"),
        "tags": product.flag("tags"), "title@en": product.title[0], "title@zh": product.title[1],
        "subtitle@en": product.subtitle[0], "subtitle@zh": product.subtitle[1],
        "description@en": html(product.description[0]), "description@zh": html(product.description[1]),
    }  # fmt: skip
    for i, option in enumerate(product.options, 1):
        names = words["option"][option]
        row |= {f"option{i}": option, f"option{i}@en": names[0], f"option{i}@zh": names[1]}
    for key, value in product.attributes.items():
        row |= attribute_cells(key, value, words, named)
    return row


def attribute_cells(key: str, value: str, words: dict[str, dict], named: set[str]) -> Row:
    """Cells of one attribute: raw value, text per language, and its name where it is first used."""
    name_en, name_zh, form_en, form_zh = words["attribute"][key]
    if "{}" in form_en:
        texts = (form_en.replace("{}", value), form_zh.replace("{}", value))
    else:
        texts = words["value"][value]
    cells = {f"attribute:{key}": value if "{}" in form_en else value.replace(" ", "-").lower()}
    cells |= {f"attribute:{key}@en": texts[0], f"attribute:{key}@zh": texts[1]}
    if key not in named:
        named.add(key)
        cells |= {f"attribute_name:{key}@en": name_en, f"attribute_name:{key}@zh": name_zh}
    return cells


def variant_rows(product: Product, words: dict[str, dict]) -> list[Row]:
    base, rows = sku_of(product), []
    for position, choice in enumerate(product.choices, 1):
        codes = [re.sub(r"[^A-Z0-9]", "", value.upper())[:6] for value in choice.values]
        sku = "-".join([base, *codes])
        row = {
            "kind": "variant", "handle": product.handle, "sku": sku, "barcode": barcode_of(sku),
            "price": choice.price, "compare_at": choice.was, "stock": stock_of(product, sku, choice),
            "weight_grams": product.flag("g"), "backorder": "yes" if "backorder" in product.flags else "no",
            "position": str(position),
        }  # fmt: skip
        for i, value in enumerate(choice.values, 1):
            label = words["choice"][value]
            row |= {
                f"option{i}_value": value,
                f"option{i}_value@en": label[0],
                f"option{i}_value@zh": label[1],
                f"option{i}_swatch": label[2] if len(label) > 2 else "",
            }
        rows.append(row)
    return rows


def picture_rows(product: Product, words: dict[str, dict]) -> list[Row]:
    """The pictures of each colour, bound to the first variant of that colour, then the second views."""
    rows = []
    for position, (name, colour) in enumerate(views(product), 1):
        alt = alt_texts(name, words)
        first = next((c for c in product.choices if colour and colour in c.values), None)
        sku = ""
        if first:
            sku = variant_rows(product, words)[product.choices.index(first)]["sku"]
        rows.append(
            {"kind": "picture", "handle": product.handle, "picture": f"art/{name}.webp", "sku": sku,
             "position": str(position), "alt@en": alt[0], "alt@zh": alt[1]}
        )  # fmt: skip
    return rows


def release_rows(product: Product) -> list[Row]:
    return [
        {"kind": "release", "handle": product.handle, "version": r.version, "published_at": r.date,
         "title@en": r.title[0], "title@zh": r.title[1], "description@en": html(r.text[0]),
         "description@zh": html(r.text[1])}
        for r in product.releases
    ]  # fmt: skip


def all_rows() -> list[Row]:
    """Every row of the catalogue, in the order an importer wants them."""
    words = read_words(HERE / "words.txt")
    categories, tail = read_pages(HERE / "shop.txt", html)
    rows, named = list(categories), set()
    for file in sorted(HERE.glob("[0-9]*.txt")):
        for product in read_products(file):
            rows.append(product_row(product, words, named))
            rows += variant_rows(product, words) + picture_rows(product, words) + release_rows(product)
    return rows + tail


def main() -> None:
    """Writes the file with the columns that are used, attributes last."""
    rows = all_rows()
    used = {column for row in rows for column, cell in row.items() if cell}
    extra = sorted(used - set(FIRST_COLUMNS))
    columns = [c for c in FIRST_COLUMNS if c in used] + extra
    with OUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    count = sum(row["kind"] == "product" for row in rows)
    sys.stdout.write(f"{count} products, {len(rows)} rows, {OUT.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    main()
