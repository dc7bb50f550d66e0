"""Owners' commands on a product's pictures: order, words, whose they are. Each takes the open `tx`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import StillUsed
from storefront.catalog.models import ProductPicture, ProductPictureText, Variant
from storefront.catalog.rules.texts import one_line
from storefront.catalog.service.editing import attach_picture, touch_product
from storefront.catalog.service.pictures import Prepared, store_picture
from storefront.catalog.service.variant_editing import moved
from storefront.core.database import Tx
from storefront.core.errors import NotFound

MOST_PICTURES = 30


def add_pictures(tx: Tx, product_id: int, prepared: Sequence[Prepared]) -> int:
    """Hang uploaded pictures behind those that are there; one that hangs there already is passed over.

    Their files are written before. Returns how many were added. Raises StillUsed beyond thirty.
    """
    hanging = sa.select(ProductPicture.picture_id).where(ProductPicture.product_id == product_id)
    there = set(tx.execute(hanging).scalars())
    count = 0
    for picture in prepared:
        picture_id = store_picture(tx, picture)
        if picture_id in there:
            continue
        if len(there) >= MOST_PICTURES:
            raise StillUsed(_("A product has at most %(most)s pictures.", most=MOST_PICTURES))
        there.add(picture_id)
        attach_picture(tx, product_id, picture_id, source=f"{picture.digest[:20]}.webp")
        count += 1
    return count


def remove_picture(tx: Tx, product_id: int, shown_id: int) -> None:
    """Take a picture off a product; its file stays, others may show it."""
    tx.delete(_shown(tx, product_id, shown_id))
    touch_product(tx, product_id)


def move_picture(tx: Tx, product_id: int, shown_id: int, step: int) -> None:
    """Hang a picture one place further to the front (-1) or the back (1); the first is the main one."""
    query = sa.select(ProductPicture).where(ProductPicture.product_id == product_id)
    rows = tx.execute(query.order_by(ProductPicture.position, ProductPicture.id)).scalars().all()
    by_id = {row.id: row for row in rows}
    for place, at in enumerate(moved(list(by_id), shown_id, step)):
        by_id[at].position = place
    touch_product(tx, product_id)


def describe_pictures(tx: Tx, product_id: int, alts: Mapping[int, Mapping[str, str]]) -> None:
    """What pictures show, by picture and language; an empty text is taken away."""
    for shown_id, texts in alts.items():
        _shown(tx, product_id, shown_id)
        for locale, alt in texts.items():
            clean = one_line(alt, 500)
            if clean:
                tx.merge(ProductPictureText(product_picture_id=shown_id, locale=locale, alt=clean))
            else:
                gone = tx.get(ProductPictureText, (shown_id, locale))
                if gone is not None:
                    tx.delete(gone)
    touch_product(tx, product_id)


def give_pictures(tx: Tx, product_id: int, owners: Mapping[int, int | None]) -> None:
    """Say of pictures which variant they show (None: all). Raises NotFound for a variant of another."""
    mine = set(tx.execute(sa.select(Variant.id).where(Variant.product_id == product_id)).scalars())
    for shown_id, variant_id in owners.items():
        if variant_id is not None and variant_id not in mine:
            raise NotFound()
        _shown(tx, product_id, shown_id).variant_id = variant_id
    touch_product(tx, product_id)


def _shown(tx: Tx, product_id: int, shown_id: int) -> ProductPicture:
    row = tx.get(ProductPicture, shown_id)
    if row is None or row.product_id != product_id:
        raise NotFound()
    return row
