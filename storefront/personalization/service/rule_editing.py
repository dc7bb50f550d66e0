"""The owner's merchandising rules: adding, changing, ordering, removing. Each command is logged and counts on
the next page of every process."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.console import record_audit
from storefront.core.database import Tx, db
from storefront.core.errors import NotFound
from storefront.core.versions import raise_version
from storefront.personalization.errors import BadRule, RuleChanged
from storefront.personalization.models import MerchandisingRule
from storefront.personalization.rules.ruling import (
    BOOST,
    BURY,
    LEAST_FACTOR,
    MOST_FACTOR,
    MOST_PLACES,
    PIN,
    PRECEDENCE,
)
from storefront.personalization.service.surfaces import SURFACES

_RULE = MerchandisingRule.__table__
MOST_RULES = 200
LONGEST_NAME = 80
TARGETS = ("product", "category", "brand")
# Pages that have rows of their own, and those on which plugins may have some.
PAGES = ("home", "product", "cart", "search", "error", "category", "page", "order", "account")
_PRODUCT = sa.table("product", sa.column("brand"))
_UNTOLD = frozenset({"id", "public_id", "version", "created_at", "changed_at"})


@dataclass(frozen=True)
class RuleValues:
    """A rule as its form gives it. `factor` is in hundredths; what does not belong to the action and the
    target is not looked at."""

    name: str
    action: str
    target: str
    sku: str = ""
    category_id: int | None = None
    brand: str = ""
    place: int | None = None
    factor: int | None = None
    surfaces: Sequence[str] = field(default_factory=tuple)
    pages: Sequence[str] = field(default_factory=tuple)
    audiences: Sequence[str] = field(default_factory=tuple)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    enabled: bool = True


def list_rows() -> list[Any]:
    """Every rule in order of precedence."""
    rows = db.session.execute(sa.select(_RULE)).all()
    return sorted(rows, key=_rank)


def get_row(key: str) -> Any:
    """One rule. Raises NotFound."""
    row = db.session.execute(sa.select(_RULE).where(_RULE.c.public_id == key)).first()
    if row is None:
        raise NotFound
    return row


def save_rule(tx: Tx, key: str | None, values: RuleValues, seen: int | None = None) -> str:
    """Add a rule, or change one; returns its key.

    Raises BadRule with its field for what cannot be, RuleChanged when the rule is not at version `seen` any
    more, NotFound.
    """
    clean = clean_values(values)
    if key is None:
        return _add(tx, clean)
    row = _locked(tx, key)
    if seen is not None and seen != row.version:
        raise RuleChanged(
            _("Somebody changed this while you did. Below is what it is now; please make your change again.")
        )
    before = _told(row)
    for name, value in clean.items():
        setattr(row, name, value)
    _changed(tx, row)
    record_audit(tx, "merchandising.change", "merchandising", key, before, _told(row))
    return key


def draft_row(values: RuleValues, key: str | None) -> Any:
    """A rule that is not saved, as a row: at the place of the saved one, or after all. Raises BadRule."""
    if key is not None:
        place = get_row(key).position
    else:
        place = (db.session.execute(sa.select(sa.func.max(_RULE.c.position))).scalar() or 0) + 1
    return SimpleNamespace(public_id=key or "", position=place, **clean_values(values))


def switch_rule(tx: Tx, key: str, *, enabled: bool) -> None:
    """Let a rule count, or not for now. Raises NotFound."""
    row = _locked(tx, key)
    before, row.enabled = row.enabled, enabled
    _changed(tx, row)
    record_audit(tx, "merchandising.change", "merchandising", key, {"enabled": before}, {"enabled": enabled})


def copy_rule(tx: Tx, key: str) -> str:
    """The same once more, switched off and after all others of its kind; returns its key. Raises NotFound."""
    row = _locked(tx, key)
    own = {name: getattr(row, name) for name in _RULE.c.keys() if name not in _UNTOLD}  # noqa: SIM118
    name = _("%(name)s, copy", name=row.name[: LONGEST_NAME - 10])[:LONGEST_NAME]
    return _add(tx, {**own, "name": name, "enabled": False})


def move_rule(tx: Tx, key: str, *, up: bool) -> None:
    """One place up or down among the rules of its kind; at the end it stays. Raises NotFound."""
    row = _locked(tx, key)
    peers = tx.execute(
        sa.select(MerchandisingRule).where(_RULE.c.action == row.action).with_for_update()
    ).scalars()
    order = sorted(peers, key=_rank)
    place = order.index(row)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(order):
        return
    order[place], order[other] = order[other], order[place]
    for position, peer in enumerate(order, 1):
        peer.position = position
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "merchandising.move", "merchandising", key, {"place": place + 1}, {"place": other + 1})


def remove_rule(tx: Tx, key: str) -> None:
    """Take a rule away. Raises NotFound."""
    row = _locked(tx, key)
    before = _told(row)
    tx.delete(row)
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "merchandising.remove", "merchandising", key, before, None)


def _add(tx: Tx, clean: Mapping[str, Any]) -> str:
    there = sa.select(sa.func.count().label("rules"), sa.func.max(_RULE.c.position).label("last"))
    known = tx.execute(there).one()
    if known.rules >= MOST_RULES:
        raise BadRule(_("There are %(count)s already. Remove some first.", count=MOST_RULES))
    now = clock.now()
    own = {name: value for name, value in clean.items() if name != "position"}
    row = MerchandisingRule(
        public_id=secrets.token_hex(6), position=(known.last or 0) + 1, created_at=now, changed_at=now, **own
    )
    tx.add(row)
    tx.flush()
    raise_version(tx, "home")
    record_audit(tx, "merchandising.create", "merchandising", row.public_id, None, _told(row))
    return row.public_id


def _locked(tx: Tx, key: str) -> MerchandisingRule:
    row = tx.execute(
        sa.select(MerchandisingRule).where(_RULE.c.public_id == key).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _changed(tx: Tx, row: MerchandisingRule) -> None:
    row.version += 1
    row.changed_at = clock.now()
    tx.flush()
    raise_version(tx, "home")


def _rank(row: Any) -> tuple[int, int, str]:
    return (PRECEDENCE.index(row.action), row.position, row.public_id)


def _told(row: Any) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in _RULE.c.keys() if name not in _UNTOLD}  # noqa: SIM118
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in found.items()
    }


# --- what may be ------------------------------------------------------------------------------------------


def clean_values(values: RuleValues) -> dict[str, Any]:
    """The columns of a rule. Raises BadRule with its field for what cannot be."""
    name = " ".join(values.name.split())
    if not name:
        raise BadRule(_("Please give it a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise BadRule(_("At most %(count)s characters fit here.", count=LONGEST_NAME), field="name")
    if values.action not in PRECEDENCE:
        raise BadRule(_("Please choose one of these."), field="action")
    if values.starts_at and values.ends_at and values.starts_at >= values.ends_at:
        raise BadRule(_("It must end after it begins."), field="ends_at")
    return {
        "name": name,
        "action": values.action,
        "place": _place(values.place) if values.action == PIN else None,
        "factor": _factor(values.factor) if values.action in (BOOST, BURY) else None,
        **_target(values),
        "surfaces": _some_of(values.surfaces, SURFACES, "surfaces"),
        "pages": _some_of(values.pages, PAGES, "pages"),
        "audiences": sorted({one.strip()[:60] for one in values.audiences if one.strip()})[:50],
        "starts_at": values.starts_at,
        "ends_at": values.ends_at,
        "enabled": values.enabled,
    }


def _place(place: int | None) -> int:
    if place is None or not 1 <= place <= MOST_PLACES:
        wanted = _("Please give a whole number from %(least)s to %(most)s.", least=1, most=MOST_PLACES)
        raise BadRule(wanted, field="place")
    return place


def _factor(factor: int | None) -> int:
    if factor is None or not LEAST_FACTOR <= factor <= MOST_FACTOR:
        raise BadRule(_("Please give a number above 1 and up to 100, such as 2 or 1.5."), field="factor")
    return factor


def _some_of(given: Sequence[str], known: Sequence[str], name: str) -> list[str]:
    if not set(given) <= set(known):
        raise BadRule(_("Please choose one of these."), field=name)
    return [one for one in known if one in set(given)]


def _target(values: RuleValues) -> dict[str, Any]:
    found: dict[str, Any] = {"target": values.target, "product_id": None, "category_id": None, "brand": None}
    if values.target == "product":
        product = catalog.products_by_sku([values.sku]).get(values.sku)
        if product is None:
            raise BadRule(_("There is no product with this SKU."), field="sku")
        return {**found, "product_id": product, "target_name": values.sku[:200]}
    if values.target == "category":
        titles = dict(catalog.category_choices())
        if values.category_id not in titles:
            raise BadRule(_("This category does not exist."), field="category_id")
        title = titles[values.category_id]
        return {**found, "category_id": values.category_id, "target_name": title[-200:]}
    if values.target != "brand":
        raise BadRule(_("Please choose one of these."), field="target")
    if values.brand not in brand_choices():
        raise BadRule(_("There is no product of this brand."), field="brand")
    return {**found, "brand": values.brand, "target_name": values.brand}


def brand_choices() -> list[str]:
    """Every brand of the catalogue, by name."""
    named = sa.select(_PRODUCT.c.brand).where(_PRODUCT.c.brand.is_not(None), _PRODUCT.c.brand != "")
    return list(db.session.execute(named.distinct().order_by(_PRODUCT.c.brand)).scalars())
