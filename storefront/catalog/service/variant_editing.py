"""Owners' commands on variants and options. Each takes the open `tx`; the product's version rises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as every_pair
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog.errors import BadText, SkuTaken, StillUsed
from storefront.catalog.models import Option, OptionText, OptionValue, OptionValueText, Variant
from storefront.catalog.rules.pricing import changed_price
from storefront.catalog.rules.slugs import free_slug, make_slug
from storefront.catalog.rules.texts import one_line
from storefront.catalog.service.editing import add_option, add_variant, touch_product
from storefront.catalog.service.importing.loading import STOCK
from storefront.core.database import Tx
from storefront.core.errors import NotFound

MOST_OPTIONS, MOST_VALUES, MOST_VARIANTS = 3, 100, 250
LONGEST_KEY = 60  # of an option or a value of one; a number may come behind it
PLACES = ("value1_id", "value2_id", "value3_id")
VARIANT = Variant.__table__


@dataclass(frozen=True, kw_only=True)
class VariantValues:
    """What one row of the grid says; amounts in minor units, weight in grams."""

    sku: str
    price_minor: int
    compare_at_minor: int | None = None
    barcode: str | None = None
    weight_grams: int | None = None


def change_variants(tx: Tx, product_id: int, rows: Mapping[int, VariantValues]) -> None:
    """Change many variants of one product at once, SKUs too (two may even swap theirs).

    Raises SkuTaken, BadText, each with the field of its row; NotFound for a variant of another product.
    """
    known = {row.id: row for row in _variants_of(tx, product_id)}
    if set(rows) - set(known):
        raise NotFound()
    changed = {at: values for at, values in rows.items() if _differs(known[at], values)}
    _check_skus(tx, {at: values.sku for at, values in rows.items()}, set(rows))
    # Out of each other's way first: SKUs are unique at every moment.
    for at in changed:
        if known[at].sku != changed[at].sku:
            tx.execute(sa.update(VARIANT).where(VARIANT.c.id == at).values(sku=f"~moving-{at}~"))
    for at, values in changed.items():
        plain = {name: getattr(values, name) for name in VariantValues.__dataclass_fields__}
        tx.execute(
            sa.update(VARIANT).where(VARIANT.c.id == at).values(version=VARIANT.c.version + 1, **plain)
        )
    if changed:
        touch_product(tx, product_id)


def change_prices(tx: Tx, product_ids: Sequence[int], basis_points: int) -> int:
    """Raise (or, below zero, lower) the prices of all variants of these products; returns how many changed.

    Prices are rounded half up to whole minor units; what a price was compared at stays as it is.
    """
    mine = sa.select(VARIANT.c.id, VARIANT.c.product_id, VARIANT.c.price_minor)
    rows = tx.execute(mine.where(VARIANT.c.product_id.in_(product_ids)).order_by(VARIANT.c.id)).all()
    new = {row: changed_price(row.price_minor, basis_points) for row in rows}
    changed = [{"at": row.id, "new": price} for row, price in new.items() if price != row.price_minor]
    if changed:
        one = sa.update(VARIANT).where(VARIANT.c.id == sa.bindparam("at"))
        step = {"price_minor": sa.bindparam("new"), "version": VARIANT.c.version + 1}
        tx.connection().execute(one.values(step), changed)
        touch_product(tx, *sorted({row.product_id for row in rows}))
    return len(changed)


def remove_variant(tx: Tx, product_id: int, variant_id: int) -> None:
    """Take a variant out of the catalogue; orders keep what they say. Raises StillUsed for the last one, and
    while carts hold pieces of it."""
    variant = tx.get(Variant, variant_id)
    if variant is None or variant.product_id != product_id:
        raise NotFound()
    others = sa.select(sa.func.count()).where(Variant.product_id == product_id, Variant.id != variant_id)
    if not tx.execute(others).scalar_one():
        raise StillUsed(_("This is the last variant. Archive the product instead."))
    if tx.execute(sa.select(STOCK.c.held).where(STOCK.c.variant_id == variant_id)).scalar():
        raise StillUsed(_("Somebody is paying for pieces of this variant at this moment; try again later."))
    tx.delete(variant)
    touch_product(tx, product_id)


def move_variant(tx: Tx, product_id: int, variant_id: int, step: int) -> None:
    """Let a variant change places with its neighbour before (-1) or behind (1) it."""
    rows = _variants_of(tx, product_id)
    order = moved([row.id for row in rows], variant_id, step)
    for place, row_id in enumerate(order):
        tx.execute(sa.update(VARIANT).where(VARIANT.c.id == row_id).values(position=place))
    touch_product(tx, product_id)


def moved(ids: list[int], which: int, step: int) -> list[int]:
    """The list with one entry a step further; at the ends it stays. Raises NotFound for an unknown one."""
    if which not in ids:
        raise NotFound()
    order = list(ids)
    here = order.index(which)
    there = min(max(here + step, 0), len(order) - 1)
    order.insert(there, order.pop(here))
    return order


# --- options ----------------------------------------------------------------------------------------------


def new_option(tx: Tx, product_id: int, names: Mapping[str, str], labels: Sequence[Mapping[str, str]]) -> int:
    """Add a choice with these values (labels by language). Variants that exist get the first value.

    Raises BadText without a name or a value, StillUsed for a fourth choice.
    """
    there = tx.execute(sa.select(Option).where(Option.product_id == product_id)).scalars().all()
    if len(there) >= MOST_OPTIONS:
        raise StillUsed(_("A product has at most three options."))
    clean = [{at: one_line(text, 120) for at, text in label.items() if text} for label in labels]
    clean = [label for label in clean if label][:MOST_VALUES]
    if not names or not clean:
        raise BadText(_("An option needs a name and at least one value."), field="names")
    keys: list[str] = []
    for label in clean:
        keys.append(free_slug(_key(label, "value"), set(keys)))
    values = [{"key": key, "labels": label} for key, label in zip(keys, clean, strict=True)]
    taken = {option.key for option in there}
    named = {at: one_line(text, 120) for at, text in names.items()}
    name = free_slug(_key(named, "option"), taken)
    option_id = add_option(tx, product_id, name, named, values)
    first = sa.select(OptionValue.id).where(OptionValue.option_id == option_id, OptionValue.position == 0)
    place = PLACES[len(there)]
    everywhere = sa.update(VARIANT).where(VARIANT.c.product_id == product_id)
    tx.execute(everywhere.values({place: first.scalar_subquery(), "version": VARIANT.c.version + 1}))
    return option_id


def _key(texts: Mapping[str, str], fallback: str) -> str:
    return make_slug(next(iter(texts.values())), fallback)[:LONGEST_KEY].rstrip("-")


def name_option(tx: Tx, product_id: int, option_id: int, names: Mapping[str, str]) -> None:
    """Call a choice differently; languages that are not given keep their name."""
    _option(tx, product_id, option_id)
    for locale, name in names.items():
        tx.merge(OptionText(option_id=option_id, locale=locale, name=one_line(name, 120)))
    touch_product(tx, product_id)


def label_values(tx: Tx, product_id: int, labels: Mapping[int, Mapping[str, str]]) -> None:
    """Call values of this product's choices differently. Raises NotFound for those of another product."""
    mine = sa.select(OptionValue.id).join(Option, Option.id == OptionValue.option_id)
    known = set(tx.execute(mine.where(Option.product_id == product_id)).scalars())
    if set(labels) - known:
        raise NotFound()
    for value_id, texts in labels.items():
        for locale, label in texts.items():
            tx.merge(OptionValueText(option_value_id=value_id, locale=locale, label=one_line(label, 120)))
    touch_product(tx, product_id)


def set_swatch(tx: Tx, product_id: int, value_id: int, swatch: str | None) -> None:
    """Give a value a colour to be shown as ('#1d5c4d'), or none."""
    value = tx.get(OptionValue, value_id)
    if value is None:
        raise NotFound()
    _option(tx, product_id, value.option_id)
    value.swatch = swatch
    touch_product(tx, product_id)


def add_value(tx: Tx, product_id: int, option_id: int, labels: Mapping[str, str]) -> int:
    """One more value of a choice; variants for it are made apart (`make_missing`)."""
    _option(tx, product_id, option_id)
    there = tx.execute(sa.select(OptionValue).where(OptionValue.option_id == option_id)).scalars().all()
    text = one_line(next(iter(labels.values()), ""), 120)
    if not text or len(there) >= MOST_VALUES:
        raise BadText(_("A value needs a name, and an option has at most 100 of them."), field="label")
    key = free_slug(_key({"": text}, "value"), {value.key for value in there})
    value = OptionValue(option_id=option_id, position=len(there), key=key)
    tx.add(value)
    tx.flush()
    for locale, label in labels.items():
        tx.add(OptionValueText(option_value_id=value.id, locale=locale, label=one_line(label, 120)))
    touch_product(tx, product_id)
    return value.id


def remove_option(tx: Tx, product_id: int, option_id: int) -> None:
    """Take a choice away. Raises StillUsed while two variants differ in nothing else."""
    option = _option(tx, product_id, option_id)
    options = tx.execute(
        sa.select(Option).where(Option.product_id == product_id).order_by(Option.position)
    ).scalars()
    ids = [row.id for row in options]
    kept = [place for place in range(len(ids)) if ids[place] != option_id]
    variants = _variants_of(tx, product_id)
    combinations = {tuple(getattr(row, PLACES[place]) for place in kept) for row in variants}
    if len(combinations) < len(variants):
        raise StillUsed(_("Some variants differ in this option only. Remove those variants first."))
    for row in variants:
        values = [getattr(row, PLACES[place]) for place in kept]
        cells = dict(zip(PLACES, [*values, None, None, None], strict=False))
        tx.execute(
            sa.update(VARIANT).where(VARIANT.c.id == row.id).values(version=VARIANT.c.version + 1, **cells)
        )
    tx.delete(option)
    tx.flush()
    for place, at in enumerate(kept):
        tx.execute(sa.update(Option.__table__).where(Option.id == ids[at]).values(position=place + 1))
    touch_product(tx, product_id)


def remove_value(tx: Tx, product_id: int, value_id: int) -> None:
    """Take a value away that no variant has. Raises StillUsed for others."""
    value = tx.get(OptionValue, value_id)
    if value is None:
        raise NotFound()
    _option(tx, product_id, value.option_id)
    used = sa.or_(*(VARIANT.c[place] == value_id for place in PLACES))
    if tx.execute(sa.select(VARIANT.c.id).where(used)).first():
        raise StillUsed(_("A variant has this value. Remove that variant first."))
    tx.delete(value)
    touch_product(tx, product_id)


def make_missing(tx: Tx, product_id: int) -> int:
    """Add a variant for each combination of values that has none; they begin as copies of the first one.

    Returns how many. Raises StillUsed where more than 250 would come of it.
    """
    variants = _variants_of(tx, product_id)
    options = _options_with_values(tx, product_id)
    if not options or not variants:
        return 0
    there = {tuple(getattr(row, PLACES[place]) for place in range(len(options))) for row in variants}
    wanted = [
        combination
        for combination in every_pair(*(values for _key, values in options))
        if tuple(value_id for value_id, _name in combination) not in there
    ]
    if len(variants) + len(wanted) > MOST_VARIANTS:
        raise StillUsed(_("That would be more than %(most)s variants.", most=MOST_VARIANTS))
    first, keys = variants[0], [key for key, _values in options]
    for combination in wanted:
        names = [name for _value_id, name in combination]
        add_variant(
            tx,
            product_id,
            sku=free_sku(tx, "-".join([first.sku, *names])),
            price=first.price_minor,
            compare_at=first.compare_at_minor,
            values=dict(zip(keys, names, strict=True)),
            weight_grams=first.weight_grams,
        )
    return len(wanted)


def _options_with_values(tx: Tx, product_id: int) -> list[tuple[str, list[tuple[int, str]]]]:
    query = (
        sa.select(Option.key, Option.position, OptionValue.id, OptionValue.key.label("value"))
        .join(OptionValue, OptionValue.option_id == Option.id)
        .where(Option.product_id == product_id)
        .order_by(Option.position, OptionValue.position, OptionValue.id)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.key, []).append((row.id, row.value))
    return list(found.items())


# --- shared -----------------------------------------------------------------------------------------------


def _variants_of(tx: Tx, product_id: int) -> Sequence[Any]:
    columns = [VARIANT.c[name] for name in ("id", "position", *VariantValues.__dataclass_fields__, *PLACES)]
    query = sa.select(*columns).where(VARIANT.c.product_id == product_id)
    return tx.execute(query.order_by(VARIANT.c.position, VARIANT.c.id)).all()


def _option(tx: Tx, product_id: int, option_id: int) -> Option:
    option = tx.get(Option, option_id)
    if option is None or option.product_id != product_id:
        raise NotFound()
    return option


def _differs(row: Any, values: VariantValues) -> bool:
    return any(getattr(row, name) != getattr(values, name) for name in VariantValues.__dataclass_fields__)


def _check_skus(tx: Tx, skus: Mapping[int, str], mine: Iterable[int]) -> None:
    seen: set[str] = set()
    elsewhere = sa.select(VARIANT.c.sku).where(
        VARIANT.c.sku.in_(list(skus.values())), VARIANT.c.id.notin_(list(mine))
    )
    taken = set(tx.execute(elsewhere).scalars())
    for at, sku in skus.items():
        if not sku or len(sku) > 120 or not sku.isprintable():
            raise BadText(_("An article number (SKU) is needed."), field=f"sku_{at}")
        if sku in taken or sku in seen:
            raise SkuTaken(_("The article number %(sku)s is in use already.", sku=sku), field=f"sku_{at}")
        seen.add(sku)


def free_sku(tx: Tx, wanted: str) -> str:
    """`wanted`, or with the first number behind it that no variant has."""
    wanted = wanted[:110]
    alike = sa.select(VARIANT.c.sku).where(VARIANT.c.sku.startswith(wanted, autoescape=True))
    return free_slug(wanted, set(tx.execute(alike).scalars()))
