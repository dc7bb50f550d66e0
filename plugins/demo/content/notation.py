"""Reads the plain text files that the demo catalogue is written in (see README.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Two = tuple[str, str]


@dataclass(frozen=True)
class Choice:
    """One variant: its option values, price, former price, and stock if the text fixes it."""

    values: tuple[str, ...]
    price: str
    was: str = ""
    stock: str | None = None


@dataclass(frozen=True)
class Release:
    """One version of a program with its change text."""

    version: str
    date: str
    title: Two
    text: Two


@dataclass
class Product:
    """One product as written."""

    handle: str
    category: str
    brand: str
    art: str
    department: str
    title: Two = ("", "")
    subtitle: Two = ("", "")
    description: Two = ("", "")
    options: list[str] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)

    def flag(self, name: str) -> str:
        return self.flags.get(name, "")


def two(line: str) -> Two:
    """`English | 中文`."""
    left, _, right = line.partition(" | ")
    if not right:
        raise ValueError(f"no second language: {line}")
    return left.strip(), right.strip()


def pairs(text: str) -> dict[str, str]:
    """`key=value; key=value; word`."""
    out = {}
    for item in text.split(";"):
        key, _, value = item.strip().partition("=")
        if key:
            out[key] = value
    return out


def _priced(text: str) -> tuple[str, str, str]:
    """`red 12.90/14.90` -> name, price, former price; the name may be empty."""
    *name, money = text.split()
    price, _, was = money.partition("/")
    return " ".join(name), price, was


def read_choices(line: str) -> tuple[list[str], list[Choice]]:
    """`12.90/14.90`, `colour: a, b @ 12.90` or `colour: a, b / size: s 9.90, m 11.50 - b-m # a-s=0`."""
    body, _, stocks = line.partition(" # ")
    stock = {name: left for name, _, left in (item.strip().partition("=") for item in stocks.split(","))}
    body, _, without = body.partition(" - ")
    general, _, money = body.partition(" @ ")
    if ":" not in general:
        _, price, was = _priced(general)
        return [], [Choice((), price, was, stock.get("all"))]
    columns = [part.partition(":") for part in general.split(" / ")]
    missing = {item.strip() for item in without.split(",")}
    choices = []
    for values, cell in _combined([rest for _, _, rest in columns], money):
        name = "-".join(values)
        if name not in missing:
            _, price, was = _priced("x " + cell)
            choices.append(Choice(values, price, was, stock.get(name, stock.get("all"))))
    return [name.strip() for name, _, _ in columns], choices


def _combined(columns: list[str], money: str) -> list[tuple[tuple[str, ...], str]]:
    """Every combination of `a 9.90, b` and so on with its price: the last one that was said."""
    found: list[tuple[tuple[str, ...], str]] = [((), money)]
    for column in columns:
        cells = [cell.strip() for cell in column.split(",")]
        found = [
            ((*names, cell.split()[0]), cell if " " in cell else known)
            for names, known in found
            for cell in cells
        ]
    return found


def _release(first: str, english: str, chinese: str) -> Release:
    version, date, rest = first.split(" ", 2)
    return Release(version, date, two(rest.removeprefix("| ")), (english, chinese))


def _blocks(file: Path) -> Iterator[list[str]]:
    block: list[str] = []
    for line in [*file.read_text(encoding="utf-8").splitlines(), "= "]:
        line = line.rstrip()
        if line.startswith("=") and block:
            yield block
            block = []
        if line and not line.startswith("//"):
            block.append(line)


def _product(block: list[str], department: str) -> Product:
    handle, category, brand, art = (cell.strip() for cell in block[0][1:].split(";"))
    product = Product(
        handle, category, brand, art, department, two(block[1]), two(block[2]), (block[3], block[4])
    )
    rest = iter(block[5:])
    for line in rest:
        mark, text = line[0], line[2:]
        if mark == "@":
            product.options, product.choices = read_choices(text)
        elif mark == "+":
            product.attributes |= pairs(text)
        elif mark == "!":
            product.flags |= pairs(text)
        elif mark == ">":
            product.releases.append(_release(text, next(rest), next(rest)))
        else:
            raise ValueError(f"{handle}: what is this line? {line}")
    if not product.choices:
        raise ValueError(f"{handle}: no price")
    return product


def read_products(file: Path) -> Iterator[Product]:
    """The products of one file; its name is `NN-department.txt`."""
    department = file.stem.partition("-")[2]
    for block in _blocks(file):
        try:
            yield _product(block, department)
        except (ValueError, IndexError) as error:
            raise SystemExit(f"{file.name}: {block[0]}: {error}") from error


def read_words(file: Path) -> dict[str, dict]:
    """Sections `[option]`, `[choice]`, `[value]`, `[attribute]`, `[thing]` of `key | en | zh ...` lines."""
    words: dict[str, dict] = {}
    section: dict = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = words.setdefault(line.strip("[]"), {})
        elif line.strip():
            key, *cells = (cell.strip() for cell in line.split("|"))
            section[key] = tuple(cells)
    return words


def _page(block: list[str], html: Callable[[str], str]) -> dict[str, str]:
    title = two(block[1])
    return {"kind": "page", "handle": block[0][2:].split()[1], "title@en": title[0], "title@zh": title[1],
            "description@en": html(block[2]), "description@zh": html(block[3])}  # fmt: skip


def _category(line: str, position: int) -> dict[str, str]:
    handle, parent, hue, picture, en, zh, more_en, more_zh = (cell.strip() for cell in line.split("|"))
    return {"kind": "category", "handle": handle, "parent": parent, "hue": hue, "position": str(position),
            "picture": f"art/{picture}.webp" if picture else "", "title@en": en, "title@zh": zh,
            "description@en": more_en and html_line(more_en),
            "description@zh": more_zh and html_line(more_zh)}  # fmt: skip


def html_line(text: str) -> str:
    return f"<p>{text}</p>"


def _menu(line: str, position: int) -> dict[str, str]:
    menu, target, en, zh = (cell.strip() for cell in line.split("|"))
    return {"kind": "menu", "handle": menu, "position": str(position), "target": target, "title@en": en,
            "title@zh": zh}  # fmt: skip


def read_pages(file: Path, html: Callable[[str], str]) -> tuple[list[dict], list[dict]]:
    """Category rows, and page and menu rows, of shop.txt."""
    categories: list[dict] = []
    tail: list[dict] = []
    for block in _blocks(file):
        kind = block[0][2:].split()[0]
        if kind == "categories":
            categories = [_category(line, i) for i, line in enumerate(block[1:], 1)]
        elif kind == "menus":
            tail += [_menu(line, i) for i, line in enumerate(block[1:], 1)]
        else:
            tail.append(_page(block, html))
    return categories, tail
