"""Which pictures a product shows, and what they say to somebody who does not see them."""

from __future__ import annotations

import zlib

from notation import Product, Two

# A second view puts a thing beside one that belongs to it; `near` looks closely at a thing worth it.
BESIDE = {
    "baby": ["teddy", "blocks", "duck", "bottle", "cup", "blanket"],
    "books": ["mug", "pencils", "lamp", "textbook-sky", "calculator", "pen"],
    "sport": ["flask", "shoes-sky", "backpack", "ballcan", "mat", "towel"],
    "tech": ["mug-ice", "headphones", "speaker", "camera", "lamp-ink", "plant"],
    "parts": ["tower", "chip", "memory", "power", "driver", "mug"],
    "home": ["mug", "bowl", "plant", "towel", "kettle", "candle"],
    "garden": ["plant", "wateringcan", "trowel", "gloves", "seeds"],
    "gift": ["bouquet", "candle", "card", "gift-green", "mug-ice"],
    "care": ["towel", "soap", "mug-ice", "plant", "jar"],
    "soft": ["laptop", "keyboard", "mug", "notebook-sky"],
}
CLOSE = {"camera", "graphics", "teddy", "projector", "tower", "turntable", "lens", "board", "chip", "clock"}


def _colours(product: Product) -> list[str]:
    if "colour" not in product.options:
        return []
    column = product.options.index("colour")
    return list(dict.fromkeys(choice.values[column] for choice in product.choices))


def _companion(product: Product, thing: str) -> str:
    """Something of the same department that is not the thing itself, always the same for a product."""
    if product.flag("with"):
        return product.flag("with")
    others = [name for name in BESIDE[product.department] if name.partition("-")[0] != thing]
    return others[zlib.crc32(thing.encode()) % len(others)]


def views(product: Product) -> list[tuple[str, str]]:
    """(picture, colour it shows or nothing) in gallery order; the first is the product itself."""
    thing = product.art.partition("-")[0]
    colours = _colours(product)
    if colours:
        return [(f"{thing}-{colour}", colour) for colour in colours]
    shown = [(product.art, "")]
    if product.department == "soft":
        return shown
    if thing in CLOSE:
        return [*shown, (f"{product.art}-near", "")]
    return [*shown, (f"{product.art}-with-{_companion(product, thing)}", "")]


def _one(name: str, words: dict[str, dict]) -> Two:
    thing, _, way = name.partition("-")
    en, zh = words["thing"][thing]
    if not way:
        return en, zh
    colour = words["choice"][way]
    return f"{en}, {colour[0].lower()}", f"{zh}，{colour[1]}"


def alt_texts(name: str, words: dict[str, dict]) -> Two:
    """What the picture shows, in both languages."""
    if "-with-" in name:
        (en, zh), (other_en, other_zh) = (_one(part, words) for part in name.split("-with-"))
        return (
            f"{en}; beside it on the shelf: {other_en[0].lower()}{other_en[1:]}",
            f"{zh}；旁边放着{other_zh}",
        )
    if name.endswith("-near"):
        en, zh = _one(name.removesuffix("-near"), words)
        return f"{en}, seen close by", f"{zh}，近看"
    return _one(name, words)
