"""What stands in the shop that the browser tests look at: every state of a product, a list and a text."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from argon2 import PasswordHasher
from PIL import Image, ImageDraw

from storefront.catalog import models as catalog
from storefront.catalog.service import prepare_picture, reindex_all, store_picture, write_files
from tests import factories

PASSWORD = "a-long-enough-password"
EMAIL = "reader@example.test"
LONG_EN = (
    "Extraordinarily thoroughgoing Donaudampfschifffahrtsgesellschaftskapitaensmuetze holder, left-handed"
)
LONG_ZH = "名字特别长特别完整的左手用帽架一直写下去没有标点也没有空格还要再长一点点才够两行以上"
DEPARTMENTS = ("books", "sport", "tech", "home", "garden", "gift", "baby", "parts", "care", "soft")


def fill(tx: Any) -> None:
    """The whole shop, in one command."""
    shelves = {
        hue: factories.category(tx, f"{hue}-shelf", hue=hue, position=place)
        for place, hue in enumerate(DEPARTMENTS)
    }
    factories.category(tx, "nothing-yet", title="Nothing yet", zh="还空着", position=20)
    inner = factories.category(
        tx, "inner", title="Inner shelf", zh="里面的货架", parent=shelves["books"], hue="books"
    )
    for number in range(30):
        factories.product(
            tx,
            f"row-{number}",
            category=shelves["books"],
            price=300 + 70 * number,
            brand=f"Maker {number % 12}",
        )
    _states(tx, shelves, inner)
    _choices(tx, shelves["baby"])
    _words(tx)
    _reader(tx)
    reindex_all(tx)


def _states(tx: Any, shelves: dict[str, Any], inner: Any) -> None:
    books, tech = shelves["books"], shelves["tech"]
    one = factories.product(tx, "one-picture", category=tech, brand="Aldous", price=12900)
    many = factories.product(tx, "many-pictures", category=tech, brand="Aldous", price=250000)
    hang_pictures(tx, one, 1)
    hang_pictures(tx, many, 4)
    factories.product(tx, "long-name", title=LONG_EN, zh=LONG_ZH, category=tech)
    factories.product(tx, "english-only", title="Untranslated kettle", zh=None, category=shelves["home"])
    factories.product(tx, "gone", category=inner, stock=0)
    factories.product(tx, "nearly-gone", category=inner, stock=2)
    factories.product(
        tx,
        "reduced",
        category=books,
        price=900,
        variant={"compare_at_minor": 1200, "barcode": "5012345678900"},
    )
    factories.product(tx, "grown-ups", category=shelves["gift"], age_limit=18)


def _choices(tx: Any, shelf: Any) -> None:
    thing = factories.product(
        tx, "choices", category=shelf, sku="C-GREEN-S", title="Ringed bottle", zh="带环的瓶子"
    )
    green, blue = factories.option(tx, thing, "colour", "green", "blue")
    small, large = factories.option(tx, thing, "size", "small", "large", position=2)
    green.swatch, blue.swatch = "#1f6654", "#3a6d97"
    first = factories.variant_of(tx, thing)
    first.value1_id, first.value2_id = green.id, small.id
    factories.add_variant(
        tx, thing, sku="C-BLUE-S", price=1490, value1_id=blue.id, value2_id=small.id, position=1
    )
    factories.add_variant(
        tx, thing, sku="C-BLUE-L", price=1990, value1_id=blue.id, value2_id=large.id, position=2
    )
    tx.flush()


def _words(tx: Any) -> None:
    factories.page(tx, "delivery", title="Delivery", zh="配送")
    factories.page(tx, "returns", title="Returns", zh="退换")
    factories.menu_item(tx, "footer-shop", "pages/delivery", title="Delivery", zh="配送")
    factories.menu_item(tx, "footer-help", "pages/returns", title="Returns", zh="退换")
    factories.menu_item(tx, "main", "pages/returns", title="How returns work", zh="怎么退换")


def _reader(tx: Any) -> None:
    factories.customer(
        tx,
        EMAIL,
        first_name="Rea",
        password_hash=PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD),
    )


def hang_pictures(tx: Any, product: Any, count: int) -> None:
    """So many drawings of a product, described in both languages."""
    for place in range(count):
        prepared = prepare_picture(_drawing(product.slug, place))
        write_files(prepared)
        picture = store_picture(tx, prepared)
        link = catalog.ProductPicture(product_id=product.id, picture_id=picture, position=place)
        tx.add(link)
        tx.flush()
        for locale, alt in (("en", f"View number {place}"), ("zh", f"第{place}张")):
            tx.add(catalog.ProductPictureText(product_picture_id=link.id, locale=locale, alt=alt))
    tx.flush()


def _drawing(name: str, place: int) -> bytes:
    """A thing without background, or for every second picture a photograph-like one with a background."""
    image = Image.new("RGBA", (1300, 1300), (0, 0, 0, 0) if place % 2 == 0 else (230, 220, 200, 255))
    box = [300 + len(name), 250 + 40 * place, 910, 1070]
    ImageDraw.Draw(image).rounded_rectangle(box, radius=60, fill=(29, 92, 77, 255))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
