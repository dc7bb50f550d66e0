"""What pages show, as frozen values: cards, pictures, facets, pages of a list, a product."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from markupsafe import Markup

from storefront.catalog.rules.terms import Terms
from storefront.core.money import Money


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in several widths. `cutout`: it has no background, so it stands on the shelf."""

    src: str
    srcset: str
    width: int
    height: int
    alt: str = ""
    cutout: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One product on a shelf. `lang` is set where the words are not in the language of the page."""

    product_id: int
    version: int
    sku: str
    url: str
    title: str
    price: Money
    stock: str = "in"
    left: int | None = None
    lang: str | None = None
    brand: str | None = None
    subtitle: str = ""
    hue: str | None = None
    picture: Picture | None = None
    second_picture: Picture | None = None
    compare_at: Money | None = None
    price_from: bool = False
    badges: tuple[str, ...] = ()
    swatches: tuple[tuple[str, str], ...] = ()
    options_note: str | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A titled link, with those below it (departments, menus, children of a category)."""

    title: str
    url: str
    lang: str | None = None
    current: bool = False
    hue: str | None = None
    children: tuple[Link, ...] = ()
    category_id: int | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One box to tick: where it leads, how many products it would leave."""

    label: str
    count: int
    selected: bool
    url: str
    name: str
    value: str
    swatch: str | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow a list down: `kind` is 'values' or 'range' (amounts as plain decimals)."""

    key: str
    title: str
    kind: str = "values"
    values: tuple[FacetValue, ...] = ()
    min: str | None = None
    max: str | None = None
    selected_min: str | None = None
    selected_max: str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SortChoice:
    value: str
    label: str
    selected: bool
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """One numbered page of a list; `pages` are (number, url, is current), a None number is a gap."""

    items: tuple[Any, ...]
    total: int
    first: int
    last: int
    number: int
    pages: tuple[tuple[int | None, str | None, bool], ...] = ()
    prev_url: str | None = None
    next_url: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with its facets, as the page shows it. `hidden` are fields that its form carries along."""

    page: Page
    action: str
    clear_url: str
    facets: tuple[Facet, ...] = ()
    chips: tuple[tuple[str, str], ...] = ()
    sort: tuple[SortChoice, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OptionValue:
    """One value of an option. `hint` says why a value that is not `possible` cannot be had."""

    label: str
    url: str
    selected: bool
    possible: bool
    swatch: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    title: str
    values: tuple[OptionValue, ...]
    kind: str = "pill"


@dataclass(frozen=True, slots=True)
class Variant:
    """What is bought: price and stock of one SKU. `value_ids` are its option values by position.

    `awaited`: sold though there is none now. `posted`: somebody brings it, as all but gift cards and files.
    """

    id: int
    sku: str
    price: Money
    stock: str
    left: int | None = None
    compare_at: Money | None = None
    barcode: str | None = None
    weight_grams: int | None = None
    age_limit: int | None = None
    value_ids: tuple[int | None, ...] = (None, None, None)
    values: tuple[tuple[str, str], ...] = ()
    unit_price: str | None = None
    awaited: bool = False
    posted: bool = True
    condition: str = "new"
    mpn: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """When something ordered now arrives, and what that costs, in words."""

    when: str
    cost: str


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product page's product, in one language, with one variant chosen."""

    id: int
    version: int
    slug: str
    url: str
    title: str
    variant: Variant
    variants: tuple[Variant, ...]
    lang: str | None = None
    subtitle: str = ""
    brand: str | None = None
    brand_url: str | None = None
    description_html: Markup = field(default_factory=Markup)
    description_text: str = ""
    seo_title: str = ""
    seo_description: str = ""
    hue: str | None = None
    category_id: int | None = None
    pictures: tuple[Picture, ...] = ()
    options: tuple[Option, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    releases: tuple[tuple[str, date, Markup], ...] = ()
    delivery: Delivery | None = None
    returns: str | None = None
    terms: Terms = field(default_factory=Terms)
    price_until: date | None = None
    breadcrumbs: tuple[tuple[str, str], ...] = ()
    updated_at: Any = None


@dataclass(frozen=True, slots=True)
class Alcove:
    """A department with how much stands in it."""

    title: str
    url: str
    count: int
    lang: str | None = None
    hue: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class ContentView:
    """A content page in one language. `text` are its words, `opening` those before the first heading."""

    slug: str
    title: str
    url: str
    description_html: Markup
    text: str
    lang: str | None = None
    updated_at: Any = None
    opening: str = ""
