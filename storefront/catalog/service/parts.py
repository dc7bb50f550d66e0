"""What belongs to one product and comes in lists (options, attributes, pictures, releases): one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from storefront.catalog.rules.texts import as_markup
from storefront.catalog.rules.values import Picture
from storefront.catalog.service import tables as t
from storefront.catalog.service.surroundings import picture_of, text_parameters
from storefront.core.database import db

_PRODUCT_ID = sa.bindparam("product_id", type_=sa.Integer)


@dataclass(frozen=True)
class Value:
    id: int
    key: str
    label: str
    swatch: str | None


@dataclass
class Choice:
    """An option of the product with its values in order."""

    id: int
    key: str
    title: str
    values: list[Value] = field(default_factory=list)

    @property
    def by_key(self) -> dict[str, int]:
        return {value.key: value.id for value in self.values}


@dataclass
class Parts:
    options: list[Choice] = field(default_factory=list)
    labels: dict[int, str] = field(default_factory=dict)
    attributes: tuple[tuple[str, str], ...] = ()
    pictures: tuple[tuple[Picture, int | None], ...] = ()
    releases: tuple[tuple[str, date, Markup], ...] = ()


def _row(kind: str, **columns: Any) -> list[sa.ColumnElement[Any]]:
    """The columns of one branch; what a branch has not is a typed NULL, so that all branches agree."""
    shape: dict[str, Any] = {
        "id": sa.Integer(),
        "owner_id": sa.Integer(),
        "position": sa.Integer(),
        "key": sa.String(),
        "name": sa.Text(),
        "text": sa.Text(),
        "extra": sa.String(),
        "width": sa.Integer(),
        "height": sa.Integer(),
        "flag": sa.Boolean(),
        "at": t.release.c.published_at.type,
    }
    made: list[sa.ColumnElement[Any]] = [sa.literal(kind, sa.String()).label("kind")]
    for name, kind_of in shape.items():
        value = columns.get(name)
        made.append(
            (sa.cast(sa.null(), kind_of) if value is None else sa.type_coerce(value, kind_of)).label(name)
        )
    return made


def _options() -> sa.Select[Any]:
    names = t.Texts(t.option_text, "option_id", t.option.c.id)
    columns = _row(
        "option",
        id=t.option.c.id,
        position=t.option.c.position,
        key=t.option.c.key,
        name=names.column("name"),
    )
    return sa.select(*columns).select_from(names.join(t.option)).where(t.option.c.product_id == _PRODUCT_ID)


def _values() -> sa.Select[Any]:
    labels = t.Texts(t.option_value_text, "option_value_id", t.option_value.c.id)
    columns = _row(
        "value",
        id=t.option_value.c.id,
        owner_id=t.option_value.c.option_id,
        position=t.option_value.c.position,
        key=t.option_value.c.key,
        name=labels.column("label"),
        extra=t.option_value.c.swatch,
    )
    source = labels.join(t.option_value.join(t.option, t.option.c.id == t.option_value.c.option_id))
    return sa.select(*columns).select_from(source).where(t.option.c.product_id == _PRODUCT_ID)


def _attributes() -> sa.Select[Any]:
    texts = t.Texts(t.attribute_text, "attribute_id", t.attribute.c.id)
    neutral = t.attribute.c.value
    columns = _row(
        "attribute",
        id=t.attribute.c.id,
        position=t.attribute.c.position,
        key=t.attribute.c.key,
        name=sa.func.nullif(texts.column("name"), ""),
        text=sa.func.coalesce(sa.func.nullif(texts.column("value"), ""), neutral),
    )
    return (
        sa.select(*columns)
        .select_from(texts.join(t.attribute))
        .where(t.attribute.c.product_id == _PRODUCT_ID, t.for_people)
    )


def _pictures() -> sa.Select[Any]:
    shown = t.product_picture
    alts = t.Texts(t.product_picture_text, "product_picture_id", shown.c.id)
    columns = _row(
        "picture",
        id=shown.c.id,
        owner_id=shown.c.variant_id,
        position=shown.c.position,
        key=t.picture.c.hash,
        name=alts.column("alt"),
        extra=t.picture.c.widths,
        width=t.picture.c.width,
        height=t.picture.c.height,
        flag=t.picture.c.cutout,
    )
    source = alts.join(shown.join(t.picture, t.picture.c.id == shown.c.picture_id))
    return sa.select(*columns).select_from(source).where(shown.c.product_id == _PRODUCT_ID)


def _releases() -> sa.Select[Any]:
    texts = t.Texts(t.release_text, "release_id", t.release.c.id)
    columns = _row(
        "release",
        id=t.release.c.id,
        key=t.release.c.version,
        name=texts.column("title"),
        text=texts.column("description"),
        at=t.release.c.published_at,
    )
    visible = sa.and_(t.release.c.product_id == _PRODUCT_ID, t.release.c.published_at <= t.NOW)
    return sa.select(*columns).select_from(texts.join(t.release)).where(visible)


_PARTS = sa.union_all(_options(), _values(), _attributes(), _pictures(), _releases())


def load_parts(product_id: int) -> Parts:
    """Options with values, attributes, pictures and releases of one product in the language of the page."""
    rows = db.session.execute(_PARTS, {"product_id": product_id, **text_parameters()}).all()
    by_kind: dict[str, list[Any]] = {
        kind: [] for kind in ("option", "value", "attribute", "picture", "release")
    }
    for row in sorted(rows, key=lambda row: (row.position or 0, row.id)):
        by_kind[row.kind].append(row)
    choices = {row.id: Choice(row.id, row.key, row.name or row.key) for row in by_kind["option"]}
    labels = {}
    for row in by_kind["value"]:
        value = Value(row.id, row.key, row.name or row.key, row.extra)
        choices[row.owner_id].values.append(value)
        labels[value.id] = value.label
    return Parts(
        options=list(choices.values()),
        labels=labels,
        attributes=tuple((row.name or row.key, row.text or "") for row in by_kind["attribute"]),
        pictures=_stored(by_kind["picture"]),
        releases=_newest_first(by_kind["release"]),
    )


def _stored(rows: list[Any]) -> tuple[tuple[Picture, int | None], ...]:
    found = []
    for row in rows:
        picture = picture_of(
            row.key, row.width, row.height, row.extra, alt=row.name or "", cutout=bool(row.flag)
        )
        if picture:
            found.append((picture, row.owner_id))
    return tuple(found)


def _newest_first(rows: list[Any]) -> tuple[tuple[str, date, Markup], ...]:
    ordered = sorted(rows, key=lambda row: row.at, reverse=True)
    return tuple((row.key, row.at.date(), _change(row.name or "", row.text or "")) for row in ordered)


def _change(title: str, clean: str) -> Markup:
    heading = Markup("<p><b>{}</b></p>").format(title) if title else Markup("")
    return heading + as_markup(clean)
