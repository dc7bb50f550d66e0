"""Which products are nobody's business: what stands in a sensitive category, or below one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import current_app

from storefront.catalog.service import navigation
from storefront.catalog.service import tables as t
from storefront.core.database import db
from storefront.core.versions import version_of

_KNOWN = "regulars_discreet"
_IDS: sa.BindParameter[list[int]] = sa.bindparam("ids", expanding=True)
# Whatever its status: what is not sold any more was bought all the same.
_STANDING = sa.union(
    sa.select(t.product_category.c.product_id, t.product_category.c.category_id).where(
        t.product_category.c.category_id.in_(_IDS)
    ),
    sa.select(t.product.c.id, t.product.c.category_id).where(t.product.c.category_id.in_(_IDS)),
)


@dataclass(frozen=True)
class Marks:
    """Sensitive products, and categories in or below a marked one: each with the marked categories it
    belongs to."""

    products: Mapping[int, frozenset[int]] = field(default_factory=dict)
    categories: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass
class _Memory:
    """What one process remembers at one version of the shop."""

    version: tuple[int, ...] = ()
    marks: Marks = field(default_factory=Marks)

    def forget(self) -> None:
        self.version = ()


def sensitive_marks() -> Marks:
    """The marks as they are now. No query while the shop stays as it is; none at all without any mark."""
    memory = _memory()
    version = version_of("catalog"), version_of("navigation")
    if memory.version != version:
        memory.marks, memory.version = _load(), version
    return memory.marks


def _memory() -> _Memory:
    extensions = current_app.extensions
    if _KNOWN not in extensions:
        extensions[_KNOWN] = _Memory()
        extensions.setdefault("regulars_forget", []).append(extensions[_KNOWN].forget)
    return extensions[_KNOWN]


def _load() -> Marks:
    categories = navigation.sensitive_categories()
    if not categories:
        return Marks()
    products: dict[int, frozenset[int]] = {}
    for product, category in db.session.execute(_STANDING, {"ids": sorted(categories)}):
        products[product] = products.get(product, frozenset()) | categories[category]
    return Marks(products, categories)
